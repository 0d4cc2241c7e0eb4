import { randomUUID } from 'node:crypto';
import type { EvseView } from './chargers.ts';
import { takeCommand, type CommandOrigin } from './commands.ts';
import type { CommandAnswer, CommandResult } from './domain/commands.ts';
import { isLive, type Reservation } from './domain/reservations.ts';
import type { Millis } from './domain/time.ts';
import type { TokenUse } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { askToHold, claimBay, letGo, settleHold, tellEnded, type HoldResult } from './reservations.ts';
import { siteView } from './site.ts';
import { insertCommand } from './store/commands.ts';
import * as store from './store/reservations.ts';

/** A bay that a peer wants kept now. Its token is not judged, and may be one that nobody knows. */
export interface PeerReservation {
  reservationId: string;
  token: TokenUse;
  /** Null: any that is free. */
  evse: EvseView | null;
  expiresAt: Millis;
  authorizationReference: string | null;
}

/** So long is a charger given to answer where none is connected, seconds. */
const USUAL_TIMEOUT = 30;

/** Results of what happens later are told within this, ms. */
const LATER = 120_000;

/**
 * Keeps a bay for a peer (OCPI 2.3.0 mod_commands RESERVE_NOW); the same reservation_id of the same party replaces what it was.
 */
export async function reserveForPeer(
  gw: Gateway,
  origin: CommandOrigin,
  wanted: PeerReservation,
): Promise<CommandAnswer> {
  const peerKey = keyOf(origin, wanted.token, wanted.reservationId);
  const before = store.findLiveOfPeer(gw.db, origin.peer, peerKey);
  const evse = wanted.evse ?? placeOf(gw, before) ?? freeBay(gw);
  if (!evse) return { kind: 'rejected', message: 'no EVSE here is free and connected' };
  const connection = gw.connections.find(evse.chargerId);
  if (!connection) return { kind: 'rejected', message: 'the charger is not connected' };
  let claimed: ReturnType<typeof claimBay> | null = null;
  let hold: HoldResult | null = null;
  return takeCommand(gw, origin, {
    kind: 'reserve',
    within: connection.callTimeout,
    prepare(tx) {
      claimed = claimBay(gw, tx, {
        peer: origin.peer,
        peerKey,
        peerReservationId: wanted.reservationId,
        responseUrl: origin.responseUrl,
        sender: origin.sender,
        chargerId: evse.chargerId,
        evse: evse.evse,
        token: wanted.token,
        authorizationReference: wanted.authorizationReference,
        bookingId: null,
        expiresAt: wanted.expiresAt,
      });
    },
    async run() {
      if (!claimed || 'refused' in claimed) return claimed?.refused ?? FAILED;
      hold = await askToHold(gw, claimed);
      return hold.kind === 'failed' ? hold.result : { outcome: 'accepted', message: null };
    },
    settle(tx, result) {
      if (!claimed || 'refused' in claimed) return;
      // Its time was over before the charger answered: it may hold it all the same, so it is told to let go.
      settleHold(gw, tx, claimed.id, hold ?? { kind: 'failed', result, maybeTold: true });
      if (hold === null || hold.kind === 'failed') tx.after(() => void forget(gw, claimed));
    },
  });
}

const FAILED: CommandResult = { outcome: 'failed', message: 'this gateway could not take it down' };

async function forget(gw: Gateway, claimed: ReturnType<typeof claimBay> | null): Promise<void> {
  if (!claimed || 'refused' in claimed) return;
  const now = store.findReservation(gw.db, claimed.id);
  if (now && !isLive(now)) await tellEnded(gw, now);
}

/** Ids are the party's own: none can touch another's, nor another connection's. */
function keyOf({ sender }: CommandOrigin, token: TokenUse, id: string): string {
  const party = sender ?? token;
  return `${party.countryCode}/${party.partyId}/${id}`.toUpperCase();
}

function placeOf(gw: Gateway, before: Reservation | undefined): EvseView | undefined {
  if (!before) return undefined;
  return siteView(gw).evses.find(({ chargerId, evse }) => chargerId === before.chargerId && evse === before.evse);
}

/** A bay that is free, connected and usable. */
export function freeBay(gw: Gateway): EvseView | undefined {
  return siteView(gw).evses.find(
    ({ removed, chargerId, transactionId, visible }) =>
      !removed && transactionId === null && visible === 'Available' && gw.connections.find(chargerId) !== undefined,
  );
}

/** Calls a peer's reservation off (CANCEL_RESERVATION). */
export async function cancelForPeer(
  gw: Gateway,
  origin: CommandOrigin,
  reservationId: string,
  party: { countryCode: string; partyId: string },
): Promise<CommandAnswer> {
  const { countryCode, partyId } = origin.sender ?? party;
  const peerKey = `${countryCode}/${partyId}/${reservationId}`.toUpperCase();
  const reservation = store.findLiveOfPeer(gw.db, origin.peer, peerKey);
  return takeCommand(gw, origin, {
    kind: 'cancel-reservation',
    within: gw.connections.find(reservation?.chargerId ?? '')?.callTimeout ?? USUAL_TIMEOUT,
    async run() {
      if (!reservation) return { outcome: 'unknown-reservation', message: `there is no reservation ${reservationId}` };
      const ended = await gw.db.write((tx) => {
        const now = store.findReservation(gw.db, reservation.id);
        return now && isLive(now) ? letGo(gw, tx, now, 'cancelled', 'its driver does not come') : null;
      });
      if (!ended) return { outcome: 'unknown-reservation', message: 'it is over already' };
      // Here it is over, whatever the charger says; one that is away is told when it is back.
      await tellEnded(gw, ended);
      return { outcome: 'accepted', message: null };
    },
  });
}

/** Tells a peer that its reservation was called off here: at the URL that its command named (OCPI 2.3.0 mod_commands, flow). */
export function watchReservations(gw: Gateway): () => void {
  return gw.bus.on('reservation.ended', ({ reservationId, state, reason }) => {
    const reservation = store.findReservation(gw.db, reservationId);
    if (!reservation || state !== 'cancelled' || !TOLD.test(reason)) return;
    const { peer, responseUrl, sender, sessionId } = reservation;
    if (peer === null || responseUrl === null) return;
    const id = randomUUID();
    gw.db
      .write((tx) => {
        insertCommand(gw.db, {
          id,
          peer,
          kind: 'reserve',
          sessionId,
          responseUrl,
          sender,
          createdAt: tx.now,
          deadline: tx.now + LATER,
          state: 'finished',
          result: { outcome: 'cancelled-reservation', message: reason },
          finishedAt: tx.now,
        });
        tx.emit({ name: 'command.finished', data: { commandId: id, peer } });
      })
      .catch((error: unknown) => gw.log.error({ err: error, peer }, 'the end of a reservation could not be stored'));
  });
}

/** What its own driver, or another bay, ended is no news to the peer. */
const TOLD = /^(?!its driver does not come$|moved to another EVSE$)/;
