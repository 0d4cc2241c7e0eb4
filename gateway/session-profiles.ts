import { capabilitiesOf } from './capabilities.ts';
import { takeCommand, type CommandOrigin, type CommandWork } from './commands.ts';
import type { CallOptions, OrderOutcome } from './connections.ts';
import { takesLimits } from './domain/capabilities.ts';
import type { CommandAnswer, CommandResult } from './domain/commands.ts';
import { GatewayError } from './domain/errors.ts';
import type { ActiveLimit, ChargingProfile } from './domain/orders.ts';
import type { Millis } from './domain/time.ts';
import type { Session } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { orderCharger, type Unreached } from './remote-control.ts';
import { OFFLINE, resultOf } from './session-commands.ts';
import { clearProfiles, numberFor, setProfile } from './smart-charging.ts';
import * as store from './store/commands.ts';
import { findSession } from './store/sessions.ts';
import { findById } from './store/transactions.ts';

/** A session's limit is set, read and cleared this often, each for itself, ms (OCPI 2.3.0 mod_charging_profiles TOO_OFTEN). */
const PACE = 60_000;

/** How far ahead the limit in force is looked at, seconds. */
const AHEAD = 86_400;

/** A limit as a peer gives it. */
export interface SessionLimit {
  /** Null: counted from the start of the charge. */
  startsAt: Millis | null;
  duration: number | null;
  unit: 'A' | 'W';
  minRate: number | null;
  /** At least one, the first at 0, by their starts. */
  periods: { start: number; limit: number }[];
}

/** A session that runs, and how long its charger may take for a call. */
interface Steerable {
  session: Session;
  transactionId: string;
  callTimeout: number;
}

/** Can the session be steered now? The answer that says why not, else. */
function steerable(gw: Gateway, session: Session, kind: CommandWork['kind']): Steerable | CommandAnswer {
  const { id, status, chargerId, transactionId } = session;
  const capabilities = capabilitiesOf(gw, chargerId);
  // One that has told nothing of itself is asked: it says so if it cannot.
  if (capabilities.features !== null && !takesLimits(capabilities))
    return { kind: 'not-supported', message: 'this charger takes no limits' };
  if (status !== 'ACTIVE' || transactionId === null)
    return { kind: 'rejected', message: `the session is ${status}: there is nothing to limit` };
  const now = gw.clock();
  if (store.wasAsked(gw.db, id, kind, now - PACE, now))
    return { kind: 'too-often', message: 'a session is steered at most once a minute' };
  const connection = gw.connections.find(chargerId);
  return connection ? { session, transactionId, callTimeout: connection.callTimeout } : OFFLINE;
}

/** Sets the limit of a running session; from then on its peer is told the limit in force as that changes. */
export async function limitSession(
  gw: Gateway,
  origin: CommandOrigin,
  wanted: Session,
  limit: SessionLimit,
): Promise<CommandAnswer> {
  const able = steerable(gw, wanted, 'set-profile');
  if (!('session' in able)) return able;
  const { session, transactionId, callTimeout } = able;
  const profile: Omit<ChargingProfile, 'id' | 'wireId'> & { id: null } = {
    id: null,
    stackLevel: 0,
    purpose: 'tx',
    kind: limit.startsAt === null ? 'relative' : 'absolute',
    recurrency: null,
    validFrom: null,
    validTo: null,
    duration: limit.duration,
    startsAt: limit.startsAt,
    unit: limit.unit,
    minRate: limit.minRate,
    periods: limit.periods.map((period) => ({ ...period, phases: null })),
  };
  return takeCommand(gw, origin, {
    kind: 'set-profile',
    sessionId: session.id,
    // The same limit may have to be said in another way (Q60).
    within: 2 * callTimeout,
    run: () =>
      whileItRuns(async () => {
        const { outcome } = await setProfile(gw, session.chargerId, { evse: null, transactionId, profile });
        return profileResult(outcome);
      }),
    settle(tx, { outcome }) {
      if (outcome !== 'accepted') return;
      store.putSteered(gw.db, session.id, origin.peer);
      tx.after(() => lookSoon(gw, session.id));
    },
  });
}

/** Takes away the limit that was set for a running session. */
export async function unlimitSession(gw: Gateway, origin: CommandOrigin, wanted: Session): Promise<CommandAnswer> {
  const able = steerable(gw, wanted, 'clear-profile');
  if (!('session' in able)) return able;
  const { session, transactionId, callTimeout } = able;
  return takeCommand(gw, origin, {
    kind: 'clear-profile',
    sessionId: session.id,
    within: callTimeout,
    async run() {
      const transaction = findById(gw.db, transactionId);
      if (!transaction) return { outcome: 'unknown', message: null };
      const which = { id: numberFor('tx', transaction.seq), evse: null, purpose: null, stackLevel: null };
      const outcome = await clearProfiles(gw, session.chargerId, which);
      const none = outcome.kind === 'answered' && outcome.answer.status === 'not-found';
      return none ? { outcome: 'unknown', message: 'there was no limit' } : profileResult(outcome);
    },
    settle(tx) {
      tx.after(() => lookSoon(gw, session.id));
    },
  });
}

