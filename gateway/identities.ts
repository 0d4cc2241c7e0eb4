import type { Gateway } from './gateway.ts';
import { quirksOf } from './quirks.ts';
import { findCharger, findChargersAnyCase } from './store/chargers.ts';

/**
 * Whom a charger means by the name it gives: itself as it is known, though it writes its id in another case (Q5). A name
 * that fits nobody, or several, is taken as it stands.
 */
export function recognise(gw: Gateway, name: string): string {
  if (findCharger(gw.db, name)) return name;
  const [only, ...others] = findChargersAnyCase(gw.db, name);
  if (only === undefined || others.length > 0) return name;
  gw.diagnostics.deviation(only, 'IDENTITY_CASE', name);
  return only;
}

/** Which protocol this charger is to be spoken with (`pinned`), and which it spoke last; null: not known (Q3). */
export function protocolsOf(gw: Gateway, chargerId: string): { pinned: string | null; remembered: string | null } {
  return {
    pinned: quirksOf(gw, chargerId).protocol,
    remembered: findCharger(gw.db, chargerId)?.protocol ?? null,
  };
}
