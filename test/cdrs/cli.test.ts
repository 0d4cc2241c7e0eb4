import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CdrDetailBody, CreditedBody } from '../../adapters/console/cdr-schemas.ts';
import type { CdrBody } from '../../adapters/console/schemas.ts';
import { chargegate, place, type Done, type Place } from '../cli/harness.ts';
import { charge, openSite, plugIn, type Site } from '../console/harness.ts';

const NOON = Date.UTC(2026, 10, 21, 12);

let site: Site;
let at: Place;
let folder: string;

beforeAll(async () => {
  site = await openSite({ clock: () => NOON + 7_200_000 });
  at = place();
  folder = mkdtempSync(join(tmpdir(), 'chargegate-cdrs-'));
  await plugIn(site.gw, 'BAY-01');
  const readings: [number, number][] = [[11_000, 22_000]];
  await charge(site.gw, { chargerId: 'BAY-01', tokenUid: '04AABBCC', startedAt: NOON, readings, ends: true });
});
afterAll(async () => {
  await site.close();
  at.remove();
  rmSync(folder, { recursive: true });
});

const cdrs = (...args: string[]): Promise<Done> => chargegate(['cdrs', ...args, '--url', site.url], at.env);

async function json<T>(...args: string[]): Promise<T> {
  const { code, out, err } = await cdrs(...args, '--json');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as T;
}

it('a bill line is listed, shown, credited with a correction, printed and exported from the command line', async () => {
  const [first] = (await json<{ items: CdrBody[] }>('list', '--limit', '1')).items;
  const id = first!.id;
  const credited = await json<CreditedBody>('credit', id, '--reason', 'counted twice', '--kwh', '5');
  expect(credited).toMatchObject({ credit: { creditOf: id }, corrected: { corrects: id, kwh: 5 }, untold: [] });
  expect(await json<CdrDetailBody>('show', id)).toMatchObject({
    creditedBy: credited.credit.id,
    correctedBy: credited.corrected!.id,
  });
  expect((await json<{ items: CdrBody[] }>('list', '--session', first!.sessionId)).items).toHaveLength(3);
  expect((await cdrs('show', credited.corrected!.id)).out).toMatch(
    /energy +5 kWh × 3.2 SEK\/kWh = 16.00 SEK \+ 25% VAT 4.00 = 20.00 SEK\n/,
  );
  expect((await cdrs()).out).toMatch(/ credit +[0-9a-f-]{36}\n/);

  const again = await cdrs('credit', id, '--reason', 'once more');
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('[CDR_CREDITED]') });

  const receipt = await cdrs('receipt', credited.credit.id, '--language', 'sv');
  expect(receipt).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Kreditnota\n[^]*Krediterar kvitto +\S{36}\n/),
  });

  const file = join(folder, 'cdrs.csv');
  expect(await cdrs('export', '--from', '2026-11-21', '--output', file)).toMatchObject({ code: 0 });
  const lines = readFileSync(file, 'utf8').split('\r\n');
  expect(lines).toHaveLength(5);
  expect((await cdrs('export', '--from', '2026-11-21')).out).toBe(lines.join('\r\n'));
  expect(await cdrs('export', '--from', 'monday')).toMatchObject({
    code: 2,
    err: expect.stringContaining('2026-11-21'),
  });
});