/** Asks for the limit that is in force for a running session, so many seconds ahead. */
export async function readSessionLimit(
  gw: Gateway,
  origin: CommandOrigin,
  wanted: Session,
  seconds: number,
): Promise<CommandAnswer> {
  const able = steerable(gw, wanted, 'read-profile');
  if (!('session' in able)) return able;
  const { session, callTimeout } = able;
  return takeCommand(gw, origin, {
    kind: 'read-profile',
    sessionId: session.id,
    within: callTimeout,
    async run() {
      const { outcome, limit } = await readLimit(gw, session, seconds);
      const result = profileResult(outcome);
      if (result.outcome !== 'accepted') return result;
      return limit ? { ...result, limit } : { outcome: 'unknown', message: 'the charger told no limit' };
    },
  });
}

async function readLimit(
  gw: Gateway,
  { chargerId, evse }: Session,
  seconds: number,
  options: CallOptions = {},
): Promise<{ outcome: OrderOutcome<'composite-schedule'> | Unreached; limit: ActiveLimit | null }> {
  const order = { kind: 'composite-schedule' as const, evse, seconds, unit: null };
  const outcome = await orderCharger(gw, chargerId, order, options);
  const told = outcome.kind === 'answered' && outcome.answer.status === 'accepted' ? outcome.answer.limit : null;
  const limit = told && told.periods.length > 0 ? { ...told, startsAt: told.startsAt ?? gw.clock() } : null;
  return { outcome, limit };
}

/** As `resultOf`, but of a charger that was lost on the way nobody knows what it has. */
function profileResult(outcome: Parameters<typeof resultOf>[0]): CommandResult {
  const result = resultOf(outcome);
  return outcome.kind === 'disconnected' ? { ...result, outcome: 'timeout' } : result;
}

/** A transaction that ends meanwhile has no limit any more. */
async function whileItRuns(work: () => Promise<CommandResult>): Promise<CommandResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { outcome: 'rejected', message: 'the session has ended' };
  }
}

function lookSoon(gw: Gateway, sessionId: string): void {
  look(gw, sessionId).catch((error: unknown) =>
    gw.log.error({ err: error, session: sessionId }, 'the limit in force could not be looked at'),
  );
}

/** Looks which limit is in force for a session that a peer has limited, and tells where it is another than before. */
async function look(gw: Gateway, sessionId: string): Promise<void> {
  const session = findSession(gw.db, sessionId);
  if (session?.status !== 'ACTIVE' || !store.findSteered(gw.db, sessionId)) return;
  const { limit } = await readLimit(gw, session, AHEAD, { background: true });
  if (!limit) return;
  await gw.db.write((tx) => {
    const steered = store.findSteered(gw.db, sessionId);
    if (!steered || (steered.found && markOf(steered.found, limit.startsAt) === markOf(limit, limit.startsAt))) return;
    store.setFound(gw.db, sessionId, limit);
    tx.emit({ name: 'session.limited', data: { sessionId, peer: steered.peer } });
  });
}

/** What is the same of two limits that were read at different times: what holds at `at`, and what comes later when. */
function markOf({ startsAt, unit, periods }: ActiveLimit, at: Millis): string {
  const steps = periods.map(({ start, limit }) => ({ at: startsAt + start * 1000, limit }));
  const now = steps.findLast((step) => step.at <= at) ?? steps[0];
  const later = steps.filter((step, i) => step.at > at && step.limit !== steps[i - 1]?.limit);
  // Chargers count in whole seconds or minutes from the moment they were asked.
  return JSON.stringify([unit, now?.limit, later.map((step) => [Math.round(step.at / 60_000), step.limit])]);
}

/** Looks after the limits of sessions that peers have limited: others may set limits too. Called every five minutes. */
export async function followLimits(gw: Gateway): Promise<void> {
  if (!store.isAnySteered(gw.db)) return;
  await gw.db.write(() => store.deleteSteeredEnded(gw.db));
  for (const { sessionId } of store.listSteered(gw.db)) await look(gw, sessionId);
}

/** The limit in force that was last found for a session; null where none was. */
export function activeLimit(gw: Gateway, sessionId: string): ActiveLimit | null {
  return store.findSteered(gw.db, sessionId)?.found ?? null;
}
