import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  record,
} from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { reportStatus } from '../../gateway/availability.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { followDue, recordSamples } from '../../gateway/samples.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { listTransactions, startTransaction, stopTransaction } from '../../gateway/transactions.ts';
import { createSite } from './power-cuts.ts';

const ALL = { offset: 0, limit: 1000 };
const BEGIN = Date.UTC(2026, 10, 21, 12);
const CARDS = ['CARD1', 'STRANGER'] as const;

type Evse = 1 | 2;

/** What happens next. `again` sends any earlier message once more; `cut` is a power cut: what is on disk is all there is. */
type Step = { millis: number } & (
  | { kind: 'start'; evse: Evse; card: (typeof CARDS)[number] }
  | { kind: 'meter'; evse: Evse; wh: number }
  | { kind: 'stop'; evse: Evse; wh: number; fell: boolean; nameless: boolean }
  | { kind: 'status'; evse: Evse; status: 'Charging' | 'SuspendedEV' }
  | { kind: 'again'; which: number }
  | { kind: 'tick' | 'cut' }
);

/** One transaction as it ought to be. */
interface Expected {
  wireId: string;
  evse: Evse;
  card: string;
  meterStart: number;
  lastReading: number | null;
  /** Null while it runs. */
  energyWh: number | null;
}

interface Message {
  send: (gw: Gateway) => Promise<unknown>;
  answer: unknown;
  /** Meter values may make a session follow what came before them. */
  isMeter: boolean;
}

const evse = constantFrom<Evse[]>(1, 2);
/** From many a second, which are held back, to a minute. */
const millis = oneof(integer({ min: 1, max: 300 }), integer({ min: 1000, max: 60_000 }));

