import type { ProvisioningState } from './configuration.ts';
import type { LocalListState } from './local-list.ts';
import type { ReportPart } from './orders.ts';
import type { CertificateState } from './security.ts';
import type { VisibleStatus } from './status.ts';
import type { Registration } from './types.ts';

/** What happened, told after it is on disk. Carries ids, not copies of state: listeners read what they need. */
export interface GatewayEvents {
  'charger.connected': { chargerId: string; protocol: string };
  'charger.disconnected': { chargerId: string; reason: string };
  'charger.booted': { chargerId: string; registration: Registration };
  /** Its configuration was gone through, as far as it went. */
  'charger.provisioned': { chargerId: string; state: ProvisioningState };
  /** A part of what it tells of its configuration after it was asked for all of it. */
  'configuration.reported': { chargerId: string } & ReportPart;
  'provisioning.asked': { chargerId: string };
  'charger.deviated': { chargerId: string; code: string };
  'charger.forgotten': { chargerId: string };
  'start.unfulfilled': { chargerId: string; evse: number | null; tokenUid: string };
  /** An answer to a call of ours came after its deadline; `status` is what it says, null where it says nothing. */
  'call.answered-late': { chargerId: string; action: string; status: string | null };
  'evse.changed': { chargerId: string; evse: number; status: VisibleStatus };
  /** What a charger says of an EVSE, and what it said before. */
  'evse.status': { chargerId: string; evse: number; from: string | null; to: string };
  'reservation.changed': { chargerId: string; evse: number; state: string };
  /** It is over, and its charger still keeps it. */
  'reservation.owed': { reservationId: string };
  /** Of a booking: its driver has left. */
  'bay.freed': { sessionId: string };
  'booking.changed': { bookingId: string };
  'reservation.ended': { reservationId: string; state: string; reason: string };
  'transaction.started': { transactionId: string; chargerId: string; evse: number };
  'transaction.sampled': { transactionId: string; chargerId: string; evse: number };
  'transaction.stopped': { transactionId: string; chargerId: string; evse: number };
  'session.changed': { sessionId: string; chargerId: string };
  /** Of a session whose limit a peer has set, the limit in force is another than before. */
  'session.limited': { sessionId: string; peer: string };
  /** A peer's command has ended; its result is owed to the peer. */
  'command.finished': { commandId: string; peer: string };
  'cdr.issued': { cdrId: string; sessionId: string };
  'token.changed': { uid: string };
  /** A charger's own list of cards was looked after, as far as it went. */
  'local-list.synced': { chargerId: string; state: LocalListState };
  /** Brought, changed or taken away by the operator. */
  'tariff.changed': { tariffId: string };
  /** Connectors have other tariffs, of this charger; null: of any. */
  'tariff.assigned': { chargerId: string | null };
  'token.refused': { chargerId: string; uid: string; verdict: string };
  'reader.changed': { readerId: string; state: string };
  'card.tapped': { readerId: string; address: number | null; outcome: string };
  'peer.changed': { name: string };
  'transfer.changed': { transferId: number; chargerId: string };
  'security.noted': { id: number; chargerId: string | null; type: string; origin: 'charger' | 'gateway' };
  'certificate.changed': { serial: string; chargerId: string; state: CertificateState };
  /** It answers again after it did not. */
  'peer.back': { name: string };
  'outbox.retried': { peer: string };
  'vendor-data.received': { id: number; chargerId: string; vendor: string; message: string | null };
  /** A verified copy of the database. */
  'backup.made': { name: string; bytes: number };
  'backup.failed': { problem: string };
  /** Room on the disk got short, or there is enough again. */
  'storage.space': { low: boolean; freeBytes: number };
  'quarantine.added': { id: number; chargerId: string; reason: string };
}

export type EventName = keyof GatewayEvents;

export type GatewayEvent = { [N in EventName]: { name: N; data: GatewayEvents[N] } }[EventName];
