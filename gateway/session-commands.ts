import type { EvseView } from './chargers.ts';
import { takeCommand, type CommandOrigin } from './commands.ts';
import type { OrderOutcome } from './connections.ts';
import type { CommandAnswer, CommandResult, PendingStart } from './domain/commands.ts';
import { GatewayError } from './domain/errors.ts';
import type { OrderKind } from './domain/orders.ts';
import type { Session, TokenUse } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { acceptStart, awaitedEvses, cancelStart, expectStart, refuseStart, wireUidOf } from './pending-starts.ts';
import { orderCharger, stopRemotely, type Unreached } from './remote-control.ts';
import { startRemotely } from './remote-start.ts';
import { siteView } from './site.ts';
import { findEvse } from './store/chargers.ts';
import { findPeer } from './store/peers.ts';
import { findSession, findSessionOf } from './store/sessions.ts';
import { findOpenAt } from './store/transactions.ts';

/** A charge that a peer wants begun. Its token is not judged, and may be one that nobody knows. */
export interface SessionStart {
  token: TokenUse;
  /** Null: any that is free. */
  evse: EvseView | null;
  connector: number | null;
  authorizationReference: string | null;
}

/** A charger that has no open socket is not asked. */
export const OFFLINE: CommandAnswer = { kind: 'rejected', message: 'the charger is not connected' };

/**
 * Lets a charger begin a session for a peer (OCPI 2.3.0 mod_commands START_SESSION). The session is PENDING once the
 * charger accepted, and goes where its transaction goes, also when that comes after the result.
 */
export async function startSession(gw: Gateway, origin: CommandOrigin, wanted: SessionStart): Promise<CommandAnswer> {
  const evse = wanted.evse ?? freeEvse(gw);
  if (!evse) return { kind: 'rejected', message: 'no EVSE here is free and connected' };
  const connection = gw.connections.find(evse.chargerId);
  if (!connection) return OFFLINE;
  const { chargerId } = evse;
  const { token, connector, authorizationReference } = wanted;
  const wireUid = wireUidOf(token, connection.tokenLimit);
  const order = { peer: origin.peer, chargerId, evse: evse.evse, connector, wireUid, token, authorizationReference };
  let start: PendingStart | null = null;
  let silent = false;
  return takeCommand(gw, origin, {
    kind: 'start',
    within: connection.callTimeout,
    prepare(tx) {
      start = expectStart(gw, tx, order);
    },
    async run() {
      const outcome = await startRemotely(gw, chargerId, { tokenUid: wireUid, evse: evse.evse, profile: null });
      silent = outcome.kind === 'disconnected';
      return startResult(gw, order, outcome);
    },
    settle(tx, { outcome }) {
      if (!start) return;
      if (outcome === 'accepted') acceptStart(gw, tx, start.seq);
      // A charger that did not answer may begin all the same; then the session is told after all (OCPI issue 475).
      else if (outcome !== 'timeout' && !silent) refuseStart(gw, start.seq);
    },
  });
}

/** An EVSE that is free, connected and usable; one with a vehicle that waits before others. */
function freeEvse(gw: Gateway): EvseView | null {
  const free = siteView(gw).evses.filter(
    ({ removed, chargerId, evse, transactionId, visible }) =>
      !removed &&
      transactionId === null &&
      (visible === 'Available' || visible === 'Preparing') &&
      gw.connections.find(chargerId) !== undefined &&
      !awaitedEvses(gw, chargerId).includes(evse),
  );
  return free.find(({ visible }) => visible === 'Preparing') ?? free[0] ?? null;
}

/** A charger only says that it will not; what is known of the EVSE says why. */
function startResult(
  gw: Gateway,
  at: { chargerId: string; evse: number },
  outcome: OrderOutcome<'start'> | Unreached,
): CommandResult {
  if (outcome.kind !== 'answered' || outcome.answer.status !== 'rejected') return resultOf(outcome);
  const status = findEvse(gw.db, at.chargerId, at.evse)?.status ?? null;
  if (status === 'Faulted' || status === 'Unavailable')
    return say('inoperative', `the EVSE is ${status.toLowerCase()}`);
  if (findOpenAt(gw.db, at.chargerId, at.evse) || status === 'Reserved')
    return say('occupied', 'somebody else uses the EVSE');
  // OCPI 2.3.0 mod_commands, the flow of a start without a cable.
  if (status === 'Available') return say('failed', 'the charger refused: no vehicle is connected');
  return withReason(say('rejected', 'the charger refused'), outcome.answer.reason);
}

