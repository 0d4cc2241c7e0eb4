import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import type { QuarantineEntry, Session, Transaction } from '../../gateway/domain/types.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { putSiteToken } from '../../gateway/tokens.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 100 };
const NOON = Date.UTC(2026, 10, 21, 12);

let now: number;
let site: TestSite;
let charger: RawCharger;

beforeEach(async () => {
  now = NOON;
  site = await startTestSite({ clock: () => now });
  charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
});
afterEach(async () => {
  await charger.close();
  await site.cleanUp();
});

const at = (minute: number): string => new Date(NOON + minute * 60_000).toISOString();
const transactions = (): Transaction[] => listTransactions(site.gateway, ALL).items;
const sessions = (): Session[] => listSessions(site.gateway, ALL).items;
const quarantined = (): QuarantineEntry[] => listQuarantine(site.gateway, ALL).items;
const cdrs = () => listCdrs(site.gateway, ALL).items;

async function deviations(): Promise<string[]> {
  await flushDiagnostics(site.gateway);
  return (findCharger(site.gateway, 'BAY-1')?.deviations ?? []).map((deviation) => deviation.code);
}

async function start(
  fields: Record<string, unknown> = {},
): Promise<{ transactionId: number; idTagInfo: { status: string } }> {
  const payload = { connectorId: 1, idTag: 'CARD1', meterStart: 1000, timestamp: at(0), ...fields };
  return (await charger.call('StartTransaction', payload))[2] as never;
}

async function stop(transactionId: number, fields: Record<string, unknown> = {}): Promise<unknown[]> {
  return charger.call('StopTransaction', { transactionId, meterStop: 11_000, timestamp: at(60), ...fields });
}

async function meter(transactionId: number | undefined, minute: number, values: unknown[]): Promise<unknown[]> {
  return charger.call('MeterValues', {
    connectorId: 1,
    ...(transactionId !== undefined && { transactionId }),
    meterValue: [{ timestamp: at(minute), sampledValue: values }],
  });
}

describe('law 3: idempotent by content', () => {
  test('Q39: a re-sent start is the same transaction and gets the same answer, whatever became of the card', async () => {
    const first = await start();
    await putSiteToken(site.gateway, 'CARD2', {});
    expect(await start()).toEqual(first);
    expect(await start({ idTag: 'card1' })).toEqual(first);
    expect((await start({ connectorId: 2 })).transactionId).not.toBe(first.transactionId);
    expect(transactions()).toHaveLength(2);
  });

  test('Q40: a re-sent stop changes nothing; one that contradicts is kept aside', async () => {
    const { transactionId } = await start();
    const first = await stop(transactionId, { idTag: 'CARD1' });
    expect((await stop(transactionId, { idTag: 'CARD1' }))[2]).toEqual(first[2]);
    expect(quarantined()).toHaveLength(0);
    expect((await stop(transactionId, { idTag: 'CARD1', meterStop: 99_000 }))[2]).toEqual(first[2]);
    expect(transactions()).toMatchObject([{ meterStop: 11_000 }]);
    expect(cdrs()).toHaveLength(1);
    expect(quarantined()).toMatchObject([{ reason: expect.stringContaining('already stopped with other values') }]);
  });

  test('re-sent meter values are one sample', async () => {
    const { transactionId } = await start();
    await meter(transactionId, 5, [{ value: '2000' }]);
    await meter(transactionId, 5, [{ value: '2000' }]);
    await stop(transactionId);
    expect(site.gateway.db.one('SELECT count(*) AS n FROM sample')).toEqual({ n: 1 });
  });
});

describe('law 4: two ids', () => {
  test('wire ids are positive, rise, and are never given twice', async () => {
    const ids = [];
    for (let n = 0; n < 5; n += 1) ids.push((await start({ meterStart: n, timestamp: at(n) })).transactionId);
    expect(ids).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(transactions().map((transaction) => transaction.id)).size).toBe(5);
  });
});

describe('stops that fit nothing', () => {
  test('Q41: of a transaction that nobody knows: acknowledged and kept', async () => {
    expect(await stop(4711)).toMatchObject([3, expect.anything(), {}]);
    expect(quarantined()).toMatchObject([{ chargerId: 'BAY-1', action: 'StopTransaction' }]);
  });

  test("another charger's transaction is not touched", async () => {
    const { transactionId } = await start();
    const other = await createRawCharger(`${site.urls.ocpp}BAY-2`, { protocols: ['ocpp1.6'] });
    await other.call('StopTransaction', { transactionId, meterStop: 5, timestamp: at(1) });
    expect(transactions()).toMatchObject([{ stopReceivedAt: null }]);
    await other.close();
  });

  test.each([0, -1])('Q36: id %i means the one open transaction of that card', async (placeholder) => {
    await start();
    await meter(placeholder, 10, [{ value: '4', unit: 'kWh' }]);
    expect(sessions()).toMatchObject([{ energyWh: 3000 }]);
    await stop(placeholder, { idTag: 'CARD1' });
    expect(transactions()).toMatchObject([{ meterStop: 11_000 }]);
    expect(quarantined()).toHaveLength(0);
  });

  test('Q36: with two that fit it is not guessed', async () => {
    await start();
    await start({ connectorId: 2 });
    await stop(-1, { idTag: 'CARD1' });
    expect(transactions().every((transaction) => transaction.stopReceivedAt === null)).toBe(true);
    expect(quarantined()).toHaveLength(1);
  });
});

