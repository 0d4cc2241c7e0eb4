import { state } from './state.js';

/** @import { ReservationBody } from '../reservation-schemas.ts' */

/**
 * Who a bay is kept for, and until when; null: for nobody.
 * @param {string} chargerId
 * @param {number} evse
 * @returns {ReservationBody | null}
 */
export function reservationAt(chargerId, evse) {
  const here = state.reservations.filter((each) => each.chargerId === chargerId && each.evse === evse);
  return here.find((each) => each.status === 'held') ?? null;
}

/**
 * A card's number with its middle hidden: whoever passes by the screen need not read it.
 * @param {string} uid
 */
export function masked(uid) {
  return uid.length <= 4 ? '****' : `${uid.slice(0, 2)}…${uid.slice(-2)}`;
}

/**
 * `for 04…80 until 14:30`, in the site's zone.
 * @param {ReservationBody} reservation
 */
export function keptWords({ tokenUid, expiresAt }) {
  const timeZone = state.status?.site.timeZone ?? 'UTC';
  const time = new Intl.DateTimeFormat(undefined, { timeZone, hour: '2-digit', minute: '2-digit' });
  return `for ${masked(tokenUid)} until ${time.format(new Date(expiresAt))}`;
}
