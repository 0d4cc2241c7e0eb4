import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImportBody, RefusedImportBody } from '../../adapters/console/token-schemas.ts';
import type { ListBody, TokenBody } from '../../adapters/console/schemas.ts';
import { importTokens, unfinishedImport } from '../../gateway/token-import.ts';
import { findSiteToken, listTokens } from '../../gateway/tokens.ts';
import { startTestSite } from '../harness/gateway.ts';
import { openSite, type Reply, type Site } from '../console/harness.ts';

let site: Site;

beforeAll(async () => {
  site = await openSite({ clock: () => Date.UTC(2026, 10, 21, 12) });
});
afterAll(() => site.close());

async function send<Body = ImportBody>(
  list: string | Uint8Array<ArrayBuffer>,
  query = '',
  type = 'text/csv',
): Promise<Reply<Body>> {
  const response = await fetch(`${site.url}api/tokens/import${query}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: list,
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
}

const counts = ({ body }: Reply<ImportBody>) => {
  const { added, changed, same, removed, refused } = body;
  return [added, changed, same, removed, refused];
};
const uids = (): string[] =>
  listTokens(site.gw, { offset: 0, limit: 1000 })
    .items.filter(({ origin, peer }) => origin === 'site' && peer === null)
    .map(({ uid }) => uid)
    .toSorted();
const exported = async (): Promise<string> => (await site.api<string>('GET', '/api/tokens/export')).body;

/** Empties the site's own list. */
beforeEach(async () => {
  for (const uid of uids()) await site.api('DELETE', `/api/tokens/${encodeURIComponent(uid)}`);
});

describe('a list of cards', () => {
  it('is taken in, in any order of columns and as a spreadsheet saves it; a second time nothing changes', async () => {
    const list =
      '\uFEFFContract ID;uid;Blocked;Expires;Group;visual-number;language;type\r\n' +
      ';04:51:AA:C3:79:00:80;WAHR;2027-01-31;fleet;"Bus 7; left";DE;\r\n' +
      'SE-DEP-C1;app-user-1;nein;;;;;APP_USER\r\n;;;;;;;\r\n';
    expect(await send(list)).toMatchObject({ status: 200, body: { applied: true, refusedLines: [] } });
    expect(findSiteToken(site.gw, '0451AAC3790080')).toMatchObject({
      uid: '04:51:AA:C3:79:00:80',
      type: 'RFID',
      contractId: '04:51:AA:C3:79:00:80',
      valid: false,
      // Midnight at the site.
      expiresAt: Date.parse('2027-01-31T00:00:00+01:00'),
      groupId: 'fleet',
      visualNumber: 'Bus 7; left',
      language: 'de',
    });
    expect(findSiteToken(site.gw, 'app-user-1')).toMatchObject({
      type: 'APP_USER',
      contractId: 'SE-DEP-C1',
      valid: true,
    });
    expect(counts(await send(list))).toEqual([0, 0, 2, 0, 0]);
  });

  it('changes what its columns say and leaves the rest; an empty cell says "none" where there may be none', async () => {
    await send('uid,group,payment,valid\n0451AAC3790080,fleet,invoice,false\n');
    expect(counts(await send('uid,group\n04-51-aa-c3-79-00-80,\n0451AAC3790081,x\n'))).toEqual([1, 1, 0, 0, 0]);
    expect(findSiteToken(site.gw, '0451AAC3790080')).toMatchObject({ groupId: null, payment: 'invoice', valid: false });
  });

  it('comes out as it went in, and goes in as it came out', async () => {
    await send(
      'uid,type,valid,expires,group,payment,visual_number,language,contract_id,whitelist\n' +
        '0451AAC3790080,RFID,false,2027-01-31T10:00:00.5Z,"a ""b"", c",prepaid,=1+1,sv,C1,NEVER\n' +
        'FB0EE20B,OTHER,true,,,,,,FB0EE20B,ALWAYS\n',
    );
    const text = await exported();
    expect(text).toBe(
      'uid,type,valid,expires,group,payment,visual_number,language,contract_id,whitelist\r\n' +
        `0451AAC3790080,RFID,false,2027-01-31T10:00:00.500Z,"a ""b"", c",prepaid,'=1+1,sv,C1,NEVER\r\n` +
        'FB0EE20B,OTHER,true,,,,,,FB0EE20B,ALWAYS\r\n',
    );
    expect(counts(await send(text, '?mode=replace'))).toEqual([0, 0, 2, 0, 0]);
    for (const uid of uids()) await site.api('DELETE', `/api/tokens/${uid}`);
    expect(counts(await send(text))).toEqual([2, 0, 0, 0, 0]);
    expect(await exported()).toBe(text);
  });

  it('replaces: what it does not have goes, except the cards of the config file and of peers', async () => {
    await send('uid\n0451AAC3790080\n0451AAC3790081\n0451AAC3790082\n');
    const total = listTokens(site.gw, { offset: 0, limit: 1 }).total;
    const list = 'uid,group\n04-51-AA-C3-79-00-80,g\n0451AAC3790083,\n';
    expect(counts(await send(list, '?mode=replace&dry-run=true'))).toEqual([1, 1, 0, 2, 0]);
    expect(uids()).toHaveLength(3);
    expect(counts(await send(list, '?mode=replace'))).toEqual([1, 1, 0, 2, 0]);
    expect(uids()).toEqual(['0451AAC3790080', '0451AAC3790083']);
    expect(listTokens(site.gw, { offset: 0, limit: 1 }).total).toBe(total - 1);
    expect(await send<{ code: string }>('uid\n', '?mode=replace')).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID', message: expect.stringContaining('would take all cards away') },
    });
  });

  it('is taken whole or not at all; with skip-bad the good lines are, and a refused line keeps its card', async () => {
    await send('uid\n0451AAC3790082\n');
    const list =
      'uid,expires,language,type\n' +
      '0451AAC3790080,,,\n' +
      '1.21569E+15,,,\n' +
      '08123456,,,\n' +
      '08123457,,,APP_USER\n' +
      '0451AAC3790081,soon,,\n' +
      '0451AAC3790082,,svenska,\n' +
      '04:51:aa:c3:79:00:80,,,\n' +
      '1234E567,,,CARD\n' +
      ',2027-01-31,,\n' +
      '0451AAC3790084,,,,more\n';
    const refused = await send<RefusedImportBody>(list, '?mode=replace');
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'TOKENS_REFUSED', applied: false, added: 2, removed: 0, refused: 8 },
    });
    expect(refused.body.message).toBe(
      `8 lines of the list cannot be taken, so none was; line 3, uid: ${refused.body.refusedLines[0]!.reason}`,
    );
    expect(refused.body.refusedLines.map(({ line, column, reason }) => `${line} ${column}: ${reason}`)).toEqual([
      expect.stringMatching(/^3 uid: a spreadsheet has rounded the number: take it from where it came from/),
      expect.stringMatching(/^4 uid: it is made up by a phone for each tap/),
      '6 expires: it is no time: write 2027-01-31, or 2027-01-31T12:00:00Z',
      '7 language: write two letters, as sv or de (ISO 639-1)',
      '8 uid: the same card stands in line 2',
      '9 type: write one of RFID, APP_USER, OTHER',
      '10 uid: it is empty',
      '11 null: it has more cells than the first line has columns',
    ]);
    expect(uids()).toEqual(['0451AAC3790082']);
    expect(counts(await send(list, '?mode=replace&skip-bad=true'))).toEqual([2, 0, 0, 0, 8]);
    expect(uids()).toEqual(['0451AAC3790080', '0451AAC3790082', '08123457']);
  });

  it('that is none is refused as a whole', async () => {
    const cases: [string | Uint8Array<ArrayBuffer>, string][] = [
      ['', 'the file is empty'],
      ['name,group\n', 'unknown column "name"'],
      ['group\nx\n', 'no column uid'],
      ['uid,valid,blocked\n', 'says something twice'],
      ['uid,UID\n', 'says something twice'],
      ['uid\n"04', 'never closed'],
      [new Uint8Array([...Buffer.from('uid,group\n04A1,'), 0xd6, 10]), 'not UTF-8'],
    ];
    for (const [list, message] of cases)
      expect(await send(list)).toMatchObject({
        status: 400,
        body: { code: 'REQUEST_INVALID', message: expect.stringContaining(message) },
      });
    // A form is what any web page may send unasked.
    expect((await send('uid\n04A1B2C3\n', '', 'text/plain')).status).toBe(400);
    expect((await send('uid\n04A1B2C3\n', '?dry-run=perhaps')).status).toBe(400);
    expect((await send('x'.repeat(8000), '')).status).toBe(400);
    expect(uids()).toEqual([]);
  });

  it('has bounds: 20 MB and 200,000 cards', async () => {
    const lines = `${'0451AAC3790080,'.padEnd(1000, 'x')}\n`.repeat(1000);
    async function* endless(head: string, part: string): AsyncGenerator<Uint8Array> {
      yield Buffer.from(head);
      for (;;) yield Buffer.from(part);
    }
    const options = { mode: 'merge', dryRun: false, skipBad: true } as const;
    await expect(importTokens(site.gw, endless('uid,visual_number\n', lines), options)).rejects.toThrow('larger than');
    await expect(importTokens(site.gw, endless('uid\n', '04\n'.repeat(10_000)), options)).rejects.toThrow(
      'more than 200000 cards',
    );
    expect(uids()).toEqual([]);
  });

  it('cut off in the middle is told at the next start, and completed by the same import once more', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'chargegate-import-'));
    const before = await startTestSite({ directory });
    const list = `uid\n${Array.from({ length: 5000 }, (_, i) => `04${String(i).padStart(12, '0')}\n`).join('')}`;
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(list);
    }
    const stopped = new Promise<void>((resolve) => {
      const off = before.gateway.bus.on('token.changed', () => {
        off();
        void before.stop().then(resolve);
      });
    });
    const options = { mode: 'replace', dryRun: false, skipBad: false } as const;
    await expect(importTokens(before.gateway, source(), options)).rejects.toThrow('could not store');
    await stopped;

    const after = await startTestSite({ directory });
    const { gateway: gw } = after;
    expect(unfinishedImport(gw)).toMatchObject({ mode: 'replace' });
    expect(after.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('import it once more') }),
    );
    const there = listTokens(gw, { offset: 0, limit: 1 }).total - gw.settings.tokens.length;
    expect(there).toBeGreaterThan(0);
    expect(there).toBeLessThan(5000);
    await importTokens(gw, source(), { ...options, dryRun: true });
    expect(unfinishedImport(gw)).not.toBe(null);
    expect(await importTokens(gw, source(), options)).toMatchObject({
      applied: true,
      same: there,
      added: 5000 - there,
    });
    expect((await fetch(`${after.urls.console}api/tokens/import`).then((r) => r.json())) as object).toEqual({
      unfinished: null,
    });
    await after.cleanUp();
  });

  it('of 100,000 cards is in within seconds, while others are served; so is the next one that replaces half of it', async () => {
    const cards = (from: number): string =>
      `uid,group,visual_number,expires\n${Array.from(
        { length: 100_000 },
        (_, index) =>
          `04${(from + index).toString(16).toUpperCase().padStart(12, '0')},g${index % 50},Bus ${index},2027-01-${String((index % 28) + 1).padStart(2, '0')}\n`,
      ).join('')}`;
    const delay = monitorEventLoopDelay({ resolution: 5 });
    for (const [list, query, wanted] of [
      [cards(0), '', [100_000, 0, 0, 0, 0]],
      [cards(50_000), '?mode=replace', [50_000, 50_000, 0, 50_000, 0]],
    ] as const) {
      delay.reset();
      delay.enable();
      const begun = performance.now();
      expect(counts(await send(list, query))).toEqual(wanted);
      delay.disable();
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      process.stdout.write(`import${query}: ${seconds} s, longest block ${Math.round(delay.max / 1e6)} ms\n`);
    }
    const begun = performance.now();
    expect((await exported()).split('\r\n')).toHaveLength(100_002);
    process.stdout.write(`export: ${((performance.now() - begun) / 1000).toFixed(1)} s\n`);
    expect(counts(await send('uid\n0451AAC3790080\n', '?mode=replace'))).toEqual([1, 0, 0, 100_000, 0]);
  }, 60_000);
});

describe('a card', () => {
  it('of four bytes is marked weak, an app id is not; a number that phones make up is on no list', async () => {
    const weak = async (uid: string, body: object = {}) =>
      (await site.api<TokenBody>('PUT', `/api/tokens/${uid}`, body)).body.weak;
    expect(await weak('FB0EE20B')).toBe(true);
    expect(await weak('4212056587')).toBe(true);
    expect(await weak('0451AAC3790080')).toBe(false);
    expect(await weak('CARD1')).toBe(false);
    expect(await weak('FB0EE20C', { type: 'APP_USER' })).toBe(false);
    expect(await site.api('PUT', '/api/tokens/08:12:34:56', {})).toMatchObject({
      status: 422,
      body: { code: 'TOKEN_RANDOM' },
    });
    const { items } = (await site.api<ListBody<TokenBody>>('GET', '/api/tokens?limit=100')).body;
    expect(
      items
        .filter((token) => token.weak)
        .map(({ uid }) => uid)
        .toSorted(),
    ).toEqual(['4212056587', 'FB0EE20B']);
  });
});
