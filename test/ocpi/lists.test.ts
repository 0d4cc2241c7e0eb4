import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toUtc } from '../../gateway/domain/time.ts';
import type { Asked, Site } from './harness.ts';
import { NOON, storeHistory } from './fixtures.ts';
import { ask, startSite } from './harness.ts';

const ids = (prefix: string, count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}-${String(from + i).padStart(3, '0')}`);

describe('paged lists', () => {
  let site: Site;
  let cdrs: string;
  beforeAll(async () => {
    site = await startSite();
    cdrs = `${site.url}/ocpi/cpo/2.3.0/cdrs`;
    // 248 with a `last_updated` per ten, and two that share the last one; others' between them.
    for (let i = 0; i < 24; i += 1) {
      site.time.now = NOON + i * 60_000;
      await storeHistory(site, 'p1', ids('a', 10, i * 10));
      await storeHistory(site, i % 2 === 0 ? 'p2' : null, ids('b', 1, i));
    }
    site.time.now = NOON + 3_600_000;
    await storeHistory(site, 'p1', ids('a', 8, 240));
    await storeHistory(site, 'p1', ids('a', 2, 248));
  });
  afterAll(() => site.stop());

  const nextOf = (answer: Asked): string | undefined =>
    /^<([^>]+)>; rel="next"$/.exec(answer.headers['link'] ?? '')?.[1];
  const idsOf = (answer: Asked): string[] => answer.data.map((item) => item.id);

  it('case 12: a page is capped at the limit of the server, which X-Limit tells', async () => {
    const answer = await ask(`${cdrs}?limit=2000`, { token: 'c1', is: 'cdr' });
    expect(answer.data).toHaveLength(100);
    expect(answer.headers['x-limit']).toBe('100');
    expect(answer.headers['x-total-count']).toBe('250');
    const next = new URL(nextOf(answer)!);
    expect(`${next.origin}${next.pathname}`).toBe(cdrs);
    expect([next.searchParams.get('offset'), next.searchParams.get('limit')]).toEqual(['100', '100']);
  });

  it.each(['2.2.1', '2.3.0'])('case 13: following Link yields everything once, oldest first, %s', async (version) => {
    const seen: string[] = [];
    let url: string | undefined = cdrs.replace('2.3.0', version) + '?limit=60';
    while (url !== undefined) {
      const answer: Asked = await ask(url, { token: 'c1', is: 'cdr' });
      expect([answer.headers['x-limit'], answer.headers['x-total-count']]).toEqual(['100', '250']);
      seen.push(...idsOf(answer));
      url = nextOf(answer);
    }
    expect(seen).toEqual(ids('cdr-a', 250));
  });

  it('a page that ends exactly at the end has no Link', async () => {
    const answer = await ask(`${cdrs}?offset=150&limit=100`, { token: 'c1' });
    expect(idsOf(answer)).toEqual(ids('cdr-a', 100, 150));
    expect(nextOf(answer)).toBeUndefined();
    expect(answer.headers['x-limit']).toBe('100');
  });

  it('offset alone counts as well as the cursor; past the end and limit 0 are empty and last', async () => {
    expect(idsOf(await ask(`${cdrs}?offset=100&limit=5`, { token: 'c1' }))).toEqual(ids('cdr-a', 5, 100));
    for (const query of ['offset=250', 'offset=100000', 'limit=0']) {
      const answer = await ask(`${cdrs}?${query}`, { token: 'c1' });
      expect(answer.data).toEqual([]);
      expect(answer.headers['x-total-count']).toBe('250');
      expect(nextOf(answer)).toBeUndefined();
    }
  });

  it('what changes while a list is followed moves nothing off it: sessions updated behind the reader', async () => {
    const sessions = `${site.url}/ocpi/cpo/2.3.0/sessions?date_from=2020-01-01T00:00:00Z&limit=100`;
    const seen: string[] = [];
    const first = await ask(sessions, { token: 'c1', is: 'session' });
    seen.push(...idsOf(first));
    await site.gw.db.write((tx) => {
      site.gw.db.run("UPDATE session SET updated_at = ? WHERE id IN ('a-000', 'a-120')", tx.stamp);
    });
    let url = nextOf(first);
    while (url !== undefined) {
      const answer: Asked = await ask(url, { token: 'c1' });
      seen.push(...idsOf(answer));
      url = nextOf(answer);
    }
    expect(seen).toEqual(ids('a', 250));
  });

  it('case 14: date_from is inclusive, date_to exclusive, and the Link keeps both', async () => {
    const all = await ask(`${cdrs}?limit=100`, { token: 'c1' });
    const from = all.data[10]!.last_updated;
    const to = all.data[40]!.last_updated;
    const url = `${cdrs}?date_from=${from}&date_to=${to}&limit=20`;
    const answer = await ask(url, { token: 'c1' });
    expect(answer.headers['x-total-count']).toBe('30');
    expect(idsOf(answer)).toEqual(ids('cdr-a', 20, 10));
    const next = new URL(nextOf(answer)!);
    expect([next.searchParams.get('date_from'), next.searchParams.get('date_to')]).toEqual([from, to]);
    expect(idsOf(await ask(next.href, { token: 'c1' }))).toEqual(ids('cdr-a', 10, 30));
  });

  it('times are read leniently: without zone, with an offset, with an unencoded plus, as a bare date', async () => {
    const total = async (query: string): Promise<string | undefined> =>
      (await ask(`${cdrs}?${query}`, { token: 'c1' })).headers['x-total-count'];
    expect(await total('date_from=2026-06-01T12:01:00')).toBe('240');
    expect(await total('date_from=2026-06-01T14:01:00%2B02:00')).toBe('240');
    expect(await total('date_from=2026-06-01T14:01:00+02:00')).toBe('240');
    expect(await total('date_from=2026-06-01')).toBe('250');
    expect(await total('date_to=2026-06-01')).toBe('0');
  });

  it('case 15: a peer sees what is its own, counts included; the cloud sees all', async () => {
    const own = await ask(cdrs, { token: 'c2' });
    expect([own.data.length, own.headers['x-total-count']]).toEqual([12, '12']);
    const all = await ask(`${cdrs}?limit=1`, { token: 'c0' });
    expect(all.headers['x-total-count']).toBe('274');
  });

  it('case 16: sessions need date_from', async () => {
    const sessions = `${site.url}/ocpi/cpo/2.3.0/sessions`;
    const answer = await ask(sessions, { token: 'c1' });
    expect([answer.http, answer.status]).toEqual([200, 2001]);
    const good = await ask(`${sessions}?date_from=${toUtc(NOON)}`, { token: 'c2', is: 'session' });
    expect(good.headers['x-total-count']).toBe('12');
    expect(good.data[0]).toMatchObject({ id: 'b-000', evse_uid: 'E1', kwh: 20.005, location_id: 'L1' });
  });

  it.each([
    'limit=-1',
    'limit=ten',
    'limit=1.5',
    'limit=1e3',
    'offset=-1',
    'offset=99999999999999999999',
    'limit=1&limit=2',
    'date_from=yesterday',
    'date_from=2026-13-01T00:00:00Z',
    'date_to=2026-06-01T99:00:00Z',
    'cursor=nonsense',
  ])('%s is HTTP 200 with 2001', async (query) => {
    for (const module of ['locations', 'cdrs', 'tariffs', 'sessions']) {
      const needed = module === 'sessions' && !query.includes('date_from') ? '&date_from=2026-01-01T00:00:00Z' : '';
      const answer = await ask(`${site.url}/ocpi/cpo/2.3.0/${module}?${query}${needed}`, { token: 'c1' });
      expect([answer.http, answer.status]).toEqual([200, 2001]);
    }
  });

  it('long lists are compressed for those who ask for it', async () => {
    const answer = await fetch(`${cdrs}?limit=100`, {
      headers: { authorization: 'Token c1', 'accept-encoding': 'gzip' },
    });
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(((await answer.json()) as { data: unknown[] }).data).toHaveLength(100);
  });

  it('case 54: tariffs as each version has them', async () => {
    const tariff = async (version: string): Promise<unknown> => {
      const answer = await ask(`${site.url}/ocpi/cpo/${version}/tariffs`, { token: 'c2', is: 'tariff' });
      expect([answer.headers['x-total-count'], answer.headers['x-limit']]).toEqual(['1', '100']);
      return answer.data[0];
    };
    expect(await tariff('2.2.1')).toMatchObject({ id: 'T1', min_price: { excl_vat: 0.5, incl_vat: 0.55 } });
    expect(await tariff('2.2.1')).not.toHaveProperty('tax_included');
    expect(await tariff('2.3.0')).toMatchObject({
      id: 'T1',
      min_price: { before_taxes: 0.5, after_taxes: 0.55 },
      tax_included: 'NO',
    });
  });
});
