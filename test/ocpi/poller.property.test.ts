import { array, assert, asyncProperty, constant, integer, nat, oneof, record } from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordSamples } from '../../gateway/samples.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { toUtc } from '../../gateway/domain/time.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { startTransaction, stopTransaction } from '../../gateway/transactions.ts';
import { SETTINGS } from './fixtures.ts';
import { ask, startSite, type Asked, type Site } from './harness.ts';

const ALL = { offset: 0, limit: 100_000 };
const EVSES = 6;

/** What happens at the site between two pages. */
type Happening = { evse: number; minutes: number } & ({ kind: 'plug' } | { kind: 'meter'; wh: number });

const happening = oneof(
  record({ kind: constant('plug' as const), evse: nat(EVSES - 1), minutes: integer({ min: 1, max: 90 }) }),
  record({
    kind: constant('meter' as const),
    evse: nat(EVSES - 1),
    minutes: integer({ min: 1, max: 15 }),
    wh: integer({ min: 1, max: 5000 }),
  }),
);

/** One crawl: how large its pages are, and what happens before each of them. */
const crawl = record({
  limit: integer({ min: 1, max: 9 }),
  between: array(array(happening, { maxLength: 4 }), { maxLength: 8 }),
});

let site: Site;
const meters = Array.from({ length: EVSES }, () => ({ wireId: null as string | null, wh: 0 }));

beforeAll(async () => {
  const [charger] = SETTINGS.chargers;
  if (!charger) throw new Error('the fixture has a charger');
  const evses = meters.map((_, index) => ({ ...charger.evses[0]!, evse: index + 1, uid: `E${index + 1}` }));
  site = await startSite({ chargers: [{ ...charger, evses }] });
});

afterAll(() => site.stop());

/** A driver plugs in, or leaves; or a meter reports. */
async function happen(what: Happening): Promise<void> {
  site.time.now += what.minutes * 60_000;
  const meter = meters[what.evse]!;
  const now = site.time.now;
  const place = { chargerId: 'CP1', evse: what.evse + 1 };
  const at = { reportedAt: now, receivedAt: now, timestamp: toUtc(now) };
  if (what.kind === 'plug' && meter.wireId === null) {
    const start = { ...place, connector: 1, tokenUid: 'ABC123', meterStart: meter.wh, ...at };
    meter.wireId = (await startTransaction(site.gw, start)).wireId;
  } else if (what.kind === 'plug') {
    const stop = { ...place, wireId: meter.wireId, meterStop: meter.wh, reason: 'Local', tokenUid: null };
    await stopTransaction(site.gw, { ...stop, samples: [], payload: null, ...at });
    meter.wireId = null;
  } else {
    meter.wh += what.wh;
    const reading = { context: null, energyWh: meter.wh, powerW: null, currentMa: null, socPercent: null, values: [] };
    const samples = [{ ...reading, reportedAt: now }];
    await recordSamples(site.gw, { ...place, wireId: meter.wireId, samples, receivedAt: now });
  }
}

const nextOf = (answer: Asked): string | null =>
  /<([^>]+)>; rel="next"/.exec(answer.headers['link'] ?? '')?.[1] ?? null;

/** Follows a list from `since` to its end while things happen; gives what it saw. */
async function follow(
  module: 'sessions' | 'cdrs',
  since: string,
  limit: number,
  between: Happening[][],
): Promise<{ id: string; last_updated: string }[]> {
  const seen: { id: string; last_updated: string }[] = [];
  const turns = between.values();
  let url: string | null = `${site.url}/ocpi/cpo/2.3.0/${module}?date_from=${since}&limit=${limit}`;
  while (url !== null) {
    const answer: Asked = await ask(url, { token: 'c0', is: module === 'cdrs' ? 'cdr' : 'session' });
    expect(answer.status).toBe(1000);
    seen.push(...answer.data);
    url = nextOf(answer);
    for (const what of turns.next().value ?? []) await happen(what);
  }
  return seen;
}

const stored = (module: 'sessions' | 'cdrs'): { id: string; updatedAt: number }[] =>
  (module === 'sessions' ? listSessions : listCdrs)(site.gw, ALL).items;

describe.each(['sessions', 'cdrs'] as const)('a poller of %s that follows Link while they change', (module) => {
  test('sees each that there was, once, and after its last poll holds all of them as they are', async () => {
    await assert(
      asyncProperty(array(crawl, { minLength: 1, maxLength: 5 }), async (crawls) => {
        const held = new Map<string, string>();
        let since = toUtc(0);
        for (const { limit, between } of crawls) {
          const due = stored(module).filter(({ updatedAt }) => updatedAt >= Date.parse(since));
          const begun = site.time.now;
          const seen = await follow(module, since, limit, between);
          const ids = seen.map(({ id }) => id);
          expect(ids.length, 'none twice').toBe(new Set(ids).size);
          expect(ids, 'none missed').toEqual(expect.arrayContaining(due.map(({ id }) => id)));
          for (const { id, last_updated: at } of seen) held.set(id, at);
          // As pollers do: what changed since this one began.
          since = toUtc(begun);
        }
        for (const { id, last_updated: at } of await follow(module, since, 100, [])) held.set(id, at);
        const now = stored(module).map(({ id, updatedAt }) => [id, toUtc(updatedAt)]);
        expect(Object.fromEntries(held)).toEqual(Object.fromEntries(now));
      }),
      { numRuns: 15 },
    );
  });
});
