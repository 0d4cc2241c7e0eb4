/** The wire side of these cases: the operator calls, the charger answers. The gateway keeps nothing of it yet. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answered, inSeconds, openBench, type Bench } from './harness.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

const ACCEPTED = answered({ status: 'Accepted' });

type Profile = Record<string, unknown>;

const profile = (change: Profile): Profile => ({
  chargingProfileId: 1,
  stackLevel: 0,
  chargingProfilePurpose: 'TxProfile',
  chargingProfileKind: 'Relative',
  chargingSchedule: {
    duration: 3600,
    chargingRateUnit: 'A',
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 6.1, numberPhases: 3 }],
  },
  ...change,
});

const byDefault = (): Profile =>
  profile({
    chargingProfileId: 2,
    chargingProfilePurpose: 'TxDefaultProfile',
    chargingProfileKind: 'Absolute',
    validFrom: inSeconds(0),
    validTo: inSeconds(86_400),
    chargingSchedule: {
      startSchedule: inSeconds(0),
      duration: 86_400,
      chargingRateUnit: 'W',
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 6000 }],
    },
  });

describe('central smart charging', () => {
  test('TC_056_CSMS Central Smart Charging - TxDefaultProfile', async () => {
    const point = await bench.booted();
    const order = { connectorId: 1, csChargingProfiles: byDefault() };
    expect(await point.order('SetChargingProfile', order, { status: 'Accepted' })).toEqual(ACCEPTED);
  });

  test('TC_057_CSMS Central Smart Charging - TxProfile', async () => {
    const point = await bench.booted();
    const transactionId = await point.charge();
    const order = { connectorId: 1, csChargingProfiles: profile({ transactionId }) };
    expect(await point.order('SetChargingProfile', order, { status: 'Accepted' })).toEqual(ACCEPTED);
    expect(await bench.transactions(point.id)).toMatchObject([{ wireId: String(transactionId), stoppedAt: null }]);
  });

  test('TC_059_CSMS Remote Start Transaction with Charging Profile', async () => {
    const point = await bench.booted();
    const order = { connectorId: 1, idTag: 'VALID', chargingProfile: profile({}) };
    expect(await point.order('RemoteStartTransaction', order, { status: 'Accepted' })).toEqual(ACCEPTED);
    await point.charge();
    expect(await bench.sessions(point.id)).toMatchObject([{ status: 'ACTIVE', tokenUid: 'VALID' }]);
  });

  test('TC_066_CSMS Get Composite Schedule', async () => {
    const point = await bench.booted();
    const wanted = { connectorId: 1, duration: 300, chargingRateUnit: 'W' };
    const schedule = {
      status: 'Accepted',
      connectorId: 1,
      scheduleStart: inSeconds(0),
      chargingSchedule: {
        duration: 300,
        chargingRateUnit: 'W',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 6000 }],
      },
    };
    expect(await point.order('GetCompositeSchedule', wanted, schedule)).toEqual(answered(schedule));
  });

  test('TC_067_CSMS Clear Charging Profile', async () => {
    const point = await bench.booted();
    const transactionId = await point.charge();
    const whole = profile({ chargingProfileId: 3, chargingProfilePurpose: 'ChargePointMaxProfile' });
    for (const order of [
      { connectorId: 0, csChargingProfiles: { ...whole, chargingProfileKind: 'Absolute' } },
      { connectorId: 1, csChargingProfiles: byDefault() },
      { connectorId: 1, csChargingProfiles: profile({ transactionId }) },
    ])
      expect(await point.order('SetChargingProfile', order, { status: 'Accepted' })).toEqual(ACCEPTED);
    for (const order of [{ id: 3 }, { connectorId: 1, chargingProfilePurpose: 'TxDefaultProfile', stackLevel: 0 }, {}])
      expect(await point.order('ClearChargingProfile', order, { status: 'Accepted' })).toEqual(ACCEPTED);
  });
});
