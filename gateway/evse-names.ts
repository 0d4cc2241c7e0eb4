import type { Evse } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import * as store from './store/chargers.ts';

/** A uid for a new EVSE: 36 characters of OCPI at most, and nobody else's, in whatever case (OCPI CiString). */
export function freeUid(gw: Gateway, chargerId: string, evse: number): string {
  const stem = `${chargerId.replace(/[^A-Za-z0-9_.-]/g, '_').slice(0, 30)}-${evse}`;
  return firstFree(
    (n) => (n === 1 ? stem : `${stem.slice(0, 32)}.${n}`),
    (uid) => store.evseUidTaken(gw.db, uid),
  );
}

/**
 * The eMI3 id of an EVSE for which none is configured. Ids of chargers may differ in more than eMI3 has letters for: the
 * second of `A-1` and `A1` gets a number of its own, and keeps it.
 */
export function defaultEvseId(gw: Gateway, chargerId: string, evse: number): string {
  const { countryCode, partyId } = gw.settings.site;
  const plain = chargerId.replace(/[^A-Za-z0-9]/g, '').toUpperCase();
  return firstFree(
    (n) => `${countryCode}*${partyId}*E${n === 1 ? plain.slice(0, 28) : `${plain.slice(0, 24)}*${n}`}*${evse}`,
    (evseId) => othersNamed(gw, evseId, { chargerId, evse }).length > 0,
  );
}

/** The EVSEs in service with this eMI3 id, but for this one. A bay whose charger was replaced keeps its id. */
export function othersNamed(
  gw: Gateway,
  evseId: string,
  { chargerId, evse }: Pick<Evse, 'chargerId' | 'evse'>,
): Evse[] {
  return store.listEvsesNamed(gw.db, evseId).filter((other) => other.chargerId !== chargerId || other.evse !== evse);
}

function firstFree(candidate: (n: number) => string, isTaken: (name: string) => boolean): string {
  let n = 1;
  while (isTaken(candidate(n))) n += 1;
  return candidate(n);
}
