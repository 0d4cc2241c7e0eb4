import { createHash, X509Certificate } from 'node:crypto';
import type { CertificateHash } from './domain/orders.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { findKeyPair, putKeyPair, type KeyPurpose, type StoredKeyPair } from './store/certificates.ts';
import type { Tx } from './store/db.ts';
import type { KeyPair, Validity } from './x509.ts';

export const DAY = 86_400_000;

/** A root outlives the chargers that trust it. */
const ROOT_DAYS = 20 * 365;

/** How long a server's and a charger's certificate is good. */
const LEAF_DAYS = 365;

/** With less than that left a certificate is renewed. */
export const RENEW_BEFORE = 30 * DAY;

/** This program is younger: a clock before it was never set (a board without a battery starts in 1970). */
const EARLIEST = Date.UTC(2026, 0, 1);

/** The gateway's time, as far as certificates may rely on it: epoch milliseconds. */
export function certificateTime(gw: Gateway): Millis {
  return Math.max(gw.clock(), EARLIEST);
}

/** When a certificate that is issued now is good: from yesterday, since chargers' clocks run behind, for a year. */
export function leafValidity(gw: Gateway): Validity {
  const now = certificateTime(gw);
  return { notBefore: now - DAY, notAfter: now + LEAF_DAYS * DAY };
}

/** The site's own authority with its key; made when it is first needed, and the same from then on. Errors: SECRETS_UNREADABLE. */
export async function authorityKeys(gw: Gateway): Promise<KeyPair> {
  const known = readPair(gw, 'authority');
  if (known) return known;
  const { makeRoot } = await import('./x509.ts');
  const { id, name, operatorName } = gw.settings.site;
  const now = certificateTime(gw);
  const validity = { notBefore: now - DAY, notAfter: now + ROOT_DAYS * DAY };
  const made = await makeRoot(`${(name ?? id).slice(0, 40)} charger authority`, operatorName.slice(0, 64), validity);
  return gw.db.write((tx) => {
    const earlier = readPair(gw, 'authority');
    if (earlier) return earlier;
    writePair(gw, tx, 'authority', { ...made, names: [], notAfter: validity.notAfter });
    tx.after(() => gw.log.info({}, "the site's own certificate authority was made"));
    return made;
  });
}

/** The root certificate of the site's own authority, PEM; needs no key unless it has yet to be made. */
export async function authorityCertificate(gw: Gateway): Promise<string> {
  return findKeyPair(gw.db, 'authority')?.certificate ?? (await authorityKeys(gw)).certificate;
}

/** What anybody may know of the site's authority. */
export interface AuthorityView {
  /** PEM. */
  certificate: string;
  /** SHA-256 of the DER, hexadecimal, lower case. */
  fingerprint: string;
  notAfter: Millis;
  /** How a charger that has installed it names it. */
  hash: CertificateHash;
}

/** The site's authority without its key. */
export async function viewAuthority(gw: Gateway): Promise<AuthorityView> {
  const certificate = await authorityCertificate(gw);
  const { hashOf } = await import('./x509.ts');
  const parsed = new X509Certificate(certificate);
  return {
    certificate,
    fingerprint: createHash('sha256').update(parsed.raw).digest('hex'),
    notAfter: Date.parse(parsed.validTo),
    hash: await hashOf(certificate),
  };
}

/**
 * The certificate that the charger port shows, issued by the site's authority for these names and addresses, with its
 * key. The one there is, unless it ends within 30 days or is not for all of the names: then a new one.
 */
export async function serverKeys(gw: Gateway, names: string[]): Promise<StoredKeyPair> {
  const known = readPair(gw, 'server');
  const enough = known && names.every((name) => known.names.includes(name));
  if (enough && known.notAfter - certificateTime(gw) > RENEW_BEFORE) return known;
  const { makeServer } = await import('./x509.ts');
  const validity = leafValidity(gw);
  const made = { ...(await makeServer(await authorityKeys(gw), names, validity)), names, notAfter: validity.notAfter };
  await gw.db.write((tx) => writePair(gw, tx, 'server', made));
  gw.log.info({ names }, "a certificate for the charger port was issued by the site's own authority");
  return made;
}

/** Keys are sealed in the database: a copy of it alone cannot pose as the site. */
function readPair(gw: Gateway, purpose: KeyPurpose): StoredKeyPair | null {
  const pair = findKeyPair(gw.db, purpose);
  return pair ? { ...pair, privateKey: gw.secrets.open(pair.privateKey) } : null;
}

function writePair(gw: Gateway, tx: Tx, purpose: KeyPurpose, pair: StoredKeyPair): void {
  putKeyPair(gw.db, purpose, { ...pair, privateKey: gw.secrets.seal(pair.privateKey) }, tx.stamp);
}
