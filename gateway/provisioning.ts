import { GatewayError } from './domain/errors.ts';
import { noFindings, type ProvisioningState } from './domain/configuration.ts';
import type { OrderStatus } from './domain/orders.ts';
import type { Gateway } from './gateway.ts';
import { provisioningOf } from './capabilities.ts';
import { desiredKeys, fingerprintOf, wordsOf } from './configuration.ts';
import { applyDesired } from './desired-keys.ts';
import { discover } from './discovery.ts';
import { ask, note, pace, RunEnded, RunFailed, strike, type Run } from './provisioning-run.ts';
import { quirksOf } from './quirks.ts';
import { findCharger } from './store/chargers.ts';
import * as store from './store/configuration.ts';
import { findOpen } from './store/transactions.ts';

/** So many chargers are gone through at a time: a thousand that boot at once are not called all at once. */
const MOST_RUNS = 50;

/** A charger that goes away so soon after the last step went away because of it, milliseconds (Q29). */
const AFTERMATH = 10_000;

/** One that told nothing is asked again when it connects after so long, milliseconds; when it boots, at once. */
const RETRY_AFTER = 3_600_000;

/** Most that connect are about to boot, milliseconds: without one after that, they go on where they were. */
const ABOUT_TO_BOOT = 2000;

/** Why a run begins: `boot`, `connect` without one, `idle` after a transaction, `asked` by an operator. */
type Cause = 'boot' | 'connect' | 'idle' | 'asked';

interface Active {
  run: Run;
  controller: AbortController;
  /** Resolves when the run has ended, however. */
  ended: Promise<void>;
}

/**
 * Reads and sets the configuration of every accepted charger after it booted, or connected with something left to do: it
 * listens to the bus, leaves each charger its quiet time, and goes through few at a time. The closer stops it all.
 */
