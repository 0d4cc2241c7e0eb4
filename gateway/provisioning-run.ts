import { setTimeout as pause } from 'node:timers/promises';
import type { Capabilities, ConfigurationWords } from './domain/capabilities.ts';
import type { Findings, KeyState, ProvisioningState } from './domain/configuration.ts';
import type { OrderKind, OrderOf, OrderStatus } from './domain/orders.ts';
import type { QuirkFlags } from './domain/quirks.ts';
import type { OrderOutcome } from './connections.ts';
import type { Gateway } from './gateway.ts';
import { orderCharger } from './remote-control.ts';
import { provisioningOf } from './capabilities.ts';
import type { Desired } from './configuration.ts';
import { findCharger } from './store/chargers.ts';
import * as store from './store/configuration.ts';
import type { Tx } from './store/db.ts';

/** Milliseconds between a charger's answer and our next automatic call, unless its make needs more (Q29). */
const CALL_PAUSE = 250;

/** A step in which a charger went away so often is left out from then on (Q29). */
const MOST_STRIKES = 2;

/** One going through of a charger's configuration. */
export interface Run {
  gw: Gateway;
  chargerId: string;
  words: ConfigurationWords;
  quirks: QuirkFlags;
  signal: AbortSignal;
  /** Did it begin with a boot, or an operator who wants everything gone through? */
  whole: boolean;
  /** Had we told it to reboot before this run? */
  rebooted: boolean;
  /** The step at hand or last done; null where its going away would be our doing. */
  step: string | null;
  answeredBefore: boolean;
}

/** The charger is gone, or somebody stopped the run: what is left is done another time. */
export class RunEnded extends Error {}

/** The charger does not do what it takes; the message says so to the operator. */
export class RunFailed extends Error {}

/**
 * Gives the charger one of the run's orders, at the pace it can stand and behind what operators want of it. Errors:
 * RunEnded when it went away; RunFailed when it does not answer, as it would not answer what comes next.
 */
export async function ask<K extends OrderKind>(
  run: Run,
  order: OrderOf<K>,
): Promise<Extract<OrderOutcome<K>, { kind: 'answered' | 'error' | 'invalid' }>> {
  await pace(run);
  const outcome = await unlessEnded(run, orderCharger(run.gw, run.chargerId, order, { background: true }));
  run.answeredBefore = true;
  switch (outcome.kind) {
    case 'answered':
    case 'error':
    case 'invalid':
      return outcome;
    case 'timeout':
    case 'queue-full':
      throw new RunFailed(`it did not answer ${order.kind} in time`);
    default:
      throw new RunEnded('the charger went away');
  }
}

/** Waits until the charger may be called again. Errors: RunEnded. */
export async function pace(run: Run): Promise<void> {
  const milliseconds = run.quirks.callPause ?? CALL_PAUSE;
  if (run.answeredBefore) await unlessEnded(run, pause(milliseconds, undefined, { ref: false }));
  run.answeredBefore = false;
}

