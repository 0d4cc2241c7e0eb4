/** OCPP 2.x: histories of TransactionEvents, as a charger of two EVSEs tells them, against a plain model of what is billed. */
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
import { v201 } from '../../adapters/ocpp/v201/index.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { followDue } from '../../gateway/samples.ts';
import { createSite } from './power-cuts.ts';
import { bills, keepsEveryReading, makesEachOnce, snapshot, type Message, type Real } from './told-facts.ts';

const ALL = { offset: 0, limit: 1000 };
const BEGIN = Date.UTC(2026, 10, 21, 12);
/** What the registers of the two bays are apart, Wh: more than any history takes. */
const APART = 10_000_000;
const YAML = 'tokens: [{ uid: CARD1 }, { uid: CARD2 }, { uid: BLOCKED1, valid: false }]\n';

const QUIET = { asked: new Set<string>(), unanswered: false, deviate: () => undefined };

type Evse = 1 | 2;

/** What may go wrong with one event on its way; all of it at once where a history is hostile. */
interface Fate {
  lost: boolean;
  /** Told after so many that come later. */
  late: number;
  /** Milliseconds that the charger's clock is wrong by. */
  clock: number;
}

/** What happens next at a bay; each has a reading or none, and says its place and state again or not. */
type Step = { millis: number; fate: Fate; reading: boolean; place: boolean; state: boolean } & (
  | { kind: 'plug'; evse: Evse }
  | { kind: 'tap'; evse: Evse; refused: boolean }
  | { kind: 'charge'; evse: Evse; wh: number }
  | { kind: 'suspend' | 'end'; evse: Evse }
  | { kind: 'again'; which: number }
  /** A factory reset: its transactions are numbered from 1 again, and what ran is forgotten. */
  | { kind: 'reset' }
  | { kind: 'offline' | 'online' | 'tick' | 'cut' }
);

const SAFE: Fate = { lost: false, late: 0, clock: 0 };
const HOSTILE: Arbitrary<Fate> = record({
  lost: integer({ min: 0, max: 5 }).map((n) => n === 0),
  late: oneof({ weight: 4, arbitrary: constant(0) }, { weight: 1, arbitrary: integer({ min: 1, max: 6 }) }),
  clock: oneof(
    { weight: 8, arbitrary: constant(0) },
    { weight: 1, arbitrary: constantFrom(-BEGIN + 3_600_000, 3 * 365 * 86_400_000, -7_200_000, 120_000) },
  ),
});

function steps(fate: Arbitrary<Fate>): Arbitrary<Step[]> {
  const evse = constantFrom<Evse[]>(1, 2);
  const common = {
    millis: oneof(integer({ min: 1000, max: 3000 }), integer({ min: 61_000, max: 600_000 })),
    fate,
    reading: boolean(),
    place: boolean(),
    state: boolean(),
  };
  const of = <K extends Step['kind']>(...kinds: K[]) => ({ kind: constantFrom(...kinds), ...common });
  const step = oneof(
    { weight: 5, arbitrary: record({ ...of('plug'), evse }) },
    { weight: 6, arbitrary: record({ ...of('tap'), evse, refused: integer({ max: 3, min: 0 }).map((n) => n === 0) }) },
    { weight: 10, arbitrary: record({ ...of('charge'), evse, wh: integer({ min: 50, max: 3000 }) }) },
    { weight: 3, arbitrary: record({ ...of('suspend'), evse }) },
    { weight: 5, arbitrary: record({ ...of('end'), evse }) },
    { weight: 5, arbitrary: record({ ...of('again'), which: nat(1000) }) },
    { weight: 1, arbitrary: record(of('reset')) },
    { weight: 3, arbitrary: record(of('offline', 'online', 'tick', 'cut')) },
  );
  return array(step as Arbitrary<Step>, { minLength: 1, maxLength: 40 });
}

