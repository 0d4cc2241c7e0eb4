import { cardAnswer, judgeListed, localVerdict, ORDERED, refuseConcurrent, type CardAnswer } from './authorization.ts';
import { ensureEvse } from './chargers.ts';
import { noteDecision, noteRefusal } from './decisions.ts';
import type { Authorization, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { beginOrdered, findOrdered } from './pending-starts.ts';
import { reservationFor } from './reserved-bays.ts';
import { beginReserved, openSession, withdrawSession } from './sessions.ts';
import { findCharger } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import { findSessionOf } from './store/sessions.ts';
import { setCard } from './store/told-transactions.ts';
import { findById } from './store/transactions.ts';
import type { Beginning } from './transaction-begin.ts';

/** Does a transaction run for nobody who was let in, so that a card that comes now is the one that it is for? */
export function wantsCard(gw: Gateway, { id, tokenUid, stopReceivedAt }: Transaction): boolean {
  if (stopReceivedAt !== null) return false;
  const session = findSessionOf(gw.db, id);
  return session ? !session.authorized : tokenUid === '';
}

/**
 * Takes in, inside the write at hand, a card that comes when its transaction runs already: energy flowed before, or the event
 * that told of the card was lost. One that is let in has the whole transaction from its beginning on, in a session of its own; the
 * one before becomes INVALID. `decision` null: nobody was asked.
 */
export function takeCard(
  gw: Gateway,
  tx: Tx,
  running: Transaction,
  held: Pick<Beginning, 'chargerId' | 'evse' | 'tokenUid' | 'reportedAt' | 'receivedAt' | 'reservationId'>,
  decision: Authorization | null,
): CardAnswer {
  const { chargerId, tokenUid, receivedAt } = held;
  const [ordered, reserved] = [findOrdered(gw, held), reservationFor(gw, held)];
  const authorization = ordered || reserved ? ORDERED : (decision ?? localDecision(gw, held));
  const tap = { chargerId, evse: running.evse, uid: tokenUid, reader: null, at: receivedAt };
  noteDecision(gw, tap, authorization);
  tx.after(() => noteRefusal(gw, tap, authorization));
  const card = cardAnswer(authorization);
  if (authorization.verdict !== 'accepted') return card;
  setCard(gw.db, running.id, tokenUid, JSON.stringify({ card }));
  const before = findSessionOf(gw.db, running.id);
  if (before) withdrawSession(gw, tx, before);
  const transaction = findById(gw.db, running.id);
  if (transaction && findCharger(gw.db, chargerId)?.registration === 'accepted') {
    const evse = ensureEvse(gw, tx, chargerId, running.evse);
    if (ordered) beginOrdered(gw, tx, ordered, transaction, evse);
    else if (reserved) beginReserved(gw, tx, reserved, transaction, evse);
    else openSession(gw, tx, transaction, evse, authorization);
  }
  return card;
}

function localDecision(gw: Gateway, held: Parameters<typeof takeCard>[3]): Authorization {
  const { chargerId, evse, tokenUid, receivedAt } = held;
  return refuseConcurrent(gw, held, localVerdict(judgeListed(gw, chargerId, evse, tokenUid, receivedAt)));
}