/** What is awaited, or RunEnded as soon as the run is over. */
export async function unlessEnded<T>({ signal }: Run, awaited: Promise<T>): Promise<T> {
  if (signal.aborted) throw new RunEnded('stopped');
  const over = Promise.withResolvers<never>();
  const end = (): void => over.reject(new RunEnded('stopped'));
  signal.addEventListener('abort', end);
  try {
    return await Promise.race([awaited, over.promise]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** Does one step unless it was left out for this charger; null then. Coming to a step means that the one before did no harm. */
export async function step<T>(run: Run, name: string, work: () => Promise<T>): Promise<T | null> {
  const { findings } = provisioningOf(run.gw, run.chargerId);
  if (findings.skipped.some((skipped) => skipped.step === name)) return null;
  const before = run.step;
  if (before !== null && before !== name && before in findings.strikes)
    await note(run, ({ findings: { strikes, ...rest } }) => ({
      findings: { ...rest, strikes: Object.fromEntries(Object.entries(strikes).filter(([key]) => key !== before)) },
    }));
  run.step = name;
  return work();
}

/** How a charger took a value; null: it was not asked. */
export type Taken = 'accepted' | 'reboot-required' | 'rejected' | 'not-supported' | null;

const TAKEN: Partial<Record<OrderStatus, Taken>> = {
  accepted: 'accepted',
  // It answered without saying (Q27): what it shows afterwards tells.
  unknown: 'accepted',
  'reboot-required': 'reboot-required',
  'not-supported': 'not-supported',
};

/** Writes one key, as a step that the charger's going away is counted to. Errors: RunEnded, RunFailed. */
export async function offer(run: Run, key: string, value: string): Promise<Taken> {
  const outcome = await step(run, `write ${key}`, () => ask(run, { kind: 'write-configuration', key, value }));
  if (outcome === null) return null;
  if (outcome.kind === 'answered') return TAKEN[outcome.answer.status] ?? 'rejected';
  return isUnheardOf(outcome) ? 'not-supported' : 'rejected';
}

/** Does the charger not know such a message at all? */
export function isUnheardOf(outcome: { kind: string; code?: string }): boolean {
  return outcome.kind === 'error' && /^not(implemented|supported)$/i.test(outcome.code?.trim() ?? '');
}

/** What a run may note of itself. */
type Noted = Partial<{
  state: ProvisioningState;
  problem: string | null;
  firmware: string | null;
  mark: string | null;
  resetMark: string | null;
  capabilities: Capabilities;
  findings: Findings;
}>;

/** Changes how far the charger's configuration is, by what it was. */
export async function note(
  { gw, chargerId }: Pick<Run, 'gw' | 'chargerId'>,
  change: (row: store.StoredProvisioning) => Noted,
  more?: (tx: Tx) => unknown,
): Promise<void> {
  await gw.db.write((tx) => {
    // It may have been forgotten meanwhile.
    if (!findCharger(gw.db, chargerId)) return;
    const row = provisioningOf(gw, chargerId);
    store.putProvisioning(gw.db, chargerId, { ...row, ...change(row) }, tx.now);
    more?.(tx);
  });
}

/** Notes how a wanted value stands; a key that the charger does not tell of gets its row by that. */
export async function noteState(run: Run, desired: Desired, state: KeyState): Promise<void> {
  const { gw, chargerId } = run;
  await gw.db.write((tx) => writeState(gw, tx, chargerId, desired, state));
}

/** The same inside the write at hand. */
export function writeState(gw: Gateway, tx: Tx, chargerId: string, desired: Desired, state: KeyState): void {
  if (store.setKeyState(gw.db, chargerId, desired.key, state, desired.mark, tx.now)) return;
  const unknown = { key: desired.key, known: false, readonly: false, value: null, readAt: null };
  store.putKey(gw.db, chargerId, unknown, tx.now);
  store.setKeyState(gw.db, chargerId, desired.key, state, desired.mark, tx.now);
}

/** Counts that the charger went away in this step; the second time in a row the step is left out from then on (Q29). */
export async function strike(gw: Gateway, chargerId: string, name: string): Promise<void> {
  const count = (provisioningOf(gw, chargerId).findings.strikes[name] ?? 0) + 1;
  const skip = count >= MOST_STRIKES;
  await note({ gw, chargerId }, ({ findings }) => {
    const { [name]: _, ...strikes } = findings.strikes;
    return {
      state: 'interrupted',
      findings: {
        ...findings,
        strikes: skip ? strikes : { ...strikes, [name]: count },
        skipped: skip ? [...findings.skipped, { step: name, since: gw.clock() }] : findings.skipped,
      },
    };
  });
  if (!skip) return;
  gw.diagnostics.deviation(chargerId, 'PROVISIONING_STEP_SKIPPED', name);
  gw.log.warn(
    { charger: chargerId, step: name },
    `the charger went away ${MOST_STRIKES} times in this step of its configuration: it is left out from now on`,
  );
}
