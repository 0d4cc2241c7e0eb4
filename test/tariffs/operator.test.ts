import { afterEach, describe, expect, test } from 'vitest';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import { createSimulatedPeer } from '../../adapters/simulator/peer.ts';
import { collectChanges, listOutbox, retryOutbox } from '../../gateway/outbox.ts';
import { findPeer, invitePeer } from '../../gateway/peers.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A described charger with two EVSEs and one charger without, no tariff named anywhere. */
const UNPRICED = `default-connector: {}
chargers:
  - id: BAY-1
    evses: [{ id: 1, connectors: [{ id: 1 }] }, { id: 2, connectors: [{ id: 1 }, { id: 2 }] }]
  - id: PRICED
    evses: [{ id: 1, connectors: [{ id: 1, tariff: standard }] }]
`;

interface Reply {
  status: number;
  body: Record<string, unknown> & { items: Record<string, unknown>[]; problems: string[]; code: string };
}

interface Depot extends TestSite {
  api(method: string, path: string, body?: unknown): Promise<Reply>;
}

async function depot(yaml = UNPRICED, directory?: string): Promise<Depot> {
  const site = await startTestSite({ yaml, ...(directory !== undefined && { directory }) });
  cleanups.push(() => site.cleanUp());
  return { ...site, api: (method, path, body) => ask(site.urls.console, method, path, body) };
}

