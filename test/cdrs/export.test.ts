import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPORT_COLUMNS, exportCdrs } from '../../gateway/cdr-export.ts';
import { creditCdr } from '../../gateway/credits.ts';
import { insertCdr } from '../../gateway/store/cdrs.ts';
import { insertSession } from '../../gateway/store/sessions.ts';
import { openSite, type Site } from '../console/harness.ts';
import { sampleCdr, samplePlace, sampleSession } from '../ocpi/fixtures.ts';

type Row = Record<string, string>;

let site: Site;
let now = Date.UTC(2026, 10, 21, 12);

beforeAll(async () => {
  site = await openSite({ clock: () => now });
});
afterAll(() => site.close());

/** Bill lines of 5.50 EUR, all of one commit. */
async function store(ids: string[], change: Partial<ReturnType<typeof sampleCdr>> = {}): Promise<void> {
  const { gw } = site;
  await gw.db.write((tx) => {
    for (const id of ids) {
      const session = sampleSession(`s-${id}`, null, tx.stamp);
      insertSession(gw.db, { ...session, authorized: true, place: samplePlace() });
      insertCdr(gw.db, { ...sampleCdr(session, id), ...change });
    }
  });
}

async function csv(query = ''): Promise<{ text: string; headers: Headers; rows: Row[] }> {
  const { status, body, headers } = await site.api<string>('GET', `/api/cdrs/export${query}`);
  expect(status).toBe(200);
  return { text: body, headers, rows: parseCsv(body) };
}

/** RFC 4180, as a bookkeeping program reads it. */
function parseCsv(text: string): Row[] {
  const lines: string[][] = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let ended = false;
  for (let match = cell.exec(text); match; match = cell.exec(text)) {
    if (ended) lines.push([]);
    lines.at(-1)!.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    ended = match[3] === '\r\n';
    if (cell.lastIndex === text.length) break;
  }
  const [header = [], ...rest] = lines;
  return rest.map((cells) => Object.fromEntries(header.map((name, index) => [name, cells[index]!])));
}

const sumOf = (rows: Row[], column: string): number =>
  rows.reduce((sum, row) => sum + Math.round(Number(row[column]) * 10_000), 0) / 10_000;

