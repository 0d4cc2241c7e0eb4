import type { Millis } from './time.ts';

/** What a charger can be asked to tell again, or to do out of turn. */
export type TriggerMessage =
  | 'boot'
  | 'heartbeat'
  | 'status'
  | 'meter-values'
  | 'diagnostics-status'
  | 'log-status'
  | 'firmware-status'
  | 'sign-certificate';

/** A limit over time. `start` of a period counts in seconds from the schedule's own start; `limit` is in `unit`. */
export interface ChargingProfile {
  id: number;
  /** The transaction that it is for, by the charger's number; null: none in particular. */
  wireId: string | null;
  stackLevel: number;
  purpose: 'charge-point-max' | 'tx-default' | 'tx';
  kind: 'absolute' | 'recurring' | 'relative';
  recurrency: 'daily' | 'weekly' | null;
  validFrom: Millis | null;
  validTo: Millis | null;
  /** Seconds; null: without end. */
  duration: number | null;
  startsAt: Millis | null;
  unit: 'A' | 'W';
  minRate: number | null;
  periods: { start: number; limit: number; phases: number | null }[];
}

/** What a charger makes of its limits together. Starts of periods count in seconds from `startsAt`. */
export interface ActiveLimit {
  startsAt: Millis;
  /** Seconds; null: without end. */
  duration: number | null;
  unit: 'A' | 'W';
  minRate: number | null;
  periods: { start: number; limit: number }[];
}

/** Names a certificate without showing it (OCSP's CertID). */
export interface CertificateHash {
  algorithm: 'SHA256' | 'SHA384' | 'SHA512';
  issuerNameHash: string;
  issuerKeyHash: string;
  serialNumber: string;
}

export type RootUse = 'central-system' | 'manufacturer';

/** A card as a charger's own list holds it; `verdict` null takes it off a differential update. */
export interface LocalListEntry {
  tokenUid: string;
  verdict: 'accepted' | 'blocked' | 'expired' | 'invalid' | null;
  groupId: string | null;
  expiresAt: Millis | null;
}

interface FileTransfer {
  /** Under which the charger tells how it goes, in versions that have one. */
  requestId: number;
  url: string;
  /** How often, and seconds between; null: the charger's own choice. */
  retries: number | null;
  retryInterval: number | null;
}

/** What a charger can be told to do, in no protocol's words. `evse` null: the whole charger, or its own choice. */
export interface Orders {
  start: { evse: number | null; tokenUid: string; profile: ChargingProfile | null };
  stop: { wireId: string };
  unlock: { evse: number; connector: number };
  reset: { hard: boolean };
  availability: { evse: number | null; operative: boolean };
  /** `connector`: of the EVSE, where the version tells them apart. */
  trigger: { message: TriggerMessage; evse: number | null; connector?: number | null };
  'clear-cache': object;
  /** `keys` null: all. */
  /** Null: all. `requestId`: under which they are reported, where they do not come with the answer. */
  'read-configuration': { keys: string[] | null; requestId?: number };
  'write-configuration': { key: string; value: string };
  /** `password`: hex digits. */
  'change-password': { password: string };
  /** To a security profile that is higher than the one it is on. */
  'raise-profile': { profile: 1 | 2 | 3 };
  'get-diagnostics': FileTransfer & { from: Millis | null; to: Millis | null };
  'get-log': FileTransfer & {
    log: 'diagnostics' | 'security';
    from: Millis | null;
    to: Millis | null;
  };
  'update-firmware': FileTransfer & { retrieveAt: Millis };
  'update-signed-firmware': FileTransfer & {
    retrieveAt: Millis;
    installAt: Millis | null;
    /** PEM of who signed it. */
    signingCertificate: string;
    /** Base64. */
    signature: string;
  };
  'local-list-version': object;
  'send-local-list': { version: number; full: boolean; entries: LocalListEntry[] };
  reserve: {
    reservationId: number;
    evse: number | null;
    tokenUid: string;
    groupId: string | null;
    expiresAt: Millis;
  };
  'cancel-reservation': { reservationId: number };
  'set-profile': { evse: number | null; profile: ChargingProfile };
  /** Those that agree with everything given; nothing given: all. */
  'clear-profiles': {
    id: number | null;
    evse: number | null;
    purpose: ChargingProfile['purpose'] | null;
    stackLevel: number | null;
  };
  'composite-schedule': { evse: number | null; seconds: number; unit: 'A' | 'W' | null };
  /** PEM chain, the charger's own certificate first. `requestId`: that of its request, where it gave one. */
  'certificate-signed': { chain: string; requestId: number | null };
  'install-certificate': { use: RootUse; certificate: string };
  'delete-certificate': { hash: CertificateHash };
  'installed-certificates': { use: RootUse };
  'vendor-data': { vendor: string; message: string | null; data: string | null };
}

export type OrderKind = keyof Orders;

export type OrderOf<K extends OrderKind> = { kind: K } & Orders[K];

export type Order = { [K in OrderKind]: OrderOf<K> }[OrderKind];

/**
 * How a charger took an order. `unknown`: it answered without saying (Q27), so only what it does next tells.
 */
export type OrderStatus =
  | 'accepted'
  | 'rejected'
  | 'scheduled'
  | 'reboot-required'
  | 'not-supported'
  | 'failed'
  | 'not-found'
  | 'occupied'
  | 'faulted'
  | 'unavailable'
  | 'version-mismatch'
  | 'unknown';

export interface ConfigurationKey {
  key: string;
  /** Null: it does not say. */
  readonly: boolean | null;
  value: string | null;
  /** The highest it can be, where it says. */
  max?: number;
}

/** A part of what a charger tells of its configuration after it was asked for all of it. */
export interface ReportPart {
  /** That of the question. */
  requestId: number;
  /** Parts count from 0, and may come in any order. */
  part: number;
  last: boolean;
  keys: readonly ConfigurationKey[];
}

/** What an answer holds beside its status. */
interface Details {
  'read-configuration': { keys: ConfigurationKey[]; unknown: string[] };
  'get-diagnostics': { fileName: string | null };
  'get-log': { fileName: string | null };
  'local-list-version': { version: number };
  /** `limit` null: it told none that can be read. `startsAt` null: it did not say. */
  'composite-schedule': { limit: (Omit<ActiveLimit, 'startsAt'> & { startsAt: Millis | null }) | null };
  'installed-certificates': { hashes: CertificateHash[] };
  'vendor-data': { data: string | null };
}

export type Answers = {
  /** `reason`: why, in the charger's own words. */
  [K in OrderKind]: { status: OrderStatus; reason?: string } & (K extends keyof Details ? Details[K] : unknown);
};