async function ask(console: string, method: string, path: string, body: unknown): Promise<Reply> {
  const response = await fetch(new URL(path, console), {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as Reply['body'] };
}

const night = (price: string, more: object = {}) => ({
  currency: 'SEK',
  taxIncluded: 'NO',
  elements: [{ components: [{ type: 'ENERGY', price, vat: '25' }] }],
  ...more,
});

interface WireEvse {
  uid: string;
  last_updated: string;
  connectors: { id: string; tariff_ids?: string[]; last_updated: string }[];
}

interface WireLocation {
  last_updated: string;
  evses: WireEvse[];
}

async function location(at: Depot): Promise<WireLocation> {
  const { body } = await at.ocpiGet('/cpo/2.3.0/locations');
  return (body.data as WireLocation[])[0]!;
}

/** `BAY-1/2/1` and what it costs there. */
async function prices(at: Depot): Promise<Record<string, string[]>> {
  const { evses } = await location(at);
  return Object.fromEntries(
    evses.flatMap(({ uid, connectors }) => connectors.map(({ id, tariff_ids = [] }) => [`${uid}/${id}`, tariff_ids])),
  );
}

async function until(check: () => boolean): Promise<void> {
  await expect.poll(check, { timeout: 8000, interval: 10 }).toBe(true);
}

describe('tariffs of the operator', () => {
  test('are brought, told, changed and taken away; what is said comes back', async () => {
    const at = await depot();
    const whole = {
      type: 'REGULAR',
      currency: 'CAD',
      taxIncluded: 'NO',
      taxes: [
        { name: 'GST', percentage: '5', accountNumber: '1' },
        { name: 'QST', percentage: '9.975' },
      ],
      altText: [{ language: 'en', text: 'Night rate' }],
      altUrl: 'https://depot.example/night',
      minPrice: { beforeTaxes: '1', afterTaxes: '1.25' },
      maxPrice: null,
      preauthorizeAmount: '50',
      startsAt: '2027-01-01T00:00:00Z',
      endsAt: '2028-01-01T00:00:00Z',
      elements: [
        {
          restrictions: { startTime: '22:00', endTime: '06:00', daysOfWeek: ['MONDAY'], maxKwh: '40', minDuration: 60 },
          components: [{ type: 'ENERGY', price: '0.1', vat: null, step: 0 }],
        },
        { restrictions: null, components: [{ type: 'ENERGY', price: '0.3', vat: '14.975', step: 1 }] },
      ],
    };
    const made = await at.api('PUT', '/api/tariffs/night', whole);
    expect(made.status).toBe(201);
    expect(made.body).toStrictEqual({ id: 'night', origin: 'site', ...whole, updatedAt: expect.any(String) });
    const told = { ...made.body, findings: expect.any(Array) };
    expect((await at.api('GET', '/api/tariffs/NIGHT')).body).toStrictEqual(told);
    expect((await at.api('PUT', '/api/tariffs/Night', whole)).body).toStrictEqual(made.body);
    const changed = await at.api('PUT', '/api/tariffs/night', { ...whole, maxPrice: { beforeTaxes: '80' } });
    expect(changed).toMatchObject({ status: 200, body: { maxPrice: { beforeTaxes: '80', afterTaxes: null } } });
    expect(String(changed.body['updatedAt']) > String(made.body['updatedAt'])).toBe(true);
    expect((await at.api('GET', '/api/tariffs')).body.items.map(({ id, origin }) => [id, origin])).toEqual([
      ['night', 'site'],
      ['standard', 'config'],
    ]);
    expect((await at.api('DELETE', '/api/tariffs/night')).status).toBe(204);
    expect(await at.api('GET', '/api/tariffs/night')).toMatchObject({ status: 404, body: { code: 'TARIFF_UNKNOWN' } });
  });

  test('that cannot be priced are refused with every reason; several come all or none', async () => {
    const at = await depot();
    const faulty = night('1', { currency: 'SKE', startsAt: '2027-01-01T00:00:00Z', endsAt: '2026-01-01T00:00:00Z' });
    const refused = await at.api('PUT', '/api/tariffs/night', faulty);
    expect(refused).toMatchObject({ status: 422, body: { code: 'TARIFF_UNPRICEABLE' } });
    expect(refused.body.problems).toEqual([
      expect.stringContaining('tariff night, currency: "SKE"'),
      'tariff night, endsAt: the tariff ends before it begins',
    ]);
    const items = [
      { id: 'a', ...night('1') },
      { id: 'b', ...night('2') },
    ];
    expect((await at.api('POST', '/api/tariffs', { items: [...items, { id: 'c', ...faulty }] })).status).toBe(422);
    const mixed = await at.api('POST', '/api/tariffs', { items: [...items, { id: 'standard', ...night('2') }] });
    expect(mixed).toMatchObject({ status: 409, body: { code: 'TARIFF_READ_ONLY' } });
    expect((await at.api('POST', '/api/tariffs', { items: [...items, { id: 'A', ...night('2') }] })).status).toBe(400);
    expect((await at.api('GET', '/api/tariffs')).body.items.map(({ id }) => id)).toEqual(['standard']);
    await at.api('PUT', '/api/tariffs/a', night('1'));
    const brought = await at.api('POST', '/api/tariffs', { items });
    expect(brought.body.items.map(({ id, outcome }) => [id, outcome])).toEqual([
      ['a', 'unchanged'],
      ['b', 'created'],
    ]);
  });

  test.each<[fault: string, body: object]>([
    ['a price below 0', night('-1')],
    ['a price with more decimals than OCPI carries', night('0.12345')],
    ['a time without its zone', night('1', { startsAt: '2027-01-01T00:00:00' })],
    [
      'a restriction that there is not',
      night('1', { elements: [{ restrictions: { moon: 'full' }, components: [{ type: 'FLAT', price: '1' }] }] }),
    ],
    ['no element', night('1', { elements: [] })],
  ])('%s is not taken', async (_fault, body) => {
    const at = await depot();
    expect(await at.api('PUT', '/api/tariffs/night', body)).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID' },
    });
  });

  test('of the config file are read-only', async () => {
    const at = await depot();
    for (const [method, body] of [
      ['PUT', night('1')],
      ['DELETE', undefined],
    ] as const)
      expect(await at.api(method, '/api/tariffs/STANDARD', body)).toMatchObject({
        status: 409,
        body: { code: 'TARIFF_READ_ONLY' },
      });
  });
});