export function startProvisioning(gw: Gateway): () => Promise<void> {
  const timers = new Map<string, { timer: NodeJS.Timeout; cause: Cause }>();
  const queue = new Map<string, Cause>();
  const active = new Map<string, Active>();
  /** The last step of a run that is over, and when. */
  const lately = new Map<string, { step: string; at: number }>();
  let stopped = false;

  function schedule(chargerId: string, cause: Cause): void {
    if (!mayRun(gw, chargerId, cause)) return;
    // What a boot began is not made less by what comes after.
    const before = timers.get(chargerId)?.cause ?? queue.get(chargerId);
    const strongest = before === 'boot' && cause !== 'asked' ? 'boot' : cause;
    forget(chargerId);
    const quiet = cause === 'asked' ? 0 : (quirksOf(gw, chargerId).quietAfterBoot ?? gw.settings.quietAfterBoot) * 1000;
    const timer = setTimeout(
      () => {
        timers.delete(chargerId);
        queue.set(chargerId, strongest);
        fill();
      },
      Math.max(quiet, cause === 'connect' ? ABOUT_TO_BOOT : 0),
    );
    timers.set(chargerId, { timer: timer.unref(), cause: strongest });
  }

  function forget(chargerId: string): void {
    clearTimeout(timers.get(chargerId)?.timer);
    timers.delete(chargerId);
    queue.delete(chargerId);
  }

  function fill(): void {
    for (const [chargerId, cause] of queue) {
      if (stopped || active.size >= MOST_RUNS) return;
      // Its run before has not quite ended.
      if (active.has(chargerId)) continue;
      queue.delete(chargerId);
      if (mayRun(gw, chargerId, cause)) begin(chargerId, cause);
    }
  }

  function begin(chargerId: string, cause: Cause): void {
    const words = wordsOf(gw, chargerId);
    if (!words) return;
    const controller = new AbortController();
    const whole = cause === 'boot' || cause === 'asked';
    const run: Run = {
      gw,
      chargerId,
      words,
      quirks: quirksOf(gw, chargerId),
      signal: controller.signal,
      whole,
      rebooted: provisioningOf(gw, chargerId).state === 'rebooting',
      step: null,
      answeredBefore: false,
    };
    lately.delete(chargerId);
    const ended = goThrough(run)
      .catch((error: unknown) => fail(run, error))
      .catch((error: unknown) => gw.log.error({ err: error, charger: chargerId }, 'provisioning could not be noted'))
      .then(() => {
        active.delete(chargerId);
        // A transaction may have ended while it was noted that one runs.
        if (!stopped) schedule(chargerId, 'idle');
        if (run.step !== null && !run.signal.aborted) lately.set(chargerId, { step: run.step, at: gw.clock() });
        fill();
      });
    active.set(chargerId, { run, controller, ended });
  }

  async function fail(run: Run, error: unknown): Promise<void> {
    const { chargerId } = run;
    if (error instanceof RunEnded) {
      // On the gateway's own way out the charger is not to blame.
      if (stopped || run.step === null) return;
      return strike(gw, chargerId, run.step);
    }
    const problem = error instanceof Error ? error.message : String(error);
    if (error instanceof RunFailed) gw.log.warn({ charger: chargerId, problem }, 'configuration not gone through');
    else gw.log.error({ err: error, charger: chargerId }, 'provisioning failed');
    await note(
      run,
      () => ({ state: 'failed', problem }),
      (tx) => tx.emit({ name: 'charger.provisioned', data: { chargerId, state: 'failed' } }),
    );
  }

  /** The charger went away, or began anew: what was under way ends, and is counted against its step. */
  function interrupt(chargerId: string): void {
    forget(chargerId);
    const running = active.get(chargerId);
    if (running) return running.controller.abort();
    const last = lately.get(chargerId);
    lately.delete(chargerId);
    if (!last || gw.clock() - last.at > AFTERMATH) return;
    strike(gw, chargerId, last.step).catch((error: unknown) =>
      gw.log.error({ err: error, charger: chargerId }, 'provisioning could not be noted'),
    );
  }

  const unsubscribe = [
    gw.bus.on('charger.connected', ({ chargerId }) => {
      interrupt(chargerId);
      schedule(chargerId, 'connect');
    }),
    gw.bus.on('charger.disconnected', ({ chargerId }) => interrupt(chargerId)),
    gw.bus.on('charger.booted', ({ chargerId, registration }) => {
      interrupt(chargerId);
      if (registration === 'accepted') schedule(chargerId, 'boot');
    }),
    gw.bus.on('transaction.stopped', ({ chargerId }) => schedule(chargerId, 'idle')),
    gw.bus.on('provisioning.asked', ({ chargerId }) => {
      // What it interrupts, the operator did.
      const running = active.get(chargerId);
      if (running) {
        running.run.step = null;
        running.controller.abort();
      }
      schedule(chargerId, 'asked');
    }),
  ];

  return async () => {
    stopped = true;
    for (const off of unsubscribe) off();
    for (const { timer } of timers.values()) clearTimeout(timer);
    timers.clear();
    queue.clear();
    for (const { controller } of active.values()) controller.abort();
    await Promise.all([...active.values()].map(({ ended }) => ended));
  };
}

/** Is there anything to do, and may it be done? */
function mayRun(gw: Gateway, chargerId: string, cause: Cause): boolean {
  if (!gw.connections.find(chargerId)) return false;
  const charger = findCharger(gw.db, chargerId);
  if (charger?.registration !== 'accepted') return false;
  if (cause === 'asked') return true;
  if (!(quirksOf(gw, chargerId).provisioning ?? gw.settings.provisioning)) return false;
  if (cause === 'boot') return true;
  const row = store.findProvisioning(gw.db, chargerId);
  if (cause === 'idle') return row?.state === 'waiting-for-idle' && isIdle(gw, chargerId);
  const words = wordsOf(gw, chargerId);
  if (!row || !words || row.firmware !== charger.firmware) return true;
  if (row.state === 'failed') return gw.clock() - row.updatedAt > RETRY_AFTER;
  return row.state !== 'done' || row.mark !== fingerprintOf(desiredKeys(gw, chargerId, words));
}

function isIdle(gw: Gateway, chargerId: string): boolean {
  return findOpen(gw.db, chargerId).length === 0;
}

