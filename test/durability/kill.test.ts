import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { listSamples } from '../../gateway/store/transactions.ts';
import { openKillBench, type KillBench } from './kill-bench.ts';

const ALL = { offset: 0, limit: 100 };

let bench: KillBench;
let charger: RawCharger;

beforeEach(async () => {
  bench = await openKillBench();
  charger = await bench.dial('BAY-1', 'ocpp1.6');
});
afterEach(() => bench.end());

async function powerCut(): Promise<void> {
  await bench.daemon().kill();
  await bench.start();
  charger = await bench.dial('BAY-1', 'ocpp1.6');
}

const begin = Date.now() - 3_600_000;
const at = (minute: number): string => new Date(begin + minute * 60_000).toISOString();

/** A whole session; `transactionId` is filled in from the start's answer. */
const SESSION: [action: string, payload: Record<string, unknown>][] = [
  ['BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }],
  ['StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Preparing' }],
  ['Authorize', { idTag: 'CARD1' }],
  ['StartTransaction', { connectorId: 1, idTag: 'CARD1', meterStart: 5000, timestamp: at(0) }],
  ['StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' }],
  ['MeterValues', meterValues(10, '7000')],
  ['MeterValues', meterValues(20, '9000')],
  ['StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'SuspendedEV', timestamp: at(30) }],
  ['MeterValues', meterValues(35, '11000')],
  ['StopTransaction', { meterStop: 11000, timestamp: at(40), idTag: 'CARD1' }],
  ['StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' }],
];

function meterValues(minute: number, value: string): Record<string, unknown> {
  return { connectorId: 1, meterValue: [{ timestamp: at(minute), sampledValue: [{ value, unit: 'Wh' }] }] };
}

const IN_TRANSACTION = new Set(['MeterValues', 'StopTransaction']);

/** Sends a session; `cut` decides what happens around each message. Gives each first answer beside that to the re-sent message. */
async function run(cut: 'before the answer' | 'after the answer'): Promise<{ first: unknown; again: unknown }[]> {
  let transactionId: unknown;
  const answers: { first: unknown; again: unknown }[] = [];
  for (const [action, given] of SESSION) {
    const payload = IN_TRANSACTION.has(action) ? { ...given, transactionId } : given;
    let first: unknown;
    if (cut === 'before the answer') charger.send(JSON.stringify([2, 'cut', action, payload]));
    else first = (await charger.call(action, payload))[2];
    await powerCut();
    const again = (await charger.call(action, payload))[2];
    if (action === 'StartTransaction') transactionId = (again as { transactionId: number }).transactionId;
    // A boot's answer tells the time of the moment.
    if (action !== 'BootNotification') answers.push({ first: first ?? again, again });
  }
  return answers;
}

describe('kill -9 at every message of a session', () => {
  test.each(['before the answer', 'after the answer'] as const)(
    '%s: one transaction, one correct CDR',
    async (cut) => {
      await run(cut);
      const { transactions, sessions, cdrs } = await bench.afterwards((gw) => ({
        transactions: listTransactions(gw, ALL).items,
        sessions: listSessions(gw, ALL).items,
        cdrs: listCdrs(gw, ALL).items,
      }));
      expect(transactions).toHaveLength(1);
      expect(transactions[0]).toMatchObject({ wireId: '1', meterStart: 5000, meterStop: 11000, stopEstimated: false });
      expect(sessions).toHaveLength(1);
      expect(sessions[0]).toMatchObject({ status: 'COMPLETED', energyWh: 6000 });
      expect(cdrs).toHaveLength(1);
      expect(cdrs[0]).toMatchObject({
        energyWh: 6000,
        seconds: 2400,
        parkingSeconds: 600,
        cost: { total: { beforeTaxes: '12.00', afterTaxes: '15.00' } },
      });
      expect(cdrs[0]?.periods.map(({ kind, energyWh }) => [kind, energyWh])).toEqual([
        ['charging', 5333],
        ['parking', 667],
      ]);
    },
    60_000,
  );

  test('in a burst of meter values: what was acknowledged is there', async () => {
    const started = await charger.call('StartTransaction', SESSION[3]?.[1]);
    const { transactionId } = started[2] as { transactionId: number };
    let acknowledged = 0;
    const burst = (async () => {
      for (let i = 1; ; i += 1) {
        const value = {
          timestamp: new Date(begin + i * 1000).toISOString(),
          sampledValue: [{ value: String(5000 + i) }],
        };
        await charger.call('MeterValues', { connectorId: 1, transactionId, meterValue: [value] });
        acknowledged = i;
        if (i === 500) bench.daemon().process.kill('SIGKILL');
      }
    })();
    await expect(burst).rejects.toThrow('ended before');
    const { energies, sessions } = await bench.afterwards((gw) => ({
      energies: listSamples(gw.db, 1).map((sample) => sample.energyWh),
      sessions: listSessions(gw, ALL).items,
    }));
    expect(acknowledged).toBeGreaterThanOrEqual(500);
    expect(energies.slice(0, acknowledged)).toEqual(Array.from({ length: acknowledged }, (_, i) => 5001 + i));
    expect(sessions).toMatchObject([{ status: 'ACTIVE' }]);
  });
});

describe('stop and start', () => {
  test('SIGTERM answers what came, exits 0, and chargers may come back', async () => {
    await charger.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    expect(await bench.daemon().stop()).toBe(0);
    expect((await charger.closed).code).toBe(1001);
    await bench.start();
    charger = await bench.dial('BAY-1', 'ocpp1.6');
    expect((await charger.call('Heartbeat', {}))[0]).toBe(3);
  });
});
