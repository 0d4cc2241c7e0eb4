import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { listSamples } from '../../gateway/store/transactions.ts';
import { openKillBench, RIGHT_CDR, type KillBench } from './kill-bench.ts';

const ALL = { offset: 0, limit: 100 };

let bench: KillBench;
let charger: RawCharger;

beforeEach(async () => {
  bench = await openKillBench();
  charger = await bench.dial('BAY-1', 'ocpp1.6');
});
afterEach(() => bench.end());

const begin = Date.now() - 3_600_000;
const at = (minute: number): string => new Date(begin + minute * 60_000).toISOString();

type Message = [action: string, payload: Record<string, unknown>];

/** A whole session; `transactionId` is filled in from the start's answer. */
const SESSION = (idTag: string): Message[] => [
  ['BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' }],
  ['StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Preparing' }],
  ['Authorize', { idTag }],
  ['StartTransaction', { connectorId: 1, idTag, meterStart: 5000, timestamp: at(0) }],
  ['StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' }],
  ['MeterValues', meterValues(10, '7000')],
  ['MeterValues', meterValues(20, '9000')],
  ['StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'SuspendedEV', timestamp: at(30) }],
  ['MeterValues', meterValues(35, '11000')],
  ['StopTransaction', { meterStop: 11000, timestamp: at(40), idTag }],
  ['StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' }],
];

function meterValues(minute: number, value: string): Record<string, unknown> {
  return { connectorId: 1, meterValue: [{ timestamp: at(minute), sampledValue: [{ value, unit: 'Wh' }] }] };
}

const IN_TRANSACTION = new Set(['MeterValues', 'StopTransaction']);

/** A charger in the middle of its session. */
interface Player {
  id: string;
  raw: RawCharger;
  messages: Message[];
  transactionId: unknown;
}

function messageOf({ messages, transactionId }: Player, step: number): Message {
  const [action, payload] = messages[step] as Message;
  return [action, IN_TRANSACTION.has(action) ? { ...payload, transactionId } : payload];
}

/** Plays both sessions, with a power cut at each message: before the answer to one charger, and after that to the other. */
async function play(before: Player, after: Player): Promise<void> {
  for (const step of before.messages.keys()) {
    const first = (await after.raw.call(...messageOf(after, step)))[2];
    before.raw.send(JSON.stringify([2, 'cut', ...messageOf(before, step)]));
    await bench.daemon().kill();
    await bench.start();
    for (const player of [before, after]) {
      player.raw = await bench.dial(player.id, 'ocpp1.6');
      const [action, payload] = messageOf(player, step);
      const [type, , again] = await player.raw.call(action, payload);
      expect(type).toBe(3);
      // A boot's answer tells the time of the moment.
      const answered = player === after && action !== 'BootNotification' ? first : again;
      expect(again).toEqual(answered);
      if (action === 'StartTransaction') player.transactionId = (again as { transactionId: number }).transactionId;
    }
  }
}

describe('kill -9 at every message of a session', () => {
  test('before and after the answer: one transaction, one correct CDR, the same answers', async () => {
    const dial = async (id: string, card: string): Promise<Player> => ({
      id,
      raw: await bench.dial(id, 'ocpp1.6'),
      messages: SESSION(card),
      transactionId: null,
    });
    const players = [await dial('BEFORE', 'CARD1'), await dial('AFTER', 'CARD2')] as const;
    await play(...players);
    const seen = await bench.afterwards((gw) => ({
      transactions: listTransactions(gw, ALL).items,
      sessions: listSessions(gw, ALL).items,
      cdrs: listCdrs(gw, ALL).items,
    }));
    for (const { id, transactionId } of players) {
      const of = <T extends { chargerId: string }>(items: T[]): T[] =>
        items.filter(({ chargerId }) => chargerId === id);
      expect(of(seen.transactions)).toMatchObject([
        { wireId: String(transactionId), meterStart: 5000, meterStop: 11000, stopEstimated: false },
      ]);
      expect(of(seen.sessions)).toMatchObject([{ status: 'COMPLETED', energyWh: 6000 }]);
      const cdrs = of(seen.cdrs);
      expect(cdrs).toMatchObject([RIGHT_CDR]);
      expect(cdrs[0]?.periods.map(({ kind, energyWh }) => [kind, energyWh])).toEqual([
        ['charging', 5333],
        ['parking', 667],
      ]);
    }
  }, 60_000);

  test('in a burst of meter values: what was acknowledged is there', async () => {
    const started = await charger.call('StartTransaction', SESSION('CARD1')[3]?.[1]);
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