describe('a start where one still runs', () => {
  test('ends the one before at the register of the new one, and says so', async () => {
    await start();
    now += 1_800_000;
    await start({ meterStart: 6000, timestamp: at(30) });
    expect(transactions()).toMatchObject([
      { meterStop: 6000, stopReason: 'Superseded', stopEstimated: true },
      { stopReceivedAt: null },
    ]);
    expect(cdrs()).toMatchObject([{ energyWh: 5000 }]);
    expect(await deviations()).toContain('STOP_MISSING');
    await stop(1, { meterStop: 5900, timestamp: at(29) });
    expect(quarantined()).toMatchObject([{ reason: expect.stringContaining('closed by estimate at 6000 Wh') }]);
  });
});

describe('an end that nobody reported', () => {
  test('is not put at a register that the EVSE could not have reached', async () => {
    await start();
    now += 60_000;
    await start({ meterStart: 900_000, timestamp: at(1) });
    expect(cdrs()).toMatchObject([{ energyWh: 0, remark: expect.stringContaining('did not report the end') }]);
  });
});

describe('refused cards', () => {
  test('are told to the operator once each, newest first', async () => {
    await charger.call('Authorize', { idTag: 'STRANGER' });
    await charger.call('Authorize', { idTag: 'BLOCKED1' });
    await charger.call('Authorize', { idTag: 'STRANGER' });
    expect(site.gateway.refusals.map(({ uid, verdict }) => [uid, verdict])).toEqual([
      ['STRANGER', 'invalid'],
      ['BLOCKED1', 'blocked'],
    ]);
    const lines = site.logged.filter(({ message }) => message === 'card refused');
    expect(lines).toHaveLength(3);
    expect(JSON.stringify(lines)).not.toContain('STRANGER');
  });
});

describe('who may charge', () => {
  test.each([
    ['CARD1', 'Accepted'],
    ['card1', 'Accepted'],
    ['C:A-R D1', 'Accepted'],
    ['BLOCKED1', 'Blocked'],
    ['STRANGER', 'Invalid'],
  ])('%s is %s', async (idTag, status) => {
    expect((await charger.call('Authorize', { idTag }))[2]).toEqual({ idTagInfo: { status } });
  });

  test('an expired card is Expired', async () => {
    await putSiteToken(site.gateway, 'OLD', { expiresAt: NOON - 1 });
    expect((await charger.call('Authorize', { idTag: 'OLD' }))[2]).toEqual({ idTagInfo: { status: 'Expired' } });
  });

  test('a refused card that takes nothing leaves an INVALID session without cost and no CDR', async () => {
    const { transactionId, idTagInfo } = await start({ idTag: 'STRANGER' });
    expect(idTagInfo.status).toBe('Invalid');
    await stop(transactionId, { meterStop: 1000, timestamp: at(1), reason: 'DeAuthorized' });
    expect(sessions()).toMatchObject([{ status: 'INVALID', energyWh: 0, cost: null }]);
    expect(cdrs()).toHaveLength(0);
  });

  test('one that did take energy is billed, with a remark', async () => {
    const { transactionId } = await start({ idTag: 'STRANGER' });
    await stop(transactionId);
    expect(cdrs()).toMatchObject([{ energyWh: 10_000, remark: expect.stringContaining('not authorise') }]);
  });
});

