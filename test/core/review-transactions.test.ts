import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import type { Cdr, QuarantineEntry, Session, Transaction } from '../../gateway/domain/types.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 100 };
const NOON = Date.UTC(2026, 10, 21, 12);

let now: number;
let site: TestSite;
const open: RawCharger[] = [];

beforeEach(async () => {
  now = NOON;
  site = await startTestSite({ clock: () => now });
});
afterEach(async () => {
  for (const charger of open.splice(0)) await charger.close();
  await site.cleanUp();
});

async function dial(id = 'BAY-1'): Promise<RawCharger> {
  const charger = await createRawCharger(site.urls.ocpp + id, { protocols: ['ocpp1.6'] });
  open.push(charger);
  return charger;
}

const at = (minute: number): string => new Date(NOON + minute * 60_000).toISOString();
const transactions = (): Transaction[] => listTransactions(site.gateway, ALL).items;
const sessions = (): Session[] => listSessions(site.gateway, ALL).items;
const quarantined = (): QuarantineEntry[] => listQuarantine(site.gateway, ALL).items;
const cdrs = (): Cdr[] => listCdrs(site.gateway, ALL).items;

async function start(charger: RawCharger, fields: Record<string, unknown> = {}): Promise<number> {
  const payload = { connectorId: 1, idTag: 'CARD1', meterStart: 1000, timestamp: at(0), ...fields };
  return ((await charger.call('StartTransaction', payload))[2] as { transactionId: number }).transactionId;
}

const stop = (charger: RawCharger, transactionId: number, fields: Record<string, unknown> = {}): Promise<unknown[]> =>
  charger.call('StopTransaction', { transactionId, meterStop: 11_000, timestamp: at(60), ...fields });

const meter = (charger: RawCharger, transactionId: number, minute: number, value: string): Promise<unknown[]> =>
  charger.call('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [{ timestamp: at(minute), sampledValue: [{ value }] }],
  });

const status = (charger: RawCharger, text: string, timestamp?: string): Promise<unknown[]> =>
  charger.call('StatusNotification', {
    connectorId: 1,
    errorCode: 'NoError',
    status: text,
    ...(timestamp !== undefined && { timestamp }),
  });

const total = (cdr: Cdr | undefined): number => (cdr?.periods ?? []).reduce((sum, period) => sum + period.energyWh, 0);

describe('what a charger tells late', () => {
  test('an older session, replayed while a newer one runs, does not end the newer one', async () => {
    now = NOON + 70 * 60_000;
    const charger = await dial();
    const newer = await start(charger, { timestamp: at(60), meterStart: 5000 });
    const older = await start(charger, { timestamp: at(0), meterStart: 1000 });
    await stop(charger, older, { timestamp: at(30), meterStop: 5000 });
    now = NOON + 90 * 60_000;
    await meter(charger, newer, 80, '8000');
    await stop(charger, newer, { timestamp: at(90), meterStop: 9000 });
    expect(transactions().map(({ meterStop, stopEstimated }) => [meterStop, stopEstimated])).toEqual([
      [9000, false],
      [5000, false],
    ]);
    expect(cdrs().map((cdr) => cdr.energyWh)).toEqual([4000, 4000]);
    expect(quarantined()).toEqual([]);
  });

  test('of an older session that never stops, the register at the next known start is the end', async () => {
    now = NOON + 100 * 60_000;
    const charger = await dial();
    const newer = await start(charger, { timestamp: at(60), meterStart: 5000 });
    await start(charger, { timestamp: at(0), meterStart: 1000 });
    await stop(charger, newer, { timestamp: at(90), meterStop: 9000 });
    await start(charger, { timestamp: at(95), meterStart: 9000 });
    expect(transactions().map(({ meterStop }) => meterStop)).toEqual([9000, 5000, null]);
  });

  test('Q36: a re-sent stop without an id ends nothing else', async () => {
    now = NOON + 70 * 60_000;
    const charger = await dial();
    await start(charger);
    const first = await stop(charger, 0, { idTag: 'CARD1' });
    await start(charger, { timestamp: at(65), meterStart: 11_000 });
    const again = await stop(charger, 0, { idTag: 'CARD1' });
    expect(again[2]).toEqual(first[2]);
    expect(transactions().map(({ stopReportedAt }) => stopReportedAt)).toEqual([NOON + 3_600_000, null]);
    expect(quarantined()).toEqual([]);
  });
});