/** Plays a history at a charger of two bays and delivers what comes of it to a gateway that can lose power. */
async function play(history: Step[], root: string, zeros: boolean) {
  let now = BEGIN;
  const site = await createSite(root, () => now, YAML);
  let gw = await site.open();
  const registers: Record<Evse, number> = { 1: 1000, 2: 1000 + APART };
  const open: Record<Evse, Real | null> = { 1: null, 2: null };
  const ended: Real[] = [];
  const sent: Message[] = [];
  const queue: Message[] = [];
  const waiting: { message: Message; after: number }[] = [];
  let offline = false;
  let numbers = 0;
  let wasReset = false;
  let seqNo = 0;

  async function hand(message: Message, late: boolean): Promise<unknown> {
    const context = { gw, chargerId: 'BAY-1', protocol: 'ocpp2.0.1', receivedAt: now, ...QUIET };
    const answer = await v201.handle(
      context,
      'TransactionEvent',
      late ? { ...message.payload, offline: true } : message.payload,
    );
    expect(answer.kind).toBe('result');
    return answer;
  }

  async function deliver(message: Message, fate: Fate): Promise<void> {
    for (const each of waiting) each.after -= 1;
    if (fate.lost) return;
    if (fate.late > 0) waiting.push({ message, after: fate.late });
    else if (offline) queue.push(message);
    else await send(message, false);
    for (const due of waiting.filter(({ after }) => after <= 0)) {
      waiting.splice(waiting.indexOf(due), 1);
      await send(due.message, true);
    }
  }

  async function send(message: Message, late: boolean): Promise<void> {
    sent.push(message);
    await hand(message, late);
  }

  async function tell(real: Real, step: Step, eventType: string, trigger: string, more: object, state?: string) {
    const register = step.reading || eventType === 'Ended' ? registers[real.evse] : null;
    if (register !== null) real.first ??= register;
    const timestamp = new Date(now + step.fate.clock).toISOString();
    const payload = {
      eventType,
      triggerReason: trigger,
      timestamp,
      seqNo: zeros ? 0 : (seqNo += 1),
      transactionInfo: { transactionId: real.id, ...(state !== undefined && step.state && { chargingState: state }) },
      // Some say it once only; after a reset an id alone tells nothing.
      ...((step.place || !real.placed || wasReset) && { evse: { id: real.evse, connectorId: 1 } }),
      ...(register !== null && {
        meterValue: [{ timestamp, sampledValue: [{ value: register, unitOfMeasure: { unit: 'Wh' } }] }],
      }),
      ...more,
    };
    real.placed = true;
    const idle = real.card === null && !real.refused && register === real.first;
    await deliver({ payload, real, register, idle }, step.fate);
  }

  function begin(at: Evse): Real {
    numbers += 1;
    const real = {
      id: `T${numbers}`,
      evse: at,
      card: null,
      refused: false,
      first: null,
      placed: false,
      energyWh: null,
    };
    open[at] = real;
    return real;
  }

  async function tap(step: Step & { kind: 'tap' }): Promise<void> {
    const before = open[step.evse];
    const real = before ?? begin(step.evse);
    const card = step.refused ? 'BLOCKED1' : `CARD${step.evse}`;
    if (real.card !== null) return;
    if (step.refused) real.refused ||= before === null && !step.fate.lost;
    else real.card = card;
    const idToken = { idToken: card, type: 'Central' };
    await tell(real, step, before ? 'Updated' : 'Started', 'Authorized', { idToken });
  }

  async function again(which: number): Promise<void> {
    const message = sent[which % Math.max(1, sent.length)];
    if (!message) return;
    const before = snapshot(gw);
    await hand(message, true);
    expect(snapshot(gw)).toBe(before);
  }

  async function reset(step: Step): Promise<void> {
    if (offline) await online();
    for (const at of [1, 2] as const) open[at] = null;
    [numbers, wasReset] = [0, true];
    const context = { gw, chargerId: 'BAY-1', protocol: 'ocpp2.0.1', receivedAt: now, ...QUIET };
    const chargingStation = { model: 'M', vendorName: 'V' };
    await v201.handle(context, 'BootNotification', { reason: 'PowerUp', chargingStation });
    now += step.millis;
  }

  async function online(): Promise<void> {
    offline = false;
    for (const message of queue.splice(0)) await send(message, true);
  }

  async function apply(step: Step): Promise<void> {
    const real = 'evse' in step ? open[step.evse] : null;
    switch (step.kind) {
      case 'plug':
        if (!real) await tell(begin(step.evse), step, 'Started', 'CablePluggedIn', {}, 'EVConnected');
        return;
      case 'tap':
        return tap(step);
      case 'charge':
        if (!real) return;
        await tell(real, step, 'Updated', 'ChargingStateChanged', {}, 'Charging');
        registers[step.evse] += step.wh;
        now += 1000;
        await tell(real, { ...step, state: false, reading: true }, 'Updated', 'MeterValuePeriodic', {});
        return;
      case 'suspend':
        if (real) await tell(real, step, 'Updated', 'ChargingStateChanged', {}, 'SuspendedEV');
        return;
      case 'end':
        if (!real) return;
        await tell(real, step, 'Ended', 'EVDeparted', {}, 'Idle');
        real.energyWh = registers[step.evse] - (real.first ?? registers[step.evse]);
        ended.push(real);
        open[step.evse] = null;
        return;
      case 'again':
        return again(step.which);
      case 'reset':
        return reset(step);
      case 'offline':
        offline = true;
        return;
      case 'online':
        return online();
      case 'tick':
        return followDue(gw);
      case 'cut':
        gw = await site.cut();
    }
  }

  for (const step of history) {
    now += step.millis;
    await apply(step);
  }
  await online();
  for (const { message } of waiting.splice(0)) await send(message, true);
  now += 5000;
  await followDue(gw);
  return { gw, ended, sent };
}

