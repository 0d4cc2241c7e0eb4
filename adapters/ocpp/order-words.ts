import type { OrderStatus } from '../../gateway/domain/orders.ts';
import type { Millis, TimeFormat } from '../../gateway/domain/time.ts';

/** Statuses of the answers of all versions, in lower case: some chargers do not mind the case. */
const STATUSES: Record<string, OrderStatus> = {
  accepted: 'accepted',
  acceptedcanceled: 'accepted',
  unlocked: 'accepted',
  rejected: 'rejected',
  invalidcertificate: 'rejected',
  revokedcertificate: 'rejected',
  ongoingauthorizedtransaction: 'rejected',
  scheduled: 'scheduled',
  rebootrequired: 'reboot-required',
  notsupported: 'not-supported',
  notimplemented: 'not-supported',
  unknownvendorid: 'not-supported',
  unknownmessageid: 'not-supported',
  unknowncomponent: 'not-supported',
  unknownvariable: 'not-supported',
  notsupportedattributetype: 'not-supported',
  unlockfailed: 'failed',
  failed: 'failed',
  notfound: 'not-found',
  // GetBaseReport: there is nothing to report.
  emptyresultset: 'not-found',
  unknownconnector: 'not-found',
  // ClearChargingProfile: nothing agreed with what was to be cleared.
  unknown: 'not-found',
  occupied: 'occupied',
  faulted: 'faulted',
  unavailable: 'unavailable',
  versionmismatch: 'version-mismatch',
};

/** What an answer says in its status; without one nothing is known (Q27). */
export function status(payload: Record<string, unknown>): { status: OrderStatus; reason?: string } {
  return { status: readStatus(payload['status']), ...reasonIn(payload['statusInfo']) };
}

/** Why it answers so (OCPP 2.0.1 part 2, StatusInfoType). */
export function reasonIn(info: unknown): { reason?: string } {
  if (typeof info !== 'object' || info === null) return {};
  const { reasonCode, additionalInfo } = info as Record<string, unknown>;
  const reason = [text(reasonCode), text(additionalInfo)].filter((part) => part !== null).join(': ');
  return reason === '' ? {} : { reason: reason.slice(0, 1200) };
}

/** The same of the word alone. */
export function readStatus(word: unknown): OrderStatus {
  return (typeof word === 'string' && STATUSES[word.trim().toLowerCase()]) || 'unknown';
}

/** A text that says something; null for anything else. */
export const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Only what was said goes out: no nulls (Q22). */
export function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], null> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as {
    [K in keyof T]?: Exclude<T[K], null>;
  };
}

/** An instant as it goes out, where there is one. */
export const maybe = (time: TimeFormat, at: Millis | null): string | null => (at === null ? null : time(at));

/** What stands with a card in a charger's list. */
export const VERDICT = { accepted: 'Accepted', blocked: 'Blocked', expired: 'Expired', invalid: 'Invalid' } as const;
