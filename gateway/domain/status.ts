import type { Millis } from './time.ts';

/** What an EVSE is doing, as observed. Intent (taken out of service) is `operative` on the EVSE, not a status. */
export const EVSE_STATUSES = [
  'Available',
  'Preparing',
  'Charging',
  'SuspendedEV',
  'SuspendedEVSE',
  'Finishing',
  'Reserved',
  'Unavailable',
  'Faulted',
] as const;

export type EvseStatus = (typeof EVSE_STATUSES)[number];

/**
 * The status that the outside sees: `Unknown` while a charger is away longer than its grace, or never reported;
 * a whole-charger fault or outage overlays each of its EVSEs.
 */
export type VisibleStatus = EvseStatus | 'Unknown';

/** Combines an EVSE's own report with the whole charger's (1.6 connector 0) and with its connection. */
export function visibleStatus(own: EvseStatus | null, whole: EvseStatus | null, away: boolean): VisibleStatus {
  if (away) return 'Unknown';
  if (whole === 'Faulted' || whole === 'Unavailable') return whole;
  return own ?? 'Unknown';
}

/** How a stretch of a transaction counts for the bill: energy may flow, or the vehicle only occupies the bay. */
export type PhaseKind = 'charging' | 'parking';

/** SuspendedEVSE is the site's doing, so it is not parking (OCPI 2.3.0 mod_cdrs CdrDimensionType PARKING_TIME). */
export function phaseOf(status: EvseStatus): PhaseKind {
  return status === 'SuspendedEV' || status === 'Finishing' || status === 'Available' ? 'parking' : 'charging';
}

/**
 * The power or current of an EVSE with a transaction: as read last, and nothing once a later status says that none flows (OCPP 1.6
 * §4.9, OCPP 2.0.1 part 2 ChargingStateEnumType); null: never read. Both instants by our clock.
 */
export function flowNow(
  read: number | null,
  readAt: Millis | null,
  { status, statusAt }: { status: EvseStatus | null; statusAt: Millis | null },
): number | null {
  if (read === null) return null;
  const paused = status === 'SuspendedEV' || status === 'SuspendedEVSE' || status === 'Finishing';
  return paused && (statusAt ?? 0) > (readAt ?? 0) ? 0 : read;
}

/** What strangers see of a bay that is kept for somebody: nobody else can use it, whatever its charger says. */
export function keptStatus(visible: VisibleStatus, kept: boolean): VisibleStatus {
  return kept && visible === 'Available' ? 'Reserved' : visible;
}
