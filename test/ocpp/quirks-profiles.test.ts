import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clearEnded } from '../../gateway/smart-charging.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { dialScripted, type Payload, type ScriptedCharger } from '../harness/scripted-charger.ts';

/** How this charger is wired is known; the others' connectors are assumed. */
const WIRED = `
chargers:
  - id: BAY-1
    evses: [{ id: 1, connectors: [{ id: 1 }] }, { id: 2, connectors: [{ id: 1 }] }]
  - id: SINGLE
    evses: [{ id: 1, connectors: [{ id: 1, power-type: ac-1-phase, max-voltage: 230, max-amperage: 32 }] }]
  - id: THREE
    evses: [{ id: 1, connectors: [{ id: 1, power-type: ac-3-phase, max-voltage: 230, max-amperage: 32 }] }]
`;

let now: number;
let site: TestSite;

beforeEach(async () => {
  now = Date.now();
  site = await startTestSite({ clock: () => now, yaml: WIRED });
});
afterEach(() => site.cleanUp());

async function dial(id = 'BAY-1'): Promise<ScriptedCharger> {
  const charger = await dialScripted(site.urls.ocpp, id);
  await charger.boot();
  return charger;
}

async function api(method: string, path: string, body?: unknown): Promise<[number, Payload]> {
  const response = await fetch(`${site.urls.console}api/chargers/${path}`, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return [response.status, (await response.json()) as Payload];
}

describe('limits', () => {
  const path = (id: string): string => `${id}/charging-profile`;
  const LIMIT = { purpose: 'tx-default', unit: 'A', limit: 10, evse: 1 };

  /** Takes only profiles for which this holds. */
  const only =
    (takes: (profile: Payload, schedule: Payload) => boolean) =>
    (_action: string, payload: Payload): Payload => {
      const profile = payload['csChargingProfiles'] as Payload;
      return { status: takes(profile, profile['chargingSchedule'] as Payload) ? 'Accepted' : 'Rejected' };
    };

  const last = (charger: ScriptedCharger): Payload => charger.calls.at(-1)?.[1]['csChargingProfiles'] as Payload;

  test('go out as asked, absolute from a minute ago, where the charger takes them', async () => {
    const charger = await dial();
    expect(await api('PUT', path('BAY-1'), { ...LIMIT, stackLevel: 3 })).toEqual([
      200,
      { answer: { status: 'Accepted' }, way: 'as asked', tried: ['as asked'] },
    ]);
    expect(charger.calls).toEqual([
      [
        'SetChargingProfile',
        {
          connectorId: 1,
          csChargingProfiles: {
            chargingProfileId: 1001,
            stackLevel: 3,
            chargingProfilePurpose: 'TxDefaultProfile',
            chargingProfileKind: 'Absolute',
            chargingSchedule: {
              startSchedule: `${new Date(now - 60_000).toISOString().slice(0, 19)}Z`,
              chargingRateUnit: 'A',
              chargingSchedulePeriod: [{ startPeriod: 0, limit: 10 }],
            },
          },
        },
      ],
    ]);
  });

  test('Q60: only stack level 0', async () => {
    const charger = await dial();
    charger.script(only(({ stackLevel }) => stackLevel === 0));
    expect(await api('PUT', path('BAY-1'), { ...LIMIT, stackLevel: 3 })).toMatchObject([
      200,
      { answer: { status: 'Accepted' }, way: 'stack level 0', tried: ['as asked', 'stack level 0'] },
    ]);
  });

  test('Q60: only relative, only stack level 0', async () => {
    const charger = await dial();
    charger.script(only((profile) => profile['stackLevel'] === 0 && profile['chargingProfileKind'] === 'Relative'));
    const [, body] = await api('PUT', path('BAY-1'), { ...LIMIT, stackLevel: 3 });
    expect(body['way']).toBe('relative, stack level 0');
    expect((last(charger)['chargingSchedule'] as Payload)['startSchedule']).toBeUndefined();
  });

  test('Q60: only absolute with a start that has passed', async () => {
    const charger = await dial();
    charger.script(only((_profile, { startSchedule }) => startSchedule !== undefined));
    const [, body] = await api('PUT', path('BAY-1'), { ...LIMIT, kind: 'relative' });
    expect(body).toMatchObject({ way: 'absolute from a minute ago', answer: { status: 'Accepted' } });
  });

  test('Q60: a schedule that changes over time is never turned into another kind', async () => {
    const charger = await dial();
    charger.script(() => ({ status: 'Rejected' }));
    const periods = [
      { start: 0, limit: 16 },
      { start: 3600, limit: 6 },
    ];
    const { limit: _, ...rest } = LIMIT;
    const [, body] = await api('PUT', path('BAY-1'), { ...rest, periods, kind: 'relative' });
    expect(body).toMatchObject({ answer: { status: 'Rejected' }, tried: ['as asked'] });
  });

  test('Q60: watts become amperes that never draw more of them, whatever the grid', async () => {
    const charger = await dial('THREE');
    charger.script(only((_profile, { chargingRateUnit }) => chargingRateUnit === 'A'));
    const [, body] = await api('PUT', path('THREE'), { ...LIMIT, unit: 'W', limit: 11_000 });
    expect(body['way']).toBe('in A');
    // 11,000 W over three phases of at most 253 V.
    expect(last(charger)['chargingSchedule']).toMatchObject({
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 14.4 }],
    });
  });

  test('Q60: amperes become watts on a single phase', async () => {
    const charger = await dial('SINGLE');
    charger.script(only((_profile, { chargingRateUnit }) => chargingRateUnit === 'W'));
    const [, body] = await api('PUT', path('SINGLE'), { ...LIMIT, limit: 16 });
    expect(body['way']).toBe('in W');
    // 16 A at no less than 207 V.
    expect(last(charger)['chargingSchedule']).toMatchObject({
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 3312 }],
    });
  });

  test.each([
    ['amperes on three phases: a car on one of them could draw all the watts', 'THREE', { unit: 'A', limit: 16 }],
    ['watts where nobody says how the EVSE is wired', 'BAY-1', { unit: 'W', limit: 11_000 }],
    ['watts that would be less than 6 A', 'THREE', { unit: 'W', limit: 4200 }],
  ])('Q60, refused on purpose: the unit of %s', async (_name, id, limit) => {
    if (id === 'BAY-1') await site.cleanUp().then(async () => (site = await startTestSite({ clock: () => now })));
    const undescribed = id === 'BAY-1' ? 'STRANGER' : id;
    const charger = await dial(undescribed);
    charger.script(() => ({ status: 'Rejected' }));
    const { evse: _, ...whole } = LIMIT;
    const [, body] = await api('PUT', path(undescribed), { ...whole, ...limit });
    expect(body).toMatchObject({ answer: { status: 'Rejected' }, tried: ['as asked', 'relative'] });
    expect(charger.calls).toHaveLength(2);
  });

  test('Q60: a charger that knows no profiles is asked once', async () => {
    const charger = await dial();
    charger.script(() => ({ status: 'NotSupported' }));
    expect(await api('PUT', path('BAY-1'), LIMIT)).toMatchObject([200, { answer: { status: 'NotSupported' } }]);
    charger.script(() => 'NotImplemented');
    expect(await api('PUT', path('BAY-1'), LIMIT)).toMatchObject([502, { code: 'NotImplemented' }]);
    expect(charger.calls).toHaveLength(2);
  });

  test('Q46: a limit of 0, or below 6 A, goes out as asked', async () => {
    const charger = await dial();
    for (const limit of [0, 4.25]) {
      expect((await api('PUT', path('BAY-1'), { ...LIMIT, limit }))[0]).toBe(200);
      // One decimal is what OCPP 1.6 carries, and it is never more.
      expect(last(charger)['chargingSchedule']).toMatchObject({
        chargingSchedulePeriod: [{ limit: limit === 0 ? 0 : 4.2 }],
      });
    }
  });

  test('Q61: a limit for a transaction needs one, goes to it, and goes with it', async () => {
    const charger = await dial();
    const tx = { purpose: 'tx', unit: 'A', limit: 8 };
    expect(await api('PUT', path('BAY-1'), tx)).toMatchObject([409, { code: 'TRANSACTION_NOT_RUNNING' }]);
    const transactionId = await charger.start(2);
    await api('PUT', path('BAY-1'), tx);
    expect(charger.calls).toMatchObject([
      ['SetChargingProfile', { connectorId: 2, csChargingProfiles: { transactionId, chargingProfileId: 2001 } }],
    ]);
    await charger.stop(transactionId);
    expect(await charger.called('ClearChargingProfile')).toEqual({ id: 2001 });
  });

  test('Q61: of a limit that went with a start as well', async () => {
    const charger = await dial();
    await api('POST', 'BAY-1/start', { tokenUid: 'CARD1', evse: 1, profile: { id: 77, unit: 'A', limit: 8 } });
    expect(charger.calls[0]?.[1]['chargingProfile']).toMatchObject({ chargingProfilePurpose: 'TxProfile' });
    await charger.stop(await charger.start(1));
    expect(await charger.called('ClearChargingProfile')).toEqual({ id: 77 });
  });

  test('Q61: one that was away at the stop is cleared when it boots again', async () => {
    const charger = await dial();
    const transactionId = await charger.start(1);
    await api('PUT', path('BAY-1'), { purpose: 'tx', unit: 'A', limit: 8 });
    charger.script(() => null);
    await charger.stop(transactionId);
    await charger.called('ClearChargingProfile');
    charger.raw.destroy();
    await charger.raw.closed;
    const again = await dial();
    expect(await again.called('ClearChargingProfile')).toEqual({ id: 2001 });
    await vi.waitFor(async () => {
      const before = again.calls.length;
      await clearEnded(site.gateway, 'BAY-1');
      expect(again.calls).toHaveLength(before);
    });
  });

  test('Q65: a limit can end by itself, with the gateway gone', async () => {
    const charger = await dial();
    await charger.start(1);
    await api('PUT', path('BAY-1'), {
      purpose: 'tx',
      unit: 'A',
      limit: 16,
      duration: 900,
      validTo: '2030-01-01T00:00:00Z',
    });
    expect(last(charger)).toMatchObject({
      validTo: '2030-01-01T00:00:00Z',
      chargingSchedule: { duration: 900 },
    });
  });

  test('the maximum of a whole charger is for no single EVSE: 422', async () => {
    const charger = await dial();
    const max = { purpose: 'charge-point-max', unit: 'A', limit: 63 };
    expect(await api('PUT', path('BAY-1'), { ...max, evse: 1 })).toMatchObject([422, { code: 'CALL_INVALID' }]);
    await api('PUT', path('BAY-1'), max);
    expect(charger.calls).toMatchObject([['SetChargingProfile', { connectorId: 0 }]]);
  });

  test('are cleared by what agrees, and shown as the charger makes them', async () => {
    const charger = await dial();
    charger.script(() => ({ status: 'Unknown' }));
    expect(await api('DELETE', `${path('BAY-1')}?purpose=tx-default&evse=2&stackLevel=0`)).toEqual([
      200,
      { status: 'Unknown' },
    ]);
    const composite = { status: 'Accepted', connectorId: 1, scheduleStart: '2026-11-21T12:00:00Z' };
    charger.script(() => composite);
    expect(await api('GET', `${path('BAY-1')}?evse=1&seconds=600&unit=A`)).toEqual([200, composite]);
    expect(charger.calls).toEqual([
      ['ClearChargingProfile', { connectorId: 2, chargingProfilePurpose: 'TxDefaultProfile', stackLevel: 0 }],
      ['GetCompositeSchedule', { connectorId: 1, duration: 600, chargingRateUnit: 'A' }],
    ]);
  });
});
