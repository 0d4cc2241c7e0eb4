import { phaseOf, visibleStatus, type EvseStatus, type PhaseKind } from './domain/status.ts';
import { isPlausible, type Millis } from './domain/time.ts';
import type { Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { ensureEvse, isAway } from './chargers.ts';
import { refreshSession } from './sessions.ts';
import * as chargers from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import { findOpenAt, listPhases, putPhase } from './store/transactions.ts';

export interface StatusReport {
  chargerId: string;
  /** Null: the whole charger. */
  evse: number | null;
  status: EvseStatus;
  errorCode: string | null;
  /** The charger's clock; null when it gave none. */
  reportedAt: Millis | null;
  receivedAt: Millis;
}

/** Takes in what a charger says an EVSE (or the whole box) is doing. An unchanged report costs no write. */
export async function reportStatus(gw: Gateway, report: StatusReport): Promise<void> {
  if (report.evse === null) {
    if (chargers.findCharger(gw.db, report.chargerId)?.status === report.status) return;
    await gw.db.write((tx) => setWhole(gw, tx, report));
    return;
  }
  const evse = report.evse;
  if (isNews(gw, evse, report)) await gw.db.write((tx) => setEvse(gw, tx, evse, report));
}

function setWhole(gw: Gateway, tx: Tx, report: StatusReport): void {
  const before = chargers.findCharger(gw.db, report.chargerId)?.status ?? null;
  chargers.setChargerStatus(gw.db, report.chargerId, report.status, tx.stamp);
  for (const evse of chargers.listEvsesOf(gw.db, report.chargerId)) {
    const was = visibleStatus(evse.status, before, false);
    const is = visibleStatus(evse.status, report.status, false);
    if (was === is) continue;
    chargers.touchEvse(gw.db, report.chargerId, evse.evse, tx.stamp);
    tx.emit({ name: 'evse.changed', data: { chargerId: report.chargerId, evse: evse.evse, status: is } });
  }
}

/** The same of one EVSE, inside the write at hand. */
export function reportInside(gw: Gateway, tx: Tx, evse: number, report: Omit<StatusReport, 'evse'>): void {
  if (isNews(gw, evse, report)) setEvse(gw, tx, evse, report);
}

function isNews(gw: Gateway, evse: number, report: Omit<StatusReport, 'evse'>): boolean {
  const known = chargers.findEvse(gw.db, report.chargerId, evse);
  const same = known && !known.removed && known.status === report.status && known.errorCode === report.errorCode;
  // The same status can still be news to a transaction that began since.
  return !same || newPhase(gw, evse, report) !== null;
}

function setEvse(gw: Gateway, tx: Tx, evse: number, report: Omit<StatusReport, 'evse'>): void {
  const before = ensureEvse(gw, tx, report.chargerId, evse).status;
  chargers.setEvseStatus(gw.db, report.chargerId, evse, report.status, report.errorCode, report.receivedAt, tx.stamp);
  const whole = chargers.findCharger(gw.db, report.chargerId)?.status ?? null;
  const status = visibleStatus(report.status, whole, isAway(gw, report.chargerId));
  tx.emit({ name: 'evse.changed', data: { chargerId: report.chargerId, evse, status } });
  if (before !== report.status)
    tx.emit({ name: 'evse.status', data: { chargerId: report.chargerId, evse, from: before, to: report.status } });
  notePhase(gw, tx, evse, report);
}

/** A status that turns charging into parking, or back, during a transaction is a fact of that transaction. */
function notePhase(gw: Gateway, tx: Tx, evse: number, report: Omit<StatusReport, 'evse'>): void {
  const phase = newPhase(gw, evse, report);
  if (!phase) return;
  const { reportedAt, receivedAt } = report;
  const believed = reportedAt !== null && isPlausible(reportedAt, receivedAt);
  putPhase(gw.db, phase.open.seq, { reportedAt: believed ? reportedAt : receivedAt, kind: phase.kind });
  refreshSession(gw, tx, phase.open);
}

/** The running transaction that this status turns from charging to parking or back; null when it turns none. */
function newPhase(
  gw: Gateway,
  evse: number,
  report: Omit<StatusReport, 'evse'>,
): { open: Transaction; kind: PhaseKind } | null {
  const open = findOpenAt(gw.db, report.chargerId, evse);
  // Available during a transaction is a charger ahead of its own StopTransaction (Q43), not a driver who parks.
  if (!open || report.status === 'Faulted' || report.status === 'Unavailable' || report.status === 'Available')
    return null;
  const kind = phaseOf(report.status);
  const last = listPhases(gw.db, open.seq).at(-1)?.kind ?? 'charging';
  return last === kind ? null : { open, kind };
}