describe('an export', () => {
  it('has a header, decimal points, UTC times, no whole card number, and columns that add up, credits included', async () => {
    now += 60_000;
    const from = new Date(now).toISOString();
    await store(['x1', 'x2']);
    const { corrected } = await creditCdr(site.gw, 'x1', 'counted twice', { energyWh: 1000 });
    const { rows, text, headers } = await csv(`?from=${from}`);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(headers.get('content-disposition')).toBe('attachment; filename="cdrs.csv"');
    expect(text.startsWith(`${EXPORT_COLUMNS.join(',')}\r\n`)).toBe(true);
    expect(rows.map(({ id }) => id)).toEqual(['x1', 'x2', expect.any(String), corrected!.id]);
    expect(rows[0]).toEqual({
      id: 'x1',
      creditOf: '',
      corrects: '',
      sessionId: 's-x1',
      issuedAt: from.replace('.000', ''),
      startedAt: '2026-06-01T10:00:00Z',
      endedAt: '2026-06-01T11:30:00Z',
      chargerId: 'CP1',
      evseId: 'SE*DEP*E1',
      card: 'AB…23',
      contractId: 'NL-MSP-C1',
      peer: '',
      kwh: '20.005',
      minutes: '90',
      parkingMinutes: '30',
      currency: 'EUR',
      fixedNet: '0',
      energyNet: '5.00',
      timeNet: '0',
      parkingNet: '0',
      reservationNet: '0',
      adjustmentNet: '0',
      net: '5.00',
      tax: '0.5',
      gross: '5.50',
      tariffId: 'T1',
      remark: '',
    });
    expect(rows[2]).toMatchObject({
      creditOf: 'x1',
      kwh: '-20.005',
      minutes: '-90',
      energyNet: '-5.00',
      gross: '-5.50',
    });
    // 1 kWh at 0.25 is below the least price of 0.50, with tax 0.55.
    expect(rows[3]).toMatchObject({ corrects: 'x1', kwh: '1', energyNet: '0.25', adjustmentNet: '0.25', net: '0.50' });
    const parts = ['fixedNet', 'energyNet', 'timeNet', 'parkingNet', 'reservationNet', 'adjustmentNet'];
    expect(parts.reduce((sum, part) => sum + sumOf(rows, part), 0)).toBe(sumOf(rows, 'net'));
    expect(sumOf(rows, 'net') + sumOf(rows, 'tax')).toBe(sumOf(rows, 'gross'));
    expect([sumOf(rows, 'kwh'), sumOf(rows, 'gross')]).toEqual([21.005, 6.05]);
  });

  it('gives back any text, and no spreadsheet takes one for a formula', async () => {
    now += 60_000;
    const from = new Date(now).toISOString();
    const remarks = ['=HYPERLINK("http://x","y")', '+49 30 1', '-5', '@SUM(A1)', 'a, "b"\r\nc', ' spaced '];
    for (const [index, remark] of remarks.entries()) await store([`r${index}`], { remark });
    const { rows } = await csv(`?from=${from}`);
    expect(rows.map(({ remark }) => remark)).toEqual([
      `'=HYPERLINK("http://x","y")`,
      `'+49 30 1`,
      '-5',
      `'@SUM(A1)`,
      'a, "b"\r\nc',
      ' spaced ',
    ]);
    const json = (await site.api<{ remark: string }[]>('GET', `/api/cdrs/export?format=json&from=${from}`)).body;
    expect(json.map(({ remark }) => remark)).toEqual(remarks);
    expect(Object.keys(json[0]!)).toEqual([...EXPORT_COLUMNS]);
  });

  it('goes by when lines were issued: one export goes on exactly where the one before ended, also by dates of the site', async () => {
    // Midnight in Stockholm is 23:00 UTC.
    now = Date.UTC(2026, 10, 25, 22, 59);
    await store(['d1']);
    now = Date.UTC(2026, 10, 25, 23, 0);
    await store(['d2']);
    const ids = async (query: string): Promise<string[]> => (await csv(query)).rows.map(({ id }) => id!);
    expect(await ids('?from=2026-11-25&to=2026-11-26')).toEqual(['d1']);
    expect(await ids('?from=2026-11-26')).toEqual(['d2']);
    expect(await ids('?from=2026-11-25T22:59:00Z&to=2026-11-25T23:00:00Z')).toEqual(['d1']);
    expect(await ids('?from=2027-01-01')).toEqual([]);
    expect((await site.api('GET', '/api/cdrs/export?from=2027-01-01&format=json')).body).toEqual([]);
    for (const query of ['?from=2026-02-30', '?to=soon', '?format=xls', '?form=csv'])
      expect(await site.api('GET', `/api/cdrs/export${query}`)).toMatchObject({ status: 400 });
  });

  it('of 20,000 lines is whole, and read a page at a time, whether anybody fetches it or not', async () => {
    now += 86_400_000;
    const from = now;
    for (let step = 0; step < 20; step += 1)
      await store(Array.from({ length: 1000 }, (_, index) => `m${step * 1000 + index}`));
    const { rows } = await csv(`?from=${new Date(from).toISOString()}`);
    expect(rows).toHaveLength(20_000);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(20_000);
    expect(sumOf(rows, 'gross')).toBe(110_000);
    // A piece of it is never more than a page, and none is read before it is asked for.
    const pieces: number[] = [];
    for await (const piece of exportCdrs(site.gw, { from, format: 'csv' })) pieces.push(piece.length);
    expect(pieces).toHaveLength(201);
    expect(Math.max(...pieces)).toBeLessThan(40_000);
  });
});
