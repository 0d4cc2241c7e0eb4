import type { Gateway } from './gateway.ts';
import { listLiveOf } from './store/reservations.ts';

/** The EVSEs of a charger that are kept for somebody now. */
export function reservedBays(gw: Gateway, chargerId: string): ReadonlySet<number> {
  return new Set(listLiveOf(gw.db, chargerId).flatMap(({ state, evse }) => (state === 'held' ? evse : [])));
}
