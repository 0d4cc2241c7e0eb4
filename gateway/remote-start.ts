import { capabilitiesOf } from './capabilities.ts';
import type { OrderOutcome } from './connections.ts';
import type { ChargingProfile } from './domain/orders.ts';
import { canonicalUid } from './domain/token.ts';
import type { EvseStatus } from './domain/status.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { checkEvse, orderCharger, type Unreached } from './remote-control.ts';
import { keepUntilStop } from './smart-charging.ts';
import { listEvsesOf } from './store/chargers.ts';
import { findById, findOpen } from './store/transactions.ts';

/** A start that a charger was asked for, until its transaction begins. */
export interface AwaitedStart {
  chargerId: string;
  /** Null: the charger chooses. */
  evse: number | null;
  tokenUid: string;
  /** The limit that went along, by the charger's number for it. */
  profileId: number | null;
  /** When it is given up; null until the charger accepted. */
  dueAt: Millis | null;
}

export interface RemoteStart {
  tokenUid: string;
  evse: number | null;
  /** A limit for this transaction alone; `id` null: one that no other start has. */
  profile: (Omit<ChargingProfile, 'id' | 'wireId'> & { id: number | null }) | null;
}

/** What drivers have for plugging in where the charger does not say (OCPP 1.6 ConnectionTimeOut), seconds. */
const USUAL_PATIENCE = 60;

/** Beyond the charger's patience, seconds: its message has to arrive too. */
const GRACE = 30;

/** Nobody is waited for longer, seconds, whatever a charger says of itself. */
const MOST_PATIENCE = 3600;

/** More than these are not watched at a time: the oldest goes. */
const MOST_AWAITED = 1000;

/**
 * Asks a charger to begin a transaction with this card. The EVSE is always named where it can be told (Q45), and a start
 * that is accepted and then not made is noted (Q44). Errors: EVSE_UNKNOWN.
 */
export async function startRemotely(
  gw: Gateway,
  chargerId: string,
  start: RemoteStart,
): Promise<OrderOutcome<'start'> | Unreached> {
  checkEvse(gw, chargerId, start.evse);
  const evse = start.evse ?? likelyEvse(gw, chargerId);
  // Before the order: some chargers begin before they answer.
  const { tokenUid } = start;
  const profile = start.profile && { ...start.profile, id: start.profile.id ?? freshId(gw), wireId: null };
  const awaited: AwaitedStart = { chargerId, evse, tokenUid, profileId: profile?.id ?? null, dueAt: null };
  gw.awaitedStarts.push(awaited);
  if (gw.awaitedStarts.length > MOST_AWAITED) gw.awaitedStarts.shift();
  const outcome = await orderCharger(gw, chargerId, { kind: 'start', tokenUid, evse, profile });
  // An answer that says nothing leaves it to what comes next (Q27).
  const taken = outcome.kind === 'answered' && ['accepted', 'unknown'].includes(outcome.answer.status);
  if (taken) awaited.dueAt = gw.clock() + (patienceOf(gw, chargerId) + GRACE) * 1000;
  else forget(gw, awaited);
  return outcome;
}

function patienceOf(gw: Gateway, chargerId: string): number {
  return Math.min(capabilitiesOf(gw, chargerId).connectionTimeout ?? USUAL_PATIENCE, MOST_PATIENCE);
}

const PLUGGED: ReadonlySet<EvseStatus | null> = new Set<EvseStatus>([
  'Preparing',
  'Charging',
  'SuspendedEV',
  'SuspendedEVSE',
  'Finishing',
]);

/**
 * The EVSE that a start can only mean: the only one there is; else the only one with a vehicle and no transaction; else the
 * only one that could take one. Null where it is not certain: a wrong guess charges somebody else's car.
 */
function likelyEvse(gw: Gateway, chargerId: string): number | null {
  const evses = listEvsesOf(gw.db, chargerId).filter(({ removed }) => !removed);
  const busy = new Set(findOpen(gw.db, chargerId).map(({ evse }) => evse));
  const free = evses.filter(({ evse }) => !busy.has(evse));
  const plugged = free.filter(({ status }) => PLUGGED.has(status));
  const usable = free.filter(({ status }) => status !== 'Faulted' && status !== 'Unavailable');
  return [evses, plugged, usable].find((candidates) => candidates.length === 1)?.[0]?.evse ?? null;
}

function forget(gw: Gateway, awaited: AwaitedStart): void {
  const at = gw.awaitedStarts.indexOf(awaited);
  if (at >= 0) gw.awaitedStarts.splice(at, 1);
}

/** A charger's number for the limit of a start: another one every tenth of a second, and above those of other limits. */
function freshId(gw: Gateway): number {
  return 1_000_000_000 + (Math.floor(gw.clock() / 100) % 1_000_000_000);
}

/** Takes starts off the watch as their transactions begin; gives what ends that. */
export function watchStarts(gw: Gateway): () => void {
  return gw.bus.on('transaction.started', ({ transactionId, chargerId, evse }) => {
    const uid = canonicalUid(findById(gw.db, transactionId)?.tokenUid ?? '');
    // The charger may have chosen another EVSE, or tells a card of its own.
    const made = gw.awaitedStarts.find(
      (start) => start.chargerId === chargerId && (start.evse === evse || canonicalUid(start.tokenUid) === uid),
    );
    if (!made) return;
    forget(gw, made);
    if (made.profileId !== null)
      keepUntilStop(gw, chargerId, made.profileId, transactionId).catch((error: unknown) =>
        gw.log.error({ err: error, charger: chargerId }, 'the profile of a remote start could not be noted'),
      );
  });
}

/** Notes the starts that were accepted and not made in time (Q44). Called every second. */
export function expireStarts(gw: Gateway): void {
  const now = gw.clock();
  for (const start of gw.awaitedStarts.filter(({ dueAt }) => dueAt !== null && dueAt <= now)) {
    forget(gw, start);
    const { chargerId, evse, tokenUid } = start;
    gw.diagnostics.deviation(
      chargerId,
      'START_WITHOUT_TRANSACTION',
      evse === null ? 'the charger was to choose the EVSE' : `EVSE ${evse}`,
    );
    gw.log.warn({ charger: chargerId, evse }, 'a start was accepted and no transaction followed');
    gw.bus.publish({ name: 'start.unfulfilled', data: { chargerId, evse, tokenUid } });
  }
}
