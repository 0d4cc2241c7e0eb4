import { afterEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { acceptCharger } from '../../gateway/onboarding.ts';
import { authorizeLocally } from '../../gateway/authorization.ts';
import { flushDiagnostics, listFrames } from '../../gateway/frames.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { authenticatePeer, updatePeer } from '../../gateway/peers.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { startTestSite, type TestSite, type TestSiteOptions } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 100 };
const PENDING = 'ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: pending }\n';
const ENERGY = 'elements: [{ components: [{ type: energy, price: 2, vat: 25 }] }]';

let site: TestSite;
const open: RawCharger[] = [];

afterEach(async () => {
  for (const charger of open.splice(0)) await charger.close();
  await site.cleanUp();
});

async function dial(id: string): Promise<RawCharger> {
  const charger = await createRawCharger(site.urls.ocpp + id, { protocols: ['ocpp1.6'] });
  open.push(charger);
  return charger;
}

/** Starts the same site anew over the same data, with another config. */
async function restart(options: TestSiteOptions): Promise<void> {
  for (const charger of open.splice(0)) await charger.close();
  await site.stop();
  site = await startTestSite({ ...options, directory: site.directory });
}

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

async function session(charger: RawCharger, connectorId = 1): Promise<void> {
  const payload = { connectorId, idTag: 'CARD1', meterStart: 0, timestamp: ago(60) };
  const { transactionId } = (await charger.call('StartTransaction', payload))[2] as { transactionId: number };
  await charger.call('StopTransaction', { transactionId, meterStop: 1000, timestamp: ago(0) });
}

interface WireLocation {
  last_updated: string;
  evses?: { uid: string; status: string }[];
}

async function locations(query = ''): Promise<WireLocation[]> {
  return (await site.ocpiGet(`/cpo/2.3.0/locations${query}`)).body.data as WireLocation[];
}

const status = (charger: RawCharger, connectorId: number): Promise<unknown[]> =>
  charger.call('StatusNotification', { connectorId, errorCode: 'NoError', status: 'Available' });

describe('chargers that nobody accepted', () => {
  test('are recorded and told to no cloud', async () => {
    site = await startTestSite({ yaml: PENDING });
    await session(await dial('STRANGER'));
    expect(listTransactions(site.gateway, ALL).items).toMatchObject([{ chargerId: 'STRANGER', meterStop: 1000 }]);
    expect(listSessions(site.gateway, ALL).items).toEqual([]);
    expect(listCdrs(site.gateway, ALL).items).toEqual([]);
  });

  test('law 9: once accepted, a poller with date_from sees their EVSEs', async () => {
    site = await startTestSite({ yaml: PENDING });
    await status(await dial('STRANGER'), 1);
    await status(await dial('BAY-1'), 1);
    const seen = (await locations())[0];
    expect(JSON.stringify(seen)).not.toContain('STRANGER');
    await acceptCharger(site.gateway, 'STRANGER');
    const since = new Date(Date.parse(seen?.last_updated ?? '') + 1).toISOString();
    const [changed] = await locations(`?date_from=${since}`);
    expect(changed?.evses?.map((evse) => evse.uid)).toContain('STRANGER-1');
  });
});

