import { afterEach, describe, expect, it } from 'vitest';
import { reportStatus } from '../../gateway/availability.ts';
import { setEvseIdentity } from '../../gateway/store/chargers.ts';
import { EVSE_STATUSES } from '../../gateway/domain/status.ts';
import { applyConfig } from '../../gateway/apply-config.ts';
import { findCharger } from '../../gateway/chargers.ts';
import type { Site } from './harness.ts';
import { PLAIN, connector, SETTINGS } from './fixtures.ts';
import { ask, pretendConnected, startSite } from './harness.ts';

describe('locations', () => {
  let site: Site;
  afterEach(() => site.stop());

  const base = (version = '2.3.0'): string => `${site.url}/ocpi/cpo/${version}/locations`;

  it.each(['2.2.1', '2.3.0'] as const)('the site is one Location with its EVSEs, %s', async (version) => {
    site = await startSite();
    pretendConnected(site, 'CP1');
    const answer = await ask(base(version), { token: 'c1', is: 'location' });
    expect([answer.headers['x-total-count'], answer.headers['x-limit'], answer.headers['link']]).toEqual([
      '1',
      '100',
      undefined,
    ]);
    const location = answer.data[0]!;
    expect(location).toMatchObject({
      country_code: 'SE',
      party_id: 'DEP',
      id: 'L1',
      publish: true,
      coordinates: { latitude: '57.70000', longitude: '11.97000' },
      time_zone: 'Europe/Stockholm',
    });
    expect(location.evses.map((evse) => evse.uid)).toEqual(['E1', 'E2']);
    expect(location.evses[0]!.connectors[0]).toMatchObject({
      id: '1',
      standard: 'IEC_62196_T2',
      format: 'CABLE',
      power_type: 'AC_3_PHASE',
      max_voltage: 400,
      max_amperage: 32,
      max_electric_power: 11_000,
      tariff_ids: ['T1'],
    });
    expect(location.evses[0]!.capabilities).toEqual([
      'RFID_READER',
      'REMOTE_START_STOP_CAPABLE',
      'RESERVABLE',
      'UNLOCK_CAPABLE',
    ]);
  });

  it('every OCPP 1.6 status has its OCPI one, and last_updated rises from the EVSE to the Location', async () => {
    site = await startSite();
    pretendConnected(site, 'CP1');
    const seen: Record<string, string> = {};
    for (const status of EVSE_STATUSES) {
      site.time.now += 1000;
      await reportStatus(site.gw, {
        chargerId: 'CP1',
        evse: 1,
        status,
        errorCode: null,
        reportedAt: null,
        receivedAt: site.time.now,
      });
      const location = (await ask(`${base()}/L1`, { token: 'c1', is: 'location' })).data;
      const evse = location.evses[0]!;
      seen[status] = evse.status;
      expect(Date.parse(evse.last_updated)).toBeGreaterThanOrEqual(site.time.now);
      expect(Date.parse(location.last_updated)).toBeGreaterThanOrEqual(Date.parse(evse.last_updated));
      const changed = await ask(`${base()}?date_from=${evse.last_updated}`, { token: 'c1' });
      expect(changed.headers['x-total-count']).toBe('1');
    }
    expect(seen).toEqual({
      Available: 'AVAILABLE',
      Preparing: 'CHARGING',
      Charging: 'CHARGING',
      SuspendedEV: 'CHARGING',
      SuspendedEVSE: 'CHARGING',
      Finishing: 'CHARGING',
      Reserved: 'RESERVED',
      Unavailable: 'INOPERATIVE',
      Faulted: 'OUTOFORDER',
    });
  });

  it('an EVSE of which nothing is known is UNKNOWN, one that has gone is REMOVED and stays', async () => {
    site = await startSite();
    expect((await ask(`${base()}/L1/E1`, { token: 'c1', is: 'evse' })).data.status).toBe('UNKNOWN');
    const [evse] = findCharger(site.gw, 'CP1')!.evses;
    await site.gw.db.write((tx) => setEvseIdentity(site.gw.db, evse!, evse!.evseId, true, tx.stamp));
    expect((await ask(`${base()}/L1/E1`, { token: 'c1', is: 'evse' })).data.status).toBe('REMOVED');
    expect((await ask(base(), { token: 'c1', is: 'location' })).data[0]!.evses[0]!.status).toBe('REMOVED');
  });

  it('case 17: what does not exist is 404', async () => {
    site = await startSite();
    for (const path of ['NOPE', 'L1/NOPE', 'L1/E1/9', 'NOPE/E1', `L1/${'x'.repeat(200)}`]) {
      const answer = await ask(`${base()}/${path}`, { token: 'c1' });
      expect(answer.http).toBe(404);
      expect(answer.headers['ocpi-from-party-id']).toBe('DEP');
    }
  });

  it.each(['2.2.1', '2.3.0'] as const)(
    'case 18: a Location, an EVSE and a Connector are objects, %s',
    async (version) => {
      site = await startSite();
      expect((await ask(`${base(version)}/l1`, { token: 'c1', is: 'location' })).data.id).toBe('L1');
      expect((await ask(`${base(version)}/L1/e2`, { token: 'c1', is: 'evse' })).data.uid).toBe('E2');
      expect((await ask(`${base(version)}/L1/E1/1`, { token: 'c1', is: 'connector' })).data.id).toBe('1');
    },
  );

  it('case 46: a private site is for the CPO’s own cloud only', async () => {
    site = await startSite({ site: { ...SETTINGS.site, publish: false } });
    const hidden = await ask(base(), { token: 'c1' });
    expect([hidden.data, hidden.headers['x-total-count']]).toEqual([[], '0']);
    expect((await ask(`${base()}/L1`, { token: 'c1' })).http).toBe(404);
    const seen = await ask(base(), { token: 'c0', is: 'location' });
    expect(seen.data[0]!.publish).toBe(false);
  });

  it('plugs that a version cannot name are left out there, and with them an EVSE that has no other', async () => {
    const evses = [
      { evse: 1, uid: 'E1', evseId: null, parkingRestrictions: [], connectors: [connector(1, 'MCS')] },
      {
        evse: 2,
        uid: 'E2',
        evseId: null,
        parkingRestrictions: [],
        connectors: [connector(1, 'SAE_J3400'), connector(2, 'MCS')],
      },
    ];
    site = await startSite({ chargers: [{ ...PLAIN, id: 'CP1', evses }] });
    const standards = async (version: string): Promise<unknown> =>
      (await ask(base(version), { token: 'c1', is: 'location' })).data[0]!.evses.map((evse) =>
        evse.connectors.map(({ standard }) => standard),
      );
    expect(await standards('2.3.0')).toEqual([['MCS'], ['SAE_J3400', 'MCS']]);
    expect(await standards('2.2.1')).toEqual([['TESLA_S']]);
    expect((await ask(`${base('2.2.1')}/L1/E1`, { token: 'c1' })).http).toBe(404);
    expect((await ask(`${base('2.2.1')}/L1/E2/2`, { token: 'c1' })).http).toBe(404);
  });

  it('a site without chargers is a Location without EVSEs', async () => {
    site = await startSite({ chargers: [] });
    expect((await ask(base(), { token: 'c1', is: 'location' })).data[0]).not.toHaveProperty('evses');
  });

  it('the filters count the Location in and out', async () => {
    site = await startSite();
    const { last_updated } = (await ask(`${base()}/L1`, { token: 'c1' })).data;
    const total = async (query: string): Promise<string | undefined> =>
      (await ask(`${base()}?${query}`, { token: 'c1' })).headers['x-total-count'];
    expect(await total(`date_from=${last_updated}`)).toBe('1');
    expect(await total(`date_to=${last_updated}`)).toBe('0');
    const beyond = await ask(`${base()}?offset=1`, { token: 'c1' });
    expect([beyond.data, beyond.headers['x-total-count']]).toEqual([[], '1']);
    // A change of the site's own data is a change of the Location.
    site.time.now += 60_000;
    site.gw.settings.site = { ...SETTINGS.site, name: 'Depot North' };
    await applyConfig(site.gw);
    const changed = (await ask(`${base()}/L1`, { token: 'c1' })).data;
    expect(changed.name).toBe('Depot North');
    expect(changed.last_updated > last_updated).toBe(true);
  });
});