const RUNS = Number(process.env['TOLD_RUNS'] ?? 60);

/** Each run in a directory of its own. */
async function inPeace(run: (root: string) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'chargegate-told-'));
  try {
    await run(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** A refused card that began nothing, or none. */
const anybody: unknown = expect.any(String);

describe('Q48: any history of TransactionEvents', () => {
  test('repeated at any time, told late, without state or place, cable or card first, across power cuts: each is billed as in the model', async () => {
    await assert(
      asyncProperty(steps(constant(SAFE)), boolean(), (history, zeros) =>
        inPeace(async (root) => {
          // A reset while somebody charges takes the end with it: that is for the other history.
          const kept = history.filter(({ kind }) => kind !== 'reset');
          const { gw, ended } = await play(kept, root, zeros);
          const due = ended.filter(({ card, energyWh }) => card !== null || (energyWh ?? 0) > 0);
          const billed = bills(gw).map(({ cdr, transaction }) => ({
            id: transaction.wireId,
            evse: transaction.evse,
            energyWh: cdr.energyWh,
            card: cdr.token.uid,
          }));
          expect(billed).toEqual(
            due.map(({ id, evse, energyWh, card, refused }) => ({
              id,
              evse,
              energyWh,
              card: card ?? (refused ? 'BLOCKED1' : anybody),
            })),
          );
          expect(listQuarantine(gw, ALL).items).toEqual([]);
          gw.db.close();
        }),
      ),
      { numRuns: RUNS },
    );
  });

  test('lost, told in any order, by wrong clocks, ids used again after a reset: nothing is billed twice, and no fact is lost', async () => {
    await assert(
      asyncProperty(steps(HOSTILE), boolean(), (history, zeros) =>
        inPeace(async (root) => {
          const { gw, sent } = await play(
            history.filter(({ kind }) => kind !== 'again'),
            root,
            zeros,
          );
          const billed = bills(gw);
          expect(new Set(billed.map(({ transaction }) => transaction.id)).size).toBe(billed.length);
          const spans = billed
            .filter(({ cdr }) => cdr.energyWh > 0)
            .map(({ transaction: { meterStart }, cdr }) => [meterStart, meterStart + cdr.energyWh] as const)
            .toSorted(([one], [other]) => one - other);
          const told = sent.flatMap(({ register }) => register ?? []);
          for (const [at, [from, to]] of spans.entries()) {
            expect(told).toContain(from);
            // The register of one bay is never where that of the other is.
            expect(told.some((register) => register >= to && register - from < APART)).toBe(true);
            expect(from).toBeGreaterThanOrEqual(spans[at - 1]?.[1] ?? 0);
          }
          keepsEveryReading(gw, sent);
          if (history.every(({ fate }) => fate.clock === 0)) makesEachOnce(gw, sent);
          gw.db.close();
        }),
      ),
      { numRuns: RUNS },
    );
  });
});
