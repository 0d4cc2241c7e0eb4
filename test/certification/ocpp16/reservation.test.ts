import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { answered, inSeconds, openBench, type Bench, type ChargePoint } from './harness.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

/*
 * The side of these cases that the wire shows: the operator's calls, and what becomes of the connector. The gateway keeps
 * no reservation of its own, so nothing is asserted of one.
 */
const ACCEPTED = answered({ status: 'Accepted' });

interface Reservation extends Record<string, unknown> {
  connectorId: number;
  reservationId: number;
}

const reservation = (change: Partial<Reservation> = {}): Reservation => ({
  connectorId: 1,
  expiryDate: inSeconds(300),
  idTag: 'VALID',
  reservationId: 7,
  ...change,
});

async function reserve(point: ChargePoint, wanted: Reservation = reservation()): Promise<void> {
  expect(await point.order('ReserveNow', wanted, { status: 'Accepted' })).toEqual(ACCEPTED);
  await point.report(1, 'Reserved');
  expect((await bench.charger(point.id)).evses).toMatchObject([{ status: 'Reserved' }, { status: 'Available' }]);
}

describe('reservation of a connector', () => {
  test('TC_046_CSMS Reservation of a Connector - Transaction', async () => {
    const point = await bench.booted();
    await reserve(point);
    const transactionId = await point.charge({ reservationId: 7 });
    expect(await bench.transactions(point.id)).toMatchObject([
      { wireId: String(transactionId), evse: 1, tokenUid: 'VALID', stoppedAt: null },
    ]);
    expect((await bench.charger(point.id)).evses[0]).toMatchObject({ status: 'Charging' });
  });

  test('TC_047_CSMS Reservation of a Connector - Expire', async () => {
    const point = await bench.booted();
    await reserve(point);
    await point.report(1, 'Available');
    expect((await bench.charger(point.id)).evses[0]).toMatchObject({ status: 'Available' });
  });

  test.each([
    ['TC_048_1_CSMS Reservation of a Connector - Faulted', 'Faulted', 'Faulted'],
    ['TC_048_2_CSMS Reservation of a Connector - Occupied', 'Preparing', 'Occupied'],
    ['TC_048_4_CSMS Reservation of a Connector - Rejected', 'Available', 'Rejected'],
  ])('%s', async (_case, before, status) => {
    const point = await bench.booted();
    await point.report(1, before);
    expect(await point.order('ReserveNow', reservation(), { status })).toEqual(answered({ status }));
    expect((await bench.charger(point.id)).evses[0]).toMatchObject({ status: before });
  });

  test('TC_048_3_CSMS Reservation of a Connector - Unavailable', async () => {
    const point = await bench.booted();
    const closed = { connectorId: 1, type: 'Inoperative' };
    expect(await point.order('ChangeAvailability', closed, { status: 'Accepted' })).toEqual(ACCEPTED);
    await point.report(1, 'Unavailable');
    const status = 'Unavailable';
    expect(await point.order('ReserveNow', reservation(), { status })).toEqual(answered({ status }));
    expect((await bench.charger(point.id)).evses[0]).toMatchObject({ status: 'Unavailable' });
  });
});

describe('reservation of a charge point', () => {
  test('TC_049_CSMS Reservation of a Charge Point - Transaction', async () => {
    const point = await bench.booted();
    await reserve(point, reservation({ connectorId: 0 }));
    await point.charge({ reservationId: 7 });
    expect(await bench.sessions(point.id)).toMatchObject([{ status: 'ACTIVE', tokenUid: 'VALID' }]);
  });
});

describe('cancelling', () => {
  test('TC_051_CSMS Cancel Reservation', async () => {
    const point = await bench.booted();
    await reserve(point);
    const reply = await point.order('CancelReservation', { reservationId: 7 }, { status: 'Accepted' });
    expect(reply).toEqual(ACCEPTED);
    await point.report(1, 'Available');
    expect((await bench.charger(point.id)).evses[0]).toMatchObject({ status: 'Available' });
  });

  test('TC_052_CSMS Cancel Reservation - Rejected', async () => {
    const point = await bench.booted();
    await reserve(point);
    const reply = await point.order('CancelReservation', { reservationId: 7 }, { status: 'Rejected' });
    expect(reply).toEqual(answered({ status: 'Rejected' }));
    expect((await bench.charger(point.id)).evses[0]).toMatchObject({ status: 'Reserved' });
  });
});

describe('groups', () => {
  test('TC_053_CSMS Use a Reserved Connector with parentIdTag', async () => {
    const point = await bench.booted();
    await reserve(point, reservation({ idTag: 'FLEET-1', parentIdTag: 'FLEET' }));
    // Only the group that comes with the verdict tells the charge point that this card may take the other's place.
    expect(await point.send('Authorize', { idTag: 'FLEET-2' })).toEqual({
      idTagInfo: { status: 'Accepted', parentIdTag: 'FLEET' },
    });
    const start = { connectorId: 1, idTag: 'FLEET-2', meterStart: 0, timestamp: inSeconds(0), reservationId: 7 };
    expect(await point.send('StartTransaction', start)).toMatchObject({ idTagInfo: { status: 'Accepted' } });
    await point.report(1, 'Charging');
    expect(await bench.transactions(point.id)).toMatchObject([{ tokenUid: 'FLEET-2', stoppedAt: null }]);
  });
});
