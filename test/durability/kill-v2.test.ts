/** kill -9 at each message of 2.x sessions: eight chargers share one daemon, so that each step costs one restart. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { listSamples } from '../../gateway/store/transactions.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { openKillBench, RIGHT_CDR, type KillBench } from './kill-bench.ts';

const ALL = { offset: 0, limit: 100 };

let bench: KillBench;

beforeEach(async () => {
  bench = await openKillBench();
});
afterEach(() => bench.end());

const begin = Date.now() - 3_600_000;
const at = (minute: number): string => new Date(begin + minute * 60_000).toISOString();

type Message = [action: string, payload: Record<string, unknown>];

function event(seqNo: number, minute: number, eventType: string, triggerReason: string, more: object = {}): Message {
  const { info = {}, ...rest } = more as { info?: object };
  const transactionInfo = { transactionId: 'T', ...info };
  return ['TransactionEvent', { eventType, triggerReason, timestamp: at(minute), seqNo, transactionInfo, ...rest }];
}

const place = { evse: { id: 1, connectorId: 1 } };
const state = (chargingState: string) => ({ info: { chargingState } });
const meter = (minute: number, value: number) => ({
  meterValue: [{ timestamp: at(minute), sampledValue: [{ value, unitOfMeasure: { unit: 'Wh' } }] }],
});

/** A whole session by its two ways to begin: the same facts in the same number of messages. */
const SESSIONS: Record<'cable first' | 'card first', (card: string) => Message[]> = {
  'cable first': (card) => [
    event(0, 0, 'Started', 'CablePluggedIn', { ...place, ...state('EVConnected'), ...meter(0, 5000) }),
    event(1, 0, 'Updated', 'Authorized', { idToken: { idToken: card, type: 'Central' } }),
    ...CHARGE,
  ],
  'card first': (card) => [
    event(0, 0, 'Started', 'Authorized', { ...place, idToken: { idToken: card, type: 'Central' }, ...meter(0, 5000) }),
    event(1, 0, 'Updated', 'CablePluggedIn', { ...place, ...state('EVConnected') }),
    ...CHARGE,
  ],
};

const CHARGE: Message[] = [
  event(2, 0, 'Updated', 'ChargingStateChanged', { ...state('Charging') }),
  event(3, 10, 'Updated', 'MeterValuePeriodic', { ...meter(10, 7000) }),
  event(4, 30, 'Updated', 'ChargingStateChanged', { ...state('SuspendedEV'), ...meter(30, 11_000) }),
  event(5, 40, 'Ended', 'EVDeparted', { info: { stoppedReason: 'EVDisconnected' }, ...meter(40, 11_000) }),
];

interface Player {
  id: string;
  protocol: string;
  /** When the power goes at each of its messages. */
  cut: 'before' | 'after';
  messages: Message[];
  raw: RawCharger;
}

async function players(): Promise<Player[]> {
  const wanted = ['ocpp2.0.1', 'ocpp2.1'].flatMap((protocol) =>
    (['cable first', 'card first'] as const).flatMap((order) =>
      (['before', 'after'] as const).map((cut) => ({ protocol, order, cut })),
    ),
  );
  return Promise.all(
    wanted.map(async ({ protocol, order, cut }, index) => {
      const id = `BAY-${index + 1}`;
      return { id, protocol, cut, messages: SESSIONS[order](`CARD${index + 1}`), raw: await bench.dial(id, protocol) };
    }),
  );
}

async function powerCut(all: Player[]): Promise<void> {
  await bench.daemon().kill();
  await bench.start();
  for (const player of all) player.raw = await bench.dial(player.id, player.protocol);
}

describe('kill -9 at every message of a session over OCPP 2.0.1 and 2.1', () => {
  test('cable first and card first, before and after the answer: each one transaction, one correct CDR, the same answers', async () => {
    const all = await players();
    for (let step = 0; step < 6; step += 1) {
      const first = new Map<Player, unknown>();
      const message = (player: Player): Message => player.messages[step] ?? event(step, 0, 'Updated', 'Trigger');
      for (const player of all.filter(({ cut }) => cut === 'after'))
        first.set(player, (await player.raw.call(...message(player)))[2]);
      // What becomes of these is not known: taken in, half way, or never read.
      for (const player of all.filter(({ cut }) => cut === 'before'))
        player.raw.send(JSON.stringify([2, 'cut', ...message(player)]));
      await powerCut(all);
      for (const player of all) {
        const [type, , again] = await player.raw.call(...message(player));
        expect(type).toBe(3);
        expect(again).toEqual(first.get(player) ?? again);
      }
    }
    const seen = await bench.afterwards((gw) => ({
      transactions: listTransactions(gw, ALL).items.map((each) => ({ ...each, samples: listSamples(gw.db, each.seq) })),
      sessions: listSessions(gw, ALL).items,
      cdrs: listCdrs(gw, ALL).items,
      quarantine: listQuarantine(gw, ALL).items,
    }));
    expect(seen.quarantine).toEqual([]);
    for (const { id } of all) {
      const transactions = seen.transactions.filter(({ chargerId }) => chargerId === id);
      expect(transactions).toMatchObject([{ wireId: 'T', meterStart: 5000, meterStop: 11_000, stopEstimated: false }]);
      expect(transactions[0]?.samples.map(({ energyWh }) => energyWh)).toEqual([5000, 7000, 11_000, 11_000]);
      expect(seen.sessions.filter(({ chargerId }) => chargerId === id)).toMatchObject([
        { status: 'COMPLETED', energyWh: 6000, token: { uid: id.replace('BAY-', 'CARD') } },
      ]);
      const cdrs = seen.cdrs.filter(({ chargerId }) => chargerId === id);
      expect(cdrs).toMatchObject([RIGHT_CDR]);
      expect(cdrs[0]?.periods.map(({ kind, energyWh }) => [kind, energyWh])).toEqual([
        ['charging', 6000],
        ['parking', 0],
      ]);
    }
  }, 60_000);
});