describe('assignments', () => {
  test('count where the file names no tariff, the narrowest first; what changes is seen by who polls', async () => {
    const at = await depot();
    for (const id of ['site', 'box', 'bay', 'plug']) await at.api('PUT', `/api/tariffs/${id}`, night('1'));
    const before = await location(at);
    expect(await prices(at)).toEqual({ 'BAY-1-1/1': [], 'BAY-1-2/1': [], 'BAY-1-2/2': [], 'PRICED-1/1': ['standard'] });
    const assign = (body: object) => at.api('PUT', '/api/tariff-assignments', body);
    expect((await assign({ tariffIds: ['SITE'] })).body).toMatchObject({
      charger: null,
      tariffIds: ['site'],
      connectors: 3,
    });
    const assigned = await location(at);
    expect(assigned.last_updated > before.last_updated).toBe(true);
    for (const [index, { uid, last_updated: moved }] of assigned.evses.entries())
      expect([uid, moved > before.evses[index]!.last_updated]).toEqual([uid, uid !== 'PRICED-1']);
    await assign({ charger: 'BAY-1', tariffIds: ['box'] });
    await assign({ charger: 'BAY-1', evse: 2, tariffIds: ['bay'] });
    await assign({ charger: 'BAY-1', evse: 2, connector: 2, tariffIds: ['plug', 'bay'] });
    expect(await assign({ charger: 'PRICED', tariffIds: ['box'] })).toMatchObject({
      status: 200,
      body: { connectors: 0 },
    });
    expect(await prices(at)).toEqual({
      'BAY-1-1/1': ['box'],
      'BAY-1-2/1': ['bay'],
      'BAY-1-2/2': ['plug', 'bay'],
      'PRICED-1/1': ['standard'],
    });
    const [first] = (await location(at)).evses;
    await assign({ charger: 'BAY-1', tariffIds: ['box'] });
    expect((await location(at)).evses[0]).toEqual(first);
    expect((await at.api('GET', '/api/tariff-assignments')).body.items).toMatchObject([
      { charger: null, connectors: 0 },
      { charger: 'BAY-1', evse: null, connectors: 1 },
      { charger: 'BAY-1', evse: 2, connector: null, connectors: 1 },
      { charger: 'BAY-1', evse: 2, connector: 2, tariffIds: ['plug', 'bay'], connectors: 1 },
      { charger: 'PRICED', connectors: 0 },
    ]);
    expect(await at.api('DELETE', '/api/tariffs/bay')).toMatchObject({ status: 409, body: { code: 'TARIFF_IN_USE' } });
    await at.api('DELETE', '/api/tariff-assignments?charger=BAY-1&evse=2');
    expect((await at.api('DELETE', '/api/tariff-assignments?charger=BAY-1&evse=2')).status).toBe(404);
    expect(await prices(at)).toMatchObject({ 'BAY-1-2/1': ['box'], 'BAY-1-2/2': ['plug', 'bay'] });
  });

  test.each<[fault: string, body: object, status: number, code: string]>([
    ['a tariff that there is not', { tariffIds: ['moon'] }, 404, 'TARIFF_UNKNOWN'],
    ['a tariff named twice', { tariffIds: ['standard', 'STANDARD'] }, 400, 'REQUEST_INVALID'],
    ['a charger that there is not', { charger: 'BAY-9', tariffIds: ['standard'] }, 404, 'CHARGER_UNKNOWN'],
    ['an EVSE that there is not', { charger: 'BAY-1', evse: 3, tariffIds: ['standard'] }, 422, 'EVSE_UNKNOWN'],
    [
      'a connector that there is not',
      { charger: 'BAY-1', evse: 1, connector: 2, tariffIds: ['standard'] },
      422,
      'EVSE_UNKNOWN',
    ],
    ['an EVSE without its charger', { evse: 1, tariffIds: ['standard'] }, 400, 'REQUEST_INVALID'],
  ])('to %s are refused', async (_fault, body, status, code) => {
    const at = await depot();
    expect(await at.api('PUT', '/api/tariff-assignments', body)).toMatchObject({ status, body: { code } });
    expect((await at.api('GET', '/api/tariff-assignments')).body.items).toEqual([]);
  });

  test('price the sessions that begin then, also at chargers that nobody described; one under way keeps its tariff', async () => {
    const at = await depot();
    await at.api('PUT', '/api/tariffs/cheap', night('1'));
    await at.api('PUT', '/api/tariffs/dear', night('9'));
    await at.api('PUT', '/api/tariff-assignments', { tariffIds: ['cheap'] });
    const bay = createSimulatedCharger({ url: at.urls.ocpp, id: 'NEW-1', connectors: 2, power: () => () => 10_000 });
    cleanups.push(() => bay.close());
    await bay.connect();
    await bay.idle();
    await bay.plugIn(1);
    await bay.tap('CARD1', 1);
    await at.api('PUT', '/api/tariff-assignments', { charger: 'NEW-1', tariffIds: ['dear'] });
    await at.api('PUT', '/api/tariffs/cheap', night('2'));
    await bay.plugIn(2);
    await bay.tap('CARD1', 2);
    for (const connector of [1, 2]) {
      await bay.advance(connector, 3600);
      await bay.unplug(connector);
    }
    const ended = () => listSessions(at.gateway, { offset: 0, limit: 9 }).items.filter((each) => each.endedAt !== null);
    await until(() => ended().length === 2);
    expect(ended().map(({ evse, tariff, cost }) => [evse, tariff?.id, cost?.total.beforeTaxes])).toEqual([
      [1, 'cheap', '10.00'],
      [2, 'dear', '90.00'],
    ]);
  });
});