describe('the config file changes between two runs', () => {
  test('EVSEs of a dropped charger are REMOVED, not just absent, and stay so while it is pending', async () => {
    site = await startTestSite({ yaml: PENDING });
    const before = (await locations())[0];
    await restart({ yaml: `${PENDING}chargers: [{ id: OTHER }]\n` });
    await status(await dial('BAY-1'), 1);
    const after = (await locations())[0];
    expect(after?.evses?.filter((evse) => evse.uid.startsWith('BAY-1')).map((evse) => evse.status)).toEqual([
      'REMOVED',
      'REMOVED',
    ]);
    expect(Date.parse(after?.last_updated ?? '')).toBeGreaterThan(Date.parse(before?.last_updated ?? ''));
  });

  test('a dropped charger with an open transaction still closes it, at its own price', async () => {
    site = await startTestSite();
    const charger = await dial('BAY-1');
    const payload = { connectorId: 1, idTag: 'CARD1', meterStart: 0, timestamp: ago(60) };
    await charger.call('StartTransaction', payload);
    await restart({
      yaml: `${PENDING}chargers: [{ id: OTHER }]\ntariffs: [{ id: standard, currency: SEK, tax-included: no, ${ENERGY} }]\n`,
    });
    const again = await dial('BAY-1');
    await again.call('StopTransaction', { transactionId: 1, meterStop: 1000, timestamp: ago(0) });
    expect(listCdrs(site.gateway, ALL).items).toMatchObject([
      { energyWh: 1000, cost: { total: { beforeTaxes: '8.20' } } },
    ]);
  });

  test('undescribed chargers follow the default tariff, also when it is renamed', async () => {
    site = await startTestSite();
    await session(await dial('GUEST'));
    await restart({
      yaml: `default-connector: { tariff: day }\ntariffs: [{ id: day, currency: SEK, tax-included: no, ${ENERGY} }]\n`,
    });
    await session(await dial('GUEST'));
    expect(listCdrs(site.gateway, ALL).items.at(-1)).toMatchObject({
      tariff: { id: 'day' },
      cost: { total: { beforeTaxes: '2.00' } },
    });
  });

  test('a connector that is numbered like the EVSE has its price', async () => {
    site = await startTestSite({
      yaml: 'chargers: [{ id: TWIN, evses: [{ id: 1, connectors: [{ id: 1 }] }, { id: 2, connectors: [{ id: 2 }] }] }]\n',
    });
    await session(await dial('TWIN'), 2);
    expect(listCdrs(site.gateway, ALL).items).toMatchObject([
      { tariff: { id: 'standard' }, place: { connector: 2 }, cost: { total: { beforeTaxes: '8.20' } } },
    ]);
  });

  test('a peer can be renamed and keep its token', async () => {
    site = await startTestSite();
    await restart({ yaml: 'peers: [{ name: renamed, visibility: all, inbound-token: cloud-token-for-tests }]\n' });
    expect(authenticatePeer(site.gateway, 'cloud-token-for-tests')?.name).toBe('renamed');
  });

  test('a token that a declared peer was given over OCPI outlives a restart', async () => {
    site = await startTestSite();
    const { token } = await updatePeer(site.gateway, 'cloud', {
      version: '2.3.0',
      versionsUrl: 'https://cloud.example/versions',
      outboundToken: 'theirs',
      parties: [],
      endpoints: [],
    });
    await restart({});
    expect(authenticatePeer(site.gateway, token)?.name).toBe('cloud');
  });

  test('a card whose type changes in the file is not left behind as it was', async () => {
    site = await startTestSite();
    await restart({ yaml: 'tokens: [{ uid: CARD1, type: APP_USER, valid: false }]\n' });
    expect(authorizeLocally(site.gateway, 'BAY-1', 'CARD1', Date.now()).verdict).toBe('blocked');
  });

  test('an EVSE uid that another EVSE had is refused in words', async () => {
    const evses = (uid: string): string => `evses: [{ id: 1, uid: ${uid}, connectors: [{ id: 1 }] }]`;
    site = await startTestSite({ yaml: `chargers: [{ id: OLD, ${evses('BAY')} }]\n` });
    const yaml = `chargers: [{ id: NEW, ${evses('BAY')} }]\n`;
    await expect(restart({ yaml })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('law 13: what a charger can make grow', () => {
  test('EVSEs end at a hundred: a start beyond is kept in quarantine, a status is noted', async () => {
    site = await startTestSite();
    const charger = await dial('WILD');
    expect(await status(charger, 4_294_967_295)).toMatchObject([3, expect.anything(), {}]);
    await session(charger, 101);
    expect(findCharger(site.gateway, 'WILD')?.evses).toEqual([]);
    expect(listQuarantine(site.gateway, ALL).items[0]).toMatchObject({ action: 'StartTransaction' });
  });

  test('kinds of deviations are bounded, in number and in length', async () => {
    site = await startTestSite();
    const charger = await dial('WILD');
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < 120; n += 1)
        charger.send(JSON.stringify([2, 'x', 'Heartbeat', { [`k${round}-${n}${'x'.repeat(500)}`]: 1 }]));
      await charger.call('Heartbeat', {});
      await flushDiagnostics(site.gateway);
    }
    const kinds = findCharger(site.gateway, 'WILD')?.deviations ?? [];
    expect(kinds.length).toBeLessThanOrEqual(201);
    expect(Math.max(...kinds.map(({ code }) => code.length))).toBeLessThanOrEqual(120);
    expect(kinds.reduce((sum, { count }) => sum + count, 0)).toBe(360);
  });

  test('at the connection limit a known charger still replaces its own dead socket', async () => {
    site = await startTestSite({ yaml: 'ocpp: { host: 127.0.0.1, port: 0, max-connections: 1 }\n' });
    const stale = await dial('BAY-1');
    await stale.call('Heartbeat', {});
    const fresh = await dial('BAY-1');
    expect((await fresh.call('Heartbeat', {}))[0]).toBe(3);
    await expect(dial('LOCKED')).rejects.toThrow('503');
  });
});

test('passwords are hidden in the frame ring however the fields are ordered', async () => {
  site = await startTestSite();
  const charger = await dial('BAY-1');
  await charger.call('DataTransfer', {
    vendorId: 'v',
    data: 'x',
    a: { value: 'topsecret1', key: 'AuthorizationKey' },
    b: { key: 'AuthorizationKey', readonly: false, value: 'topsecret2' },
  });
  expect(JSON.stringify(await listFrames(site.gateway, 'BAY-1', 10))).not.toContain('topsecret');
});