const say = (outcome: CommandResult['outcome'], message: string): CommandResult => ({ outcome, message });

/** How an order to a charger ended, as a peer is told it. */
export function resultOf<K extends OrderKind>(outcome: OrderOutcome<K> | Unreached): CommandResult {
  switch (outcome.kind) {
    case 'answered':
      return withReason(statusResult(outcome.answer.status), outcome.answer.reason);
    case 'error': {
      const unknown = /^not(implemented|supported)$/i.test(outcome.code.trim());
      return unknown
        ? say('not-supported', 'the charger does not know this')
        : say('failed', `the charger failed (${outcome.code.slice(0, 60)})`);
    }
    case 'timeout':
      return say('timeout', 'the charger did not answer in time');
    case 'disconnected':
    case 'not-connected':
      return say('failed', 'the charger lost its connection');
    case 'queue-full':
      return say('failed', 'too much waits for the charger already');
    case 'invalid':
    case 'unknown-charger':
      return say('failed', 'the charger cannot be told this');
  }
}

/** A refusal in the charger's own words. */
function withReason(result: CommandResult, reason: string | undefined): CommandResult {
  if (result.message === null || reason === undefined) return result;
  return { ...result, message: `${result.message} (${reason.slice(0, 200)})` };
}

function statusResult(status: string): CommandResult {
  switch (status) {
    case 'accepted':
    case 'scheduled':
    // It answered without saying; what it does next tells (Q27).
    case 'unknown':
      return { outcome: 'accepted', message: null };
    case 'occupied':
      return say('occupied', 'somebody else uses the EVSE');
    case 'faulted':
    case 'unavailable':
      return say('inoperative', `the EVSE is ${status}`);
    case 'not-supported':
      return say('not-supported', 'the charger cannot do this');
    case 'failed':
      return say('failed', 'the charger tried and failed');
    default:
      return say('rejected', 'the charger refused');
  }
}

/**
 * Ends a session for a peer (STOP_SESSION): one that runs is stopped at its charger, whose report ends it; a PENDING one
 * is called off.
 */
export async function stopSession(gw: Gateway, origin: CommandOrigin, session: Session): Promise<CommandAnswer> {
  const { id, chargerId, transactionId } = session;
  if (session.status === 'PENDING')
    return takeCommand(gw, origin, {
      kind: 'stop',
      sessionId: id,
      within: 30,
      async run() {
        // It may have begun meanwhile.
        return (await callOff(gw, id)) ? { outcome: 'accepted', message: null } : stopRunning(gw, id);
      },
    });
  if (session.status !== 'ACTIVE' || transactionId === null)
    return { kind: 'rejected', message: `the session is ${session.status}: there is nothing to stop` };
  const connection = gw.connections.find(chargerId);
  if (!connection) return OFFLINE;
  return takeCommand(gw, origin, {
    kind: 'stop',
    sessionId: id,
    within: connection.callTimeout,
    run: () => stopRunning(gw, id),
  });
}

async function callOff(gw: Gateway, sessionId: string): Promise<boolean> {
  return gw.db.write((tx) => {
    if (findSession(gw.db, sessionId)?.status !== 'PENDING') return false;
    cancelStart(gw, tx, sessionId);
    return true;
  });
}

async function stopRunning(gw: Gateway, sessionId: string): Promise<CommandResult> {
  const session = findSession(gw.db, sessionId);
  if (session?.status !== 'ACTIVE') return say('rejected', 'the session has ended');
  try {
    return resultOf(await stopRemotely(gw, session.chargerId, { transactionId: session.transactionId, evse: null }));
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return say('rejected', 'the session has ended');
  }
}

/**
 * Lets go of a plug that is stuck (UNLOCK_CONNECTOR). A charger ends what runs there first, so a peer that sees only its
 * own sessions may not do it to another's.
 */
export async function unlockConnector(
  gw: Gateway,
  origin: CommandOrigin,
  { chargerId, evse, transactionId }: EvseView,
  connector: number,
): Promise<CommandAnswer> {
  const all = findPeer(gw.db, origin.peer)?.visibility === 'all';
  if (transactionId !== null && !all && findSessionOf(gw.db, transactionId)?.peer !== origin.peer)
    return { kind: 'rejected', message: 'somebody else charges there' };
  const connection = gw.connections.find(chargerId);
  if (!connection) return OFFLINE;
  return takeCommand(gw, origin, {
    kind: 'unlock',
    within: connection.callTimeout,
    run: async () => resultOf(await orderCharger(gw, chargerId, { kind: 'unlock', evse, connector })),
  });
}
