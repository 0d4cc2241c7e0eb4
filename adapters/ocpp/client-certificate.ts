import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { certificateTime } from '../../gateway/authority.ts';
import { confirmCertificate, findIssuedCertificate } from '../../gateway/certificates.ts';
import { findCharger } from '../../gateway/chargers.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { noteSecurity } from '../../gateway/security-events.ts';
import type { Transport } from './gatekeeper.ts';

/** What TLS says of a chain, in words; others are told as they come. */
const CHAIN_PROBLEMS: Record<string, string> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not trusted here',
  INVALID_PURPOSE: 'it is not for TLS clients',
};

/**
 * The certificate that a charger showed, if it is good: signed by an authority that we trust, in time, not revoked, and
 * not issued to another charger. A bad one is noted in the security log and counts as none.
 */
export function goodCertificate(gw: Gateway, socket: TLSSocket, chargerId: string): Transport['certificate'] {
  const shown = socket.getPeerX509Certificate();
  if (!shown) return null;
  const subject = commonName(shown);
  const problem = problemOf(gw, socket, shown, chargerId);
  if (problem !== null) {
    gw.log.warn({ charger: chargerId, subject, problem }, 'the certificate that a charger showed is not good');
    // Whoever invents ids must not make notes.
    if (findCharger(gw, chargerId)) gw.diagnostics.deviation(chargerId, 'BAD_CERTIFICATE', `${subject}: ${problem}`);
    noteSecurity(gw, chargerId, 'InvalidChargerCertificate', `certificate of ${subject}: ${problem}`);
    return null;
  }
  confirmCertificate(gw, fingerprintOf(shown));
  return { subject, serialNumber: shown.serialNumber.toLowerCase() };
}

function problemOf(gw: Gateway, socket: TLSSocket, shown: X509Certificate, chargerId: string): string | null {
  if (!socket.authorized) {
    const code = String(socket.authorizationError);
    return CHAIN_PROBLEMS[code] ?? code;
  }
  // Once more by our clock: a resumed TLS session was judged when it began.
  const now = certificateTime(gw);
  if (Date.parse(shown.validTo) < now) return 'it has expired';
  if (Date.parse(shown.validFrom) > now) return 'it is not valid yet';
  const issued = findIssuedCertificate(gw, fingerprintOf(shown));
  if (issued?.state === 'revoked') return 'it was revoked';
  return issued && issued.chargerId !== chargerId ? `it was issued to charger ${issued.chargerId}` : null;
}

/** Empty where it has none or several: then nobody could say whose it is. */
function commonName(certificate: X509Certificate): string {
  const names = certificate.subject.split('\n').filter((part) => part.startsWith('CN='));
  return names.length === 1 ? (names[0] ?? '').slice(3, 259) : '';
}

function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}
