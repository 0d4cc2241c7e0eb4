import type { Millis } from './time.ts';

/** Something about the site's security: what a charger reported, or what the gateway found. */
export interface SecurityEvent {
  id: number;
  /** Null: nobody known. */
  chargerId: string | null;
  origin: 'charger' | 'gateway';
  /** A charger's own word (`FirmwareUpdated`), or one of ours (`InvalidChargerCertificate`). */
  type: string;
  detail: string;
  /** By the charger's clock; ours where the gateway found it. */
  reportedAt: Millis;
  /** The first time. */
  receivedAt: Millis;
  /** The last time. */
  lastAt: Millis;
  count: number;
}

/** `issued`: not yet taken by the charger. */
export type CertificateState = 'issued' | 'installed' | 'refused' | 'revoked' | 'expired';

/** A certificate that the site's authority issued to a charger. */
export interface ChargerCertificate {
  id: number;
  /** Hexadecimal, lower case. */
  serial: string;
  chargerId: string;
  state: CertificateState;
  subject: string;
  notBefore: Millis;
  notAfter: Millis;
  /** SHA-256 of the DER, hexadecimal, lower case. */
  fingerprint: string;
  pem: string;
  /** How often it was sent to the charger. */
  offers: number;
  /** Why the last offer did not succeed. */
  note: string | null;
  issuedAt: Millis;
  updatedAt: Millis;
}
