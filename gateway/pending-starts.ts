import { createHash, randomUUID } from 'node:crypto';
import { ensureEvse } from './chargers.ts';
import type { PendingStart } from './domain/commands.ts';
import { isPlausible, type Millis } from './domain/time.ts';
import { canonicalUid } from './domain/token.ts';
import type { Evse, TokenUse, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { adoptTransaction, endPending, openPending } from './sessions.ts';
import { isHolder } from './reserved-bays.ts';
import * as store from './store/commands.ts';
import { findLiveAt } from './store/reservations.ts';
import type { Tx } from './store/db.ts';

/** How long a peer's start lets its card in (OCPI 2.3.0 mod_commands, StartSession: 15 minutes). */
const PATIENCE = 15 * 60_000;

/** So long a start that was given up is known, for a charger that was disconnected and tells late that it began. */
const KEPT = 7 * 24 * 3_600_000;

/** And so many of them. */
const MOST_KEPT = 1000;

/** Clocks may differ by so much and still mean the same moment. */
const SLACK = 5 * 60_000;

/**
 * The card number that a charger is told for a token: the token's own where the charger can be told it, else one that
 * stands for it. App tokens are often UUIDs, and OCPP 1.6 takes 20 characters.
 */
export function wireUidOf({ countryCode, partyId, uid }: TokenUse, limit: number): string {
  if (uid.length <= limit && /^[\x21-\x7e]+$/.test(uid)) return uid;
  const digest = createHash('sha256').update(`${countryCode}/${partyId}/${uid}`.toUpperCase()).digest('hex');
  return `G${digest.slice(0, Math.min(19, limit - 1)).toUpperCase()}`;
}

/** A start as a peer orders it. */
export type OrderedStart = Pick<
  PendingStart,
  'peer' | 'chargerId' | 'evse' | 'connector' | 'wireUid' | 'token' | 'authorizationReference'
>;

/**
 * Notes, inside the write at hand, a start before its charger is asked: some begin before they answer. The same order once
 * more, while the charger has still to make it, is the same start.
 */
export function expectStart(gw: Gateway, tx: Tx, order: OrderedStart): PendingStart {
  const same = store
    .listStartsWith(gw.db, order.chargerId, order.wireUid)
    .find(
      ({ peer, evse, state }) =>
        peer === order.peer && evse === order.evse && (state === 'ordered' || state === 'accepted'),
    );
  const expiresAt = tx.now + PATIENCE;
  if (same) {
    const renewed = { ...same, connector: order.connector, expiresAt };
    if (order.authorizationReference !== null) renewed.authorizationReference = order.authorizationReference;
    store.putStart(gw.db, renewed);
    return renewed;
  }
  // Who starts where a bay is kept for them goes on with that session (OCPI 2.3.0 mod_sessions, reservation).
  const kept = findLiveAt(gw.db, order.chargerId, order.evse);
  const own = kept?.state === 'held' && kept.peer === order.peer && isHolder(gw, kept, order.token.uid);
  const start = {
    ...order,
    sessionId: own ? kept.sessionId : randomUUID(),
    // The last reference that the peer gave counts (OCPI 2.3.0 mod_sessions, authorization_reference).
    authorizationReference: order.authorizationReference ?? (own ? kept.authorizationReference : null),
    state: 'ordered' as const,
    createdAt: tx.now,
    expiresAt,
  };
  return { ...start, seq: store.insertStart(gw.db, start) };
}

/** The charger accepted, inside the write at hand: there is a PENDING session now, unless it has begun already. */
export function acceptStart(gw: Gateway, tx: Tx, seq: number): void {
  const start = store.findStart(gw.db, seq);
  if (start?.state !== 'ordered') return;
  openPending(gw, tx, start, ensureEvse(gw, tx, start.chargerId, start.evse));
  store.putStart(gw.db, { ...start, state: 'accepted' });
}

/** The charger will not begin, inside the write at hand: the card is let in no longer. One that it accepted before stays. */
export function refuseStart(gw: Gateway, seq: number): void {
  const start = store.findStart(gw.db, seq);
  if (start?.state === 'ordered') store.deleteStart(gw.db, start.sessionId);
}

/** Calls a PENDING session off, inside the write at hand; its card is let in no longer. */
export function cancelStart(gw: Gateway, tx: Tx, sessionId: string): void {
  endPending(gw, tx, sessionId);
  store.deleteStart(gw.db, sessionId);
}

/** The peer's start that this transaction is: by its card, best on the EVSE that was meant; null where there is none. */
export function findOrdered(
  gw: Gateway,
  begun: { chargerId: string; evse: number; tokenUid: string; reportedAt: Millis; receivedAt: Millis },
): PendingStart | null {
  const awaited = store
    .listStartsWith(gw.db, begun.chargerId, begun.tokenUid)
    .filter((start) => start.state !== 'adopted' && (start.expiresAt > begun.receivedAt || wasInTime(start, begun)));
  return awaited.find(({ evse }) => evse === begun.evse) ?? awaited[0] ?? null;
}

/** Did it begin while it was awaited, and is told only now? */
function wasInTime(
  start: PendingStart,
  { reportedAt, receivedAt }: { reportedAt: Millis; receivedAt: Millis },
): boolean {
  return (
    isPlausible(reportedAt, receivedAt) &&
    reportedAt >= start.createdAt - SLACK &&
    reportedAt <= start.expiresAt + SLACK
  );
}

/** Makes a transaction that of the peer's start, inside the write at hand. */
export function beginOrdered(gw: Gateway, tx: Tx, start: PendingStart, transaction: Transaction, evse: Evse): void {
  // A session that was told to be INVALID stays so: what came after all is another one.
  const sessionId = start.state === 'over' ? randomUUID() : start.sessionId;
  const adopted = { ...start, sessionId, state: 'adopted' as const };
  store.putStart(gw.db, adopted);
  adoptTransaction(gw, tx, adopted, transaction, evse);
}

/** And what was given up long ago is forgotten. */
function giveUp(gw: Gateway, tx: Tx, start: PendingStart): void {
  endPending(gw, tx, start.sessionId);
  store.putStart(gw.db, { ...start, state: 'over' });
  store.deleteStartsOver(gw.db, tx.now - KEPT, MOST_KEPT);
}

/** Are EVSEs of this charger waiting for a peer's driver? */
export function awaitedEvses(gw: Gateway, chargerId: string): number[] {
  return store.listAwaited(gw.db, chargerId).map(({ evse }) => evse);
}

/** Gives up what was not begun in a quarter of an hour. Called every second. */
export async function expirePendingStarts(gw: Gateway): Promise<void> {
  if (store.listExpired(gw.db, gw.clock()).length === 0) return;
  await gw.db.write((tx) => {
    for (const start of store.listExpired(gw.db, tx.now)) giveUp(gw, tx, start);
  });
}

/**
 * Gives up at once what a charger accepted and then did not begin. Of one that is disconnected nobody knows: that waits out
 * its time. Gives what ends the watch.
 */
export function watchUnfulfilled(gw: Gateway): () => void {
  return gw.bus.on('start.unfulfilled', ({ chargerId, evse, tokenUid }) => {
    if (!gw.connections.find(chargerId)) return;
    const given = (start: PendingStart): boolean =>
      start.state === 'accepted' &&
      canonicalUid(start.wireUid) === canonicalUid(tokenUid) &&
      (evse === null || start.evse === evse);
    if (!store.listAwaited(gw.db, chargerId).some(given)) return;
    gw.db
      .write((tx) => {
        for (const start of store.listAwaited(gw.db, chargerId).filter(given)) giveUp(gw, tx, start);
      })
      .catch((error: unknown) =>
        gw.log.error({ err: error, charger: chargerId }, 'a start that was not made could not be noted'),
      );
  });
}
