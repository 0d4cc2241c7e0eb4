import { isPlausible } from './domain/time.ts';
import type { TransactionEvent } from './domain/transaction-events.ts';
import type { Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { findCharger, listEvsesOf } from './store/chargers.ts';
import { findByWireId as findReserved } from './store/reservations.ts';
import * as store from './store/told-transactions.ts';
import { findById, findByWireId, findOpenAt } from './store/transactions.ts';

type Told = store.ToldTransaction;

/**
 * The transaction that is told under the id of an event; undefined: none yet. A charger that gives its id to another transaction
 * (after a factory reset, or where the end of the first never came) means the other.
 */
export function findMeant(gw: Gateway, event: TransactionEvent): Told | undefined {
  const known = store.findTold(gw.db, event.chargerId, event.wireId);
  // Most go on with what is known, where it is known.
  if (!known || (event.type !== 'started' && isThere(event, known))) return known;
  if (store.findEventAnswer(gw.db, known.seq, event.key) !== undefined) return known;
  return isAnother(gw, event, known) ? undefined : known;
}

/** The same inside the write at hand: where there is none, there is one now. */
export function toldOf(gw: Gateway, event: TransactionEvent): { told: Told; unheardOf: boolean } {
  const meant = findMeant(gw, event);
  if (meant) return { told: meant, unheardOf: false };
  const other = store.findTold(gw.db, event.chargerId, event.wireId);
  if (other) {
    gw.diagnostics.deviation(event.chargerId, 'TRANSACTION_ID_REUSED', event.wireId);
    store.releaseWireId(gw.db, other);
    // The end of the first is owed still, but nothing more is told of it.
    store.updateTold(gw.db, { ...other, endedAt: other.endedAt ?? event.receivedAt });
  }
  return { told: insert(gw, event), unheardOf: true };
}

/**
 * Is this of another transaction under the id of a known one? A start that comes late happened before what was told of already;
 * where its clock cannot be believed, one that has ended is not begun once more.
 */
function isAnother(gw: Gateway, event: TransactionEvent, known: Told): boolean {
  const { type, reportedAt, receivedAt } = event;
  const over = known.endedAt !== null || isClosed(gw, known);
  const bootedAt = findCharger(gw.db, known.chargerId)?.bootedAt ?? null;
  const rebooted = bootedAt !== null && bootedAt > known.toldAt;
  // None moves to another meter, but some are careless with their numbers.
  if (!over && rebooted && !isThere(event, known)) return true;
  // Some tell two starts of one transaction, but not across a boot.
  if (type !== 'started' || !(over || (known.started && rebooted))) return false;
  if (known.reportedAt === null || !isPlausible(reportedAt, receivedAt)) return over;
  return reportedAt > known.reportedAt;
}

function isThere({ evse }: TransactionEvent, known: Told): boolean {
  return evse === null || evse === known.evse || !known.placed;
}

/** Was it ended without its charger, by estimate? */
function isClosed(gw: Gateway, { transactionId }: Told): boolean {
  const transaction = transactionId === null ? undefined : findById(gw.db, transactionId);
  return transaction !== undefined && transaction.stopReceivedAt !== null;
}

function insert(gw: Gateway, event: TransactionEvent): Told {
  const { chargerId, wireId, receivedAt } = event;
  const numbered = findByWireId(gw.db, chargerId, wireId);
  const continued = numbered && isContinued(numbered, event) ? numbered : null;
  if (numbered && !continued) store.releaseNumber(gw.db, numbered.id);
  const place = continued ?? { evse: event.evse ?? likelyEvse(gw, event), connector: event.connector ?? 1 };
  const fresh = { chargerId, wireId, evse: place.evse, connector: place.connector, toldAt: receivedAt };
  const seq = store.insertTold(gw.db, fresh);
  return {
    ...fresh,
    seq,
    tokenUid: continued?.tokenUid ?? null,
    samples: [],
    state: null,
    transactionId: continued?.id ?? null,
    metered: continued !== null,
    endedAt: null,
    started: continued !== null,
    reportedAt: null,
    placed: continued !== null || event.evse !== null,
  };
}

/**
 * Does a charger that spoke 1.6 when it began go on with that transaction, under the number that we gave? One whose stop it told
 * is over; a number is no more than a number where it begins something, or somewhere else.
 */
function isContinued(
  { evse, stopReceivedAt, stopEstimated }: Transaction,
  event: Pick<TransactionEvent, 'type' | 'evse'>,
): boolean {
  const open = stopReceivedAt === null || stopEstimated;
  return open && event.type !== 'started' && (event.evse === null || event.evse === evse);
}

/** Where it can only be, where no event has said it: never where another transaction runs, if there is any other place. */
export function likelyEvse(gw: Gateway, { chargerId, wireId, reservationId }: TransactionEvent): number {
  gw.diagnostics.deviation(chargerId, 'EVSE_MISSING', `transaction ${wireId}`);
  const reserved = reservationId === null ? undefined : findReserved(gw.db, chargerId, reservationId);
  if (reserved) return reserved.evse;
  const evses = listEvsesOf(gw.db, chargerId).filter(({ removed }) => !removed);
  const free = evses.filter(
    ({ evse }) => !findOpenAt(gw.db, chargerId, evse) && !store.isToldOpenAt(gw.db, chargerId, evse),
  );
  const plugged = free.find(({ evse }) =>
    store.listConnectorStatuses(gw.db, chargerId, evse).some(({ status }) => status === 'occupied'),
  );
  return (plugged ?? free[0] ?? evses[0])?.evse ?? 1;
}
