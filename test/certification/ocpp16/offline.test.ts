import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { VENDOR, inSeconds, openBench, type Bench } from './harness.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => bench.unplug());
afterAll(() => bench.close());

const HOUR = 3600;

/** The operator's page shows whole seconds as the charge point wrote them. */
const sameInstant = (text: string | null | undefined, other: string): boolean =>
  Date.parse(String(text)) === Date.parse(other);

describe('power loss', () => {
  test('TC_032_1_CSMS Power Failure Boot - Stop Transactions', async () => {
    const point = await bench.booted();
    const transactionId = await point.charge();
    await point.losePower();
    const again = await bench.connect(point.id);
    expect(await again.send('BootNotification', VENDOR)).toMatchObject({ status: 'Accepted' });
    await again.report(0, 'Available');
    await again.report(1, 'Finishing');
    await again.report(2, 'Available');
    expect(await bench.transactions(point.id)).toMatchObject([{ stoppedAt: null }]);
    const stop = { transactionId, meterStop: 900, timestamp: inSeconds(0), reason: 'PowerLoss' };
    expect(await again.send('StopTransaction', stop)).toEqual({});
    expect(await bench.transactions(point.id)).toMatchObject([
      { wireId: String(transactionId), stopReason: 'PowerLoss', meterStop: 900, stopEstimated: false },
    ]);
    expect(await bench.sessions(point.id)).toMatchObject([{ status: 'COMPLETED', kwh: 0.9 }]);
  });
});

describe('transactions of a time without connection', () => {
  test('TC_037_1_CSMS Offline Start Transaction - Valid IdTag', async () => {
    const point = await bench.booted();
    await point.losePower();
    const again = await bench.connect(point.id);
    const timestamp = inSeconds(-4 * HOUR);
    const start = { connectorId: 1, idTag: 'VALID', meterStart: 100, timestamp };
    expect(await again.send('StartTransaction', start)).toMatchObject({ idTagInfo: { status: 'Accepted' } });
    await again.report(1, 'Charging');
    const [transaction] = await bench.transactions(point.id);
    expect(transaction).toMatchObject({ meterStart: 100, tokenUid: 'VALID', stoppedAt: null });
    expect(sameInstant(transaction?.startedAt, timestamp)).toBe(true);
    expect(await bench.sessions(point.id)).toMatchObject([{ status: 'ACTIVE', startedAt: transaction?.startedAt }]);
  });

  test('TC_037_3_CSMS Offline Start Transaction - Invalid IdTag - StopTransactionOnInvalidId', async () => {
    const point = await bench.booted();
    await point.losePower();
    const again = await bench.connect(point.id);
    const start = { connectorId: 1, idTag: 'NOBODY', meterStart: 100, timestamp: inSeconds(-HOUR) };
    const started = await again.send('StartTransaction', start);
    expect(started).toEqual({ transactionId: expect.any(Number), idTagInfo: { status: 'Invalid' } });
    await again.report(1, 'Charging');
    const { transactionId } = started;
    const stop = { transactionId, meterStop: 100, timestamp: inSeconds(0), reason: 'DeAuthorized' };
    expect(await again.send('StopTransaction', stop)).toEqual({});
    await again.report(1, 'Finishing');
    expect(await bench.transactions(point.id)).toMatchObject([
      { wireId: String(transactionId), tokenUid: 'NOBODY', stopReason: 'DeAuthorized' },
    ]);
    expect(await bench.sessions(point.id)).toMatchObject([{ status: 'INVALID', kwh: 0, cost: null }]);
  });

  test('TC_039_CSMS Offline Transaction', async () => {
    const point = await bench.booted();
    await point.losePower();
    const again = await bench.connect(point.id);
    const [begun, ended] = [inSeconds(-4 * HOUR), inSeconds(-3 * HOUR)];
    const start = { connectorId: 1, idTag: 'VALID', meterStart: 100, timestamp: begun };
    const started = await again.send('StartTransaction', start);
    expect(started).toMatchObject({ idTagInfo: { status: 'Accepted' } });
    const { transactionId } = started;
    const stop = { transactionId, idTag: 'VALID', meterStop: 7300, timestamp: ended, reason: 'Local' };
    expect(await again.send('StopTransaction', stop)).toEqual({ idTagInfo: { status: 'Accepted' } });
    const [transaction] = await bench.transactions(point.id);
    expect(transaction).toMatchObject({ meterStart: 100, meterStop: 7300, stopReason: 'Local' });
    expect(sameInstant(transaction?.startedAt, begun)).toBe(true);
    expect(sameInstant(transaction?.stoppedAt, ended)).toBe(true);
    expect(await bench.sessions(point.id)).toMatchObject([
      { status: 'COMPLETED', kwh: 7.2, startedAt: transaction?.startedAt, endedAt: transaction?.stoppedAt },
    ]);
  });
});