describe('the config file and the operator', () => {
  const named = (id: string, price: number) => `tariffs:
  - { id: ${id}, currency: SEK, tax-included: no, elements: [{ components: [{ type: energy, price: ${price} }] }] }
  - { id: standard, currency: SEK, tax-included: no, elements: [{ components: [{ type: energy, price: 1 }] }] }
`;

  test('what the operator brought outlives a restart; of one id the file’s counts; one that is assigned is never lost', async () => {
    const first = await depot();
    await first.api('PUT', '/api/tariffs/kept', night('1'));
    await first.api('PUT', '/api/tariffs/night', night('2'));
    await first.api('PUT', '/api/tariff-assignments', { charger: 'BAY-1', tariffIds: ['night'] });
    const kept = await first.api('GET', '/api/tariffs/kept');
    await first.stop();
    const second = await depot(UNPRICED + named('night', 7), first.directory);
    expect((await second.api('GET', '/api/tariffs/kept')).body).toEqual(kept.body);
    expect((await second.api('GET', '/api/tariffs/night')).body).toMatchObject({
      origin: 'config',
      elements: [{ components: [{ price: '7' }] }],
      findings: expect.arrayContaining([expect.objectContaining({ code: 'replaced' })]),
    });
    const { items } = (await second.api('GET', '/api/tariff-findings')).body;
    expect(items.filter(({ code }) => code === 'replaced')).toMatchObject([{ tariff: 'night' }]);
    expect(second.logged).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        data: { tariff: 'night' },
        message: expect.stringContaining('the one in the file counts'),
      }),
    );
    await second.stop();
    const third = await depot(UNPRICED, first.directory);
    expect((await third.api('GET', '/api/tariffs/night')).body).toMatchObject({ origin: 'site', findings: [] });
    expect((await prices(third))['BAY-1-1/1']).toEqual(['night']);
    await third.stop();
    const fourth = await depot(UNPRICED.replace('{}', '{ tariff: standard }'), first.directory);
    expect((await prices(fourth))['BAY-1-1/1']).toEqual(['standard']);
  });
});

describe('peers', () => {
  test('are told what is brought, changed, assigned and taken away', async () => {
    const at = await depot();
    const peer = await createSimulatedPeer({ name: 'emsp' });
    cleanups.push(() => peer.close());
    const { token } = await invitePeer(at.gateway, 'emsp', 'all');
    await peer.register(at.urls.ocpi, token);
    const told = () => peer.told('tariffs').map(({ id }) => id);
    const bay = () =>
      (peer.told('locations') as unknown as WireLocation[])[0]?.evses.find(({ uid }) => uid === 'BAY-1-1');
    await until(() => told().length === 1 && peer.told('locations').length === 1);
    await at.api('PUT', '/api/tariffs/night', night('1'));
    await until(() => told().includes('night'));
    await at.api('PUT', '/api/tariffs/night', night('2'));
    await until(() => JSON.stringify(peer.told('tariffs')).includes('"price":2'));
    await at.api('PUT', '/api/tariff-assignments', { tariffIds: ['night'] });
    await until(() => bay()?.connectors[0]?.tariff_ids?.[0] === 'night');
    await at.api('DELETE', '/api/tariff-assignments');
    await until(() => bay()?.connectors[0]?.tariff_ids === undefined);
    // One that will not let go of it is asked ever more rarely: a look at what changed does not begin anew.
    peer.setCondition({ kind: 'answering', http: 200, status: 2001 });
    await at.api('DELETE', '/api/tariffs/night');
    const waiting = () => listOutbox(at.gateway, null, 10).find((row) => row.object === 'night');
    await until(() => (waiting()?.attempts ?? 0) > 0);
    expect(await collectChanges(at.gateway, findPeer(at.gateway, 'emsp')!, 'tariffs')).toBe(false);
    expect(waiting()?.attempts).toBeGreaterThan(0);
    peer.setCondition({ kind: 'up' });
    await retryOutbox(at.gateway, 'emsp', null, null);
    await until(() => !told().includes('night'));
    const { body } = await at.ocpiGet('/cpo/2.3.0/tariffs');
    expect((body.data as { id: string }[]).map(({ id }) => id)).toEqual(['standard']);
  });
});