describe('meters', () => {
  test.each([
    ['Wh is the default', [{ value: '3000' }], 2000],
    ['kWh', [{ value: '3.5', unit: 'kWh' }], 2500],
    ['case 41: per phase only', ['L1', 'L2', 'L3'].map((phase) => ({ value: '1000', phase, unit: 'Wh' })), 2000],
    ['the reading without phase wins', [{ value: '900', phase: 'L1' }, { value: '4000' }], 3000],
    ["the vehicle's own meter does not count", [{ value: '9000', location: 'EV' }, { value: '2000' }], 1000],
    ['leading zeros', [{ value: '000000000000000002000' }], 1000],
    ['Q37: decimals', [{ value: '2000.6' }], 1001],
    ['Q18: a number where text should be', [{ value: 2500 }], 1500],
  ])('%s', async (_rule, values, energyWh) => {
    const { transactionId } = await start();
    await meter(transactionId, 10, values);
    expect(sessions()).toMatchObject([{ energyWh }]);
  });

  test('without a transaction they are the register of the EVSE', async () => {
    await meter(undefined, 0, [{ value: '123456' }]);
    expect(findCharger(site.gateway, 'BAY-1')?.evses[0]).toMatchObject({ evse: 1, meterWh: 123_456 });
    expect(quarantined()).toHaveLength(0);
  });

  test('Q53: a stop below the start bills what was last measured, never less than nothing', async () => {
    const { transactionId } = await start();
    await meter(transactionId, 10, [{ value: '3000' }]);
    await stop(transactionId, { meterStop: 0 });
    expect(cdrs()).toMatchObject([{ energyWh: 2000 }]);
    expect(await deviations()).toContain('METER_FELL');
  });

  test('values of a stop count like others', async () => {
    const { transactionId } = await start();
    now += 3_600_000;
    await charger.call('StatusNotification', {
      connectorId: 1,
      errorCode: 'NoError',
      status: 'SuspendedEV',
      timestamp: at(30),
    });
    await stop(transactionId, {
      transactionData: [{ timestamp: at(30), sampledValue: [{ value: '9000', context: 'Sample.Clock' }] }],
    });
    expect(cdrs()[0]?.periods).toMatchObject([
      { kind: 'charging', energyWh: 8000 },
      { kind: 'parking', energyWh: 2000 },
    ]);
  });

  test('many a second: all are stored, the session follows once a second', async () => {
    const { transactionId } = await start();
    for (let second = 1; second <= 100; second += 1)
      await charger.call('MeterValues', {
        connectorId: 1,
        transactionId,
        meterValue: [
          { timestamp: new Date(NOON + second * 1000).toISOString(), sampledValue: [{ value: String(1000 + second) }] },
        ],
      });
    expect(sessions()).toMatchObject([{ energyWh: 1 }]);
    now += 1000;
    await meter(transactionId, 2, [{ value: '1200' }]);
    expect(sessions()).toMatchObject([{ energyWh: 200 }]);
    expect(site.gateway.db.one('SELECT count(*) AS n FROM sample')).toEqual({ n: 101 });
  });
});

describe('law 5: clocks lie', () => {
  test('Q33: a charger that lives in 1970 is billed by the times we heard from it', async () => {
    const { transactionId } = await start({ timestamp: '1970-01-01T00:00:05Z' });
    now += 1_800_000;
    await stop(transactionId, { timestamp: '1970-01-01T00:30:05Z' });
    expect(cdrs()).toMatchObject([{ startedAt: NOON, endedAt: NOON + 1_800_000, seconds: 1800, energyWh: 10_000 }]);
    expect(transactions()).toMatchObject([{ startReportedAt: 5000, startReceivedAt: NOON }]);
  });

  test('Q33: nor is one believed that lives in the future', async () => {
    const { transactionId } = await start({ timestamp: '2035-01-01T00:00:00Z' });
    now += 60_000;
    await stop(transactionId, { timestamp: '2035-01-01T00:01:00Z' });
    expect(cdrs()).toMatchObject([{ startedAt: NOON, endedAt: NOON + 60_000 }]);
  });

  test('a clock that jumps ahead in mid-session does not stretch it', async () => {
    const { transactionId } = await start();
    now += 60_000;
    await charger.call('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: '2035-01-01T00:00:00Z', sampledValue: [{ value: '2000' }] }],
    });
    expect(sessions()).toMatchObject([{ energyWh: 1000 }]);
    now += 60_000;
    await stop(transactionId, { timestamp: at(2) });
    expect(cdrs()).toMatchObject([{ seconds: 120, energyWh: 10_000 }]);
  });

  test('Q32: a time without zone is taken as UTC and counted', async () => {
    await start({ timestamp: '2026-11-21T11:00:00' });
    expect(transactions()).toMatchObject([{ startReportedAt: NOON - 3_600_000 }]);
    expect(await deviations()).toContain('TIME_WITHOUT_ZONE');
  });

  test('a time that is none is the time of receipt', async () => {
    await start({ timestamp: 'yesterday' });
    expect(transactions()).toMatchObject([{ startReportedAt: NOON }]);
    expect(await deviations()).toContain('TIME_UNREADABLE');
  });

  test('what was stored while disconnected keeps its own times', async () => {
    now += 86_400_000;
    const { transactionId } = await start();
    await stop(transactionId);
    expect(cdrs()).toMatchObject([{ startedAt: NOON, endedAt: NOON + 3_600_000, updatedAt: now + 1 }]);
  });
});