const CAME_THROUGH: ReadonlySet<ProvisioningState> = new Set(['done', 'rebooting', 'waiting-for-idle']);

async function goThrough(run: Run): Promise<void> {
  const { gw, chargerId } = run;
  const firmware = findCharger(gw.db, chargerId)?.firmware ?? null;
  // What was found out is about a firmware; the next may do better, or worse.
  const other = provisioningOf(gw, chargerId).firmware !== firmware;
  await note(
    run,
    ({ state, findings, capabilities }) => ({
      state: 'running',
      problem: null,
      firmware,
      // Without a mishap the last time, those before are forgotten.
      findings: other ? noFindings() : CAME_THROUGH.has(state) ? { ...findings, strikes: {} } : findings,
      capabilities: other ? { ...capabilities, untriggerable: [] } : capabilities,
    }),
    () => other && store.clearKeyStates(gw.db, chargerId),
  );
  const told = await discover(run);
  await applyDesired(run, told);
  await finish(run);
}

/** Ends the run, with a reboot where values need one: once for the same values, and only while nobody charges. */
async function finish(run: Run): Promise<void> {
  const { gw, chargerId, words } = run;
  const desired = desiredKeys(gw, chargerId, words);
  const mark = fingerprintOf(desired);
  const marks = new Set(desired.map((each) => each.mark));
  const due = store
    .listKeys(gw.db, chargerId)
    .some((key) => key.state === 'reboot-required' && key.mark !== null && marks.has(key.mark));
  if (due && provisioningOf(gw, chargerId).resetMark !== mark) return reboot(run, mark);
  await end(run, { state: 'done', mark });
}

async function reboot(run: Run, mark: string): Promise<void> {
  const { gw, chargerId } = run;
  await pace(run);
  if (!isIdle(gw, chargerId)) return end(run, { state: 'waiting-for-idle', mark });
  // Noted before it is said: never twice, whatever comes of it. What comes of it, the next run tells.
  await note(run, () => ({ state: 'rebooting', mark, resetMark: mark }));
  // Its going away is what we want now.
  run.step = null;
  const outcome = await ask(run, { kind: 'reset', hard: false });
  if (outcome.kind === 'answered' && REBOOTS.has(outcome.answer.status)) return;
  gw.log.warn({ charger: chargerId }, 'the charger refuses the reboot that its configuration needs');
  await end(run, { state: 'done', problem: 'it refused the reboot that some of its keys need: reboot it by hand' });
}

const REBOOTS: ReadonlySet<OrderStatus> = new Set(['accepted', 'scheduled', 'unknown']);

function end(run: Run, how: { state: 'done' | 'waiting-for-idle'; mark?: string; problem?: string }): Promise<void> {
  const { chargerId } = run;
  return note(
    run,
    () => how,
    (tx) => tx.emit({ name: 'charger.provisioned', data: { chargerId, state: how.state } }),
  );
}

/**
 * Has a charger's whole configuration gone through again, whatever was found out or left out before (Q29); also where
 * that is switched off. Errors: CHARGER_UNKNOWN, CHARGER_NOT_CONNECTED.
 */
export async function askProvisioning(gw: Gateway, chargerId: string): Promise<void> {
  const charger = findCharger(gw.db, chargerId);
  if (!charger)
    throw new GatewayError('CHARGER_UNKNOWN', `no charger ${chargerId} has ever been seen or configured here`);
  if (!gw.connections.find(chargerId) || charger.registration !== 'accepted')
    throw new GatewayError(
      'CHARGER_NOT_CONNECTED',
      `charger ${chargerId} is not connected, or not accepted: its configuration is gone through when it is`,
    );
  await note(
    { gw, chargerId },
    (row) => ({
      findings: noFindings(),
      resetMark: null,
      capabilities: { ...row.capabilities, untriggerable: [] },
    }),
    (tx) => {
      store.clearKeyStates(gw.db, chargerId);
      tx.emit({ name: 'provisioning.asked', data: { chargerId } });
    },
  );
}
