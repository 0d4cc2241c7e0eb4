import type { VisibleStatus } from './status.ts';
import type { Registration } from './types.ts';

/** What happened, told after it is on disk. Carries ids, not copies of state: listeners read what they need. */
export interface GatewayEvents {
  'charger.connected': { chargerId: string; protocol: string };
  'charger.disconnected': { chargerId: string; reason: string };
  'charger.booted': { chargerId: string; registration: Registration };
  'charger.deviated': { chargerId: string; code: string };
  'evse.changed': { chargerId: string; evse: number; status: VisibleStatus };
  'transaction.started': { transactionId: string; chargerId: string; evse: number };
  'transaction.sampled': { transactionId: string; chargerId: string; evse: number };
  'transaction.stopped': { transactionId: string; chargerId: string; evse: number };
  'session.changed': { sessionId: string; chargerId: string };
  'cdr.issued': { cdrId: string; sessionId: string };
  'token.changed': { uid: string };
  'token.refused': { chargerId: string; uid: string; verdict: string };
  'peer.changed': { name: string };
  'quarantine.added': { id: number; chargerId: string; reason: string };
}

export type EventName = keyof GatewayEvents;

export type GatewayEvent = { [N in EventName]: { name: N; data: GatewayEvents[N] } }[EventName];