describe('law 10: what is billed is what was taken', () => {
  test('a reading that jumped up puts no more into the periods than the session has', async () => {
    now = NOON + 70 * 60_000;
    const charger = await dial();
    const id = await start(charger);
    await meter(charger, id, 20, '900000');
    await status(charger, 'SuspendedEV', at(20));
    await stop(charger, id);
    expect(cdrs()).toMatchObject([{ energyWh: 10_000 }]);
    expect(total(cdrs()[0])).toBe(10_000);
  });

  test('a session without duration has a period, and its energy has its price', async () => {
    const charger = await dial();
    const id = await start(charger);
    await status(charger, 'SuspendedEV', at(0));
    await stop(charger, id, { timestamp: at(0) });
    expect(total(cdrs()[0])).toBe(10_000);
    expect(cdrs()[0]?.cost.energy).toMatchObject({ beforeTaxes: '32.00' });
  });

  test('when the clock fails at the stop, start, end and periods are of one clock', async () => {
    const charger = await dial();
    now = NOON + 300 * 60_000;
    const id = await start(charger);
    now += 60_000;
    await stop(charger, id, { timestamp: '1970-01-01T00:01:00Z' });
    const [cdr] = cdrs();
    expect(cdr?.periods[0]?.from).toBe(cdr?.startedAt);
    expect(cdr).toMatchObject({ seconds: 60, endedAt: now });
    expect(sessions()[0]?.startedAt).toBe(cdr?.startedAt);
  });

  test('Q33: a session concluded by the next start ends at its last sign, also in 1970', async () => {
    const charger = await dial();
    const id = await start(charger, { timestamp: '1970-01-01T00:00:10Z' });
    now += 600_000;
    await meter(charger, id, 0, '4000');
    now += 14 * 3_600_000;
    await start(charger, { timestamp: '1970-01-01T00:00:20Z', meterStart: 4000 });
    expect(cdrs()).toMatchObject([{ seconds: 600, energyWh: 3000 }]);
  });

  test('registers that no meter reaches close by estimate, and neither wedge the EVSE nor the next start of the gateway', async () => {
    const charger = await dial();
    const id = await start(charger);
    await meter(charger, id, 1, '9007199254740991');
    await meter(charger, id, 2, '1500');
    now = NOON + 70 * 60_000;
    expect((await stop(charger, id, { meterStop: 9007199254740991 }))[0]).toBe(3);
    expect(transactions()).toMatchObject([{ meterStop: 1500, stopEstimated: true }]);
    expect(cdrs()).toMatchObject([{ energyWh: 500 }]);
    expect(quarantined()).toMatchObject([{ action: 'StopTransaction' }]);
    await start(charger, { meterStart: -9007199254740991 });
    expect(transactions()).toHaveLength(1);
  });

  test('law 7: a stop whose transactionData cannot be read still stops', async () => {
    now = NOON + 70 * 60_000;
    const charger = await dial();
    const id = await start(charger);
    const transactionData = [{ timestamp: at(30), sampledValue: [{ value: null }] }];
    expect((await stop(charger, id, { transactionData }))[0]).toBe(3);
    expect(cdrs()).toMatchObject([{ energyWh: 10_000 }]);
    expect(quarantined()).toMatchObject([{ reason: expect.stringContaining('transactionData') }]);
  });
});

describe('parking', () => {
  test('a status from 1970 does not turn the whole session into parking', async () => {
    const charger = await dial();
    const id = await start(charger);
    now = NOON + 40 * 60_000;
    await status(charger, 'SuspendedEV', '1970-01-01T00:00:09Z');
    now = NOON + 60 * 60_000;
    await stop(charger, id);
    expect(cdrs()).toMatchObject([{ parkingSeconds: 1200 }]);
  });

  test('a status that was there before the session, and is said again, counts from then on', async () => {
    const charger = await dial();
    await status(charger, 'SuspendedEV');
    const id = await start(charger);
    now = NOON + 40 * 60_000;
    await status(charger, 'SuspendedEV', at(40));
    now = NOON + 60 * 60_000;
    await stop(charger, id);
    expect(cdrs()).toMatchObject([{ parkingSeconds: 1200 }]);
  });
});