const step: Arbitrary<Step> = oneof(
  { weight: 4, arbitrary: record({ kind: constant('start' as const), millis, evse, card: constantFrom(...CARDS) }) },
  { weight: 9, arbitrary: record({ kind: constant('meter' as const), millis, evse, wh: nat(3000) }) },
  {
    weight: 4,
    arbitrary: record({
      kind: constant('stop' as const),
      millis,
      evse,
      wh: nat(50),
      fell: boolean(),
      nameless: boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: record({
      kind: constant('status' as const),
      millis,
      evse,
      status: constantFrom('Charging' as const, 'SuspendedEV' as const),
    }),
  },
  { weight: 5, arbitrary: record({ kind: constant('again' as const), millis, which: nat(1000) }) },
  { weight: 2, arbitrary: record({ kind: constantFrom('tick' as const, 'cut' as const), millis }) },
);

/** What the outside sees of a gateway, to compare before and after. */
function snapshot(gw: Gateway, sessions: boolean): string {
  const facts = [listTransactions(gw, ALL), listCdrs(gw, ALL), listQuarantine(gw, ALL)];
  return JSON.stringify(sessions ? [...facts, listSessions(gw, ALL)] : facts);
}

async function play(steps: Step[], root: string): Promise<void> {
  let now = BEGIN;
  const site = await createSite(root, () => now);
  let gw = await site.open();
  const registers: Record<Evse, number> = { 1: 1000, 2: 50_000 };
  const running: Record<Evse, Expected | null> = { 1: null, 2: null };
  const expected: Expected[] = [];
  const sent: Message[] = [];

  async function deliver<T>(message: (to: Gateway) => Promise<T>, isMeter: boolean): Promise<T> {
    const answer = await message(gw);
    sent.push({ send: message, answer, isMeter });
    return answer;
  }

  async function start(at: Evse, card: string): Promise<void> {
    const before = running[at];
    if (before) before.energyWh = registers[at] - before.meterStart;
    const command = {
      chargerId: 'BAY-1',
      evse: at,
      connector: 1,
      tokenUid: card,
      meterStart: registers[at],
      reportedAt: now,
      receivedAt: now,
      timestamp: new Date(now).toISOString(),
    };
    const { wireId } = await deliver((to) => startTransaction(to, command), false);
    const made = { wireId, evse: at, card, meterStart: registers[at], lastReading: null, energyWh: null };
    expect(expected.map((known) => known.wireId)).not.toContain(wireId);
    expected.push(made);
    running[at] = made;
  }

  async function meter(at: Evse, wh: number): Promise<void> {
    const open = running[at];
    if (!open) return;
    registers[at] += wh;
    open.lastReading = registers[at];
    const sample = {
      reportedAt: now,
      context: null,
      energyWh: registers[at],
      powerW: null,
      currentMa: null,
      socPercent: null,
      values: [{ value: String(registers[at]) }],
    };
    const command = { chargerId: 'BAY-1', evse: at, wireId: open.wireId, samples: [sample], receivedAt: now };
    await deliver((to) => recordSamples(to, command), true);
  }

  async function stop({ evse: at, wh, fell, nameless }: Step & { kind: 'stop' }): Promise<void> {
    const open = running[at];
    if (!open) return;
    if (!fell) registers[at] += wh;
    const unique = expected.filter((t) => t.energyWh === null && t.card === open.card).length === 1;
    const command = {
      chargerId: 'BAY-1',
      wireId: nameless && unique ? null : open.wireId,
      meterStop: fell ? open.meterStart - 1 - wh : registers[at],
      reportedAt: now,
      receivedAt: now,
      timestamp: new Date(now).toISOString(),
      reason: 'Local',
      tokenUid: open.card,
      samples: [],
      payload: null,
    };
    await deliver((to) => stopTransaction(to, command), false);
    // Q53: a register that fell tells nothing; the last reading does.
    open.energyWh = (fell ? (open.lastReading ?? open.meterStart) : registers[at]) - open.meterStart;
    running[at] = null;
  }

  async function again(which: number): Promise<void> {
    const message = sent[which % Math.max(1, sent.length)];
    if (!message) return;
    const before = snapshot(gw, !message.isMeter);
    expect(await message.send(gw)).toEqual(message.answer);
    expect(snapshot(gw, !message.isMeter)).toBe(before);
  }

  async function apply(next: Step): Promise<void> {
    switch (next.kind) {
      case 'start':
        return start(next.evse, next.card);
      case 'meter':
        return meter(next.evse, next.wh);
      case 'stop':
        return stop(next);
      case 'status':
        return reportStatus(gw, {
          chargerId: 'BAY-1',
          evse: next.evse,
          status: next.status,
          errorCode: null,
          reportedAt: now,
          receivedAt: now,
        });
      case 'again':
        return again(next.which);
      case 'tick':
        return followDue(gw);
      case 'cut':
        gw = await site.cut();
        return;
    }
  }

  for (const next of steps) {
    now += next.millis;
    const before = new Map(listSessions(gw, ALL).items.map((session) => [session.id, JSON.stringify(session)]));
    const newest = Math.max(0, ...listSessions(gw, ALL).items.map((session) => session.updatedAt));
    await apply(next);
    // Law 9: whoever polls from the newest time that it saw misses nothing.
    const changed = listSessions(gw, ALL).items.filter((s) => before.get(s.id) !== JSON.stringify(s));
    expect(changed.filter((session) => session.updatedAt <= newest)).toEqual([]);
  }
  now += 5000;
  await followDue(gw);
  judge(gw, expected);
  gw.db.close();
}

function judge(gw: Gateway, expected: Expected[]): void {
  const sessions = listSessions(gw, ALL).items;
  const transactions = listTransactions(gw, ALL).items;
  const cdrs = listCdrs(gw, ALL).items;
  expect(transactions.map(({ wireId }) => wireId)).toEqual(expected.map(({ wireId }) => wireId));
  expect(sessions.map(({ energyWh }) => energyWh)).toEqual(
    expected.map(({ energyWh, lastReading, meterStart }) => energyWh ?? (lastReading ?? meterStart) - meterStart),
  );
  expect(sessions.map(({ status }) => status)).toEqual(
    expected.map(({ energyWh, card }) =>
      energyWh === null ? 'ACTIVE' : card === 'CARD1' || energyWh > 0 ? 'COMPLETED' : 'INVALID',
    ),
  );
  const completed = sessions.filter(({ status }) => status === 'COMPLETED');
  expect(cdrs.map(({ sessionId }) => sessionId).toSorted()).toEqual(completed.map(({ id }) => id).toSorted());
  for (const { id, periods, energyWh, startedAt, endedAt } of sessions) {
    expect(periods.reduce((sum, period) => sum + period.energyWh, 0)).toBe(energyWh);
    expect(periods.every((period) => period.energyWh >= 0 && period.to >= period.from)).toBe(true);
    expect(periods[0]?.from).toBe(startedAt);
    expect(periods.slice(1).map(({ from }) => from)).toEqual(periods.slice(0, -1).map(({ to }) => to));
    expect(periods.at(-1)?.to).toBe(endedAt ?? periods.at(-1)?.to);
    for (const cdr of cdrs.filter(({ sessionId }) => sessionId === id))
      expect(cdr).toMatchObject({ energyWh, periods, startedAt, endedAt });
  }
  expect(listQuarantine(gw, ALL).items).toEqual([]);
}

describe('any history of two EVSEs', () => {
  test('re-sent messages in any order, stops without an id, missing stops, fast meters and power cuts: facts as in the model', async () => {
    await assert(
      asyncProperty(array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const root = mkdtempSync(join(tmpdir(), 'chargegate-history-'));
        try {
          await play(steps, root);
        } finally {
          rmSync(root, { recursive: true, force: true });
        }
      }),
      { numRuns: 100 },
    );
  });
});
