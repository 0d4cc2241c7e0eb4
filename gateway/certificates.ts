import { authorityCertificate, authorityKeys, certificateTime, leafValidity, RENEW_BEFORE } from './authority.ts';
import type { OrderOutcome } from './connections.ts';
import { GatewayError } from './domain/errors.ts';
import type { Page, ListQuery } from './domain/paging.ts';
import type { ChargerCertificate } from './domain/security.ts';
import type { Gateway } from './gateway.ts';
import { orderCharger, type Unreached } from './remote-control.ts';
import { noteSecurity } from './security-events.ts';
import * as store from './store/certificates.ts';
import { readAccess } from './store/charger-access.ts';
import { findCharger } from './store/chargers.ts';
import type { SigningRequest } from './x509.ts';

const HOUR = 3_600_000;

/** New certificates for one charger within an hour: who asks more often is out of order. */
const MOST_AN_HOUR = 5;

/** So long after an operator asked it, a charger without a password may come with its request, ms. */
const VOUCHED = 10 * 60_000;

/** Certificates kept of each charger. */
const KEEP = 50;

/** The first offer, and one more when the charger boots the next time. */
const MOST_OFFERS = 2;

/**
 * A charger asks for a certificate (PKCS 10). Issues it, and offers it to the charger once this call's answer is out.
 * False: refused, with the reason in the security log. The same request again within an hour gets the same certificate.
 */
export async function requestCertificate(
  gw: Gateway,
  chargerId: string,
  text: string,
  requestId: number | null = null,
): Promise<boolean> {
  const request = await acceptable(gw, chargerId, text);
  if ('problem' in request) {
    gw.log.warn({ charger: chargerId }, `certificate request refused: ${request.problem}`);
    noteSecurity(gw, chargerId, 'InvalidCertificateRequest', request.problem);
    return false;
  }
  const lately = certificateTime(gw) - HOUR;
  const earlier = store.findIssued(gw.db, chargerId, request.hash, lately);
  if (!earlier && store.countIssued(gw.db, chargerId, lately) >= MOST_AN_HOUR) {
    noteSecurity(gw, chargerId, 'TooManyCertificateRequests', `more than ${MOST_AN_HOUR} within an hour`);
    return false;
  }
  const serial = earlier?.serial ?? (await issue(gw, chargerId, request));
  // Not from within: the charger waits for the answer to its request before it takes a call.
  setImmediate(() => offerInBackground(gw, serial, requestId));
  return true;
}

async function acceptable(gw: Gateway, chargerId: string, text: string): Promise<SigningRequest | { problem: string }> {
  const charger = findCharger(gw.db, chargerId);
  if (charger?.registration !== 'accepted') return { problem: 'the charger is not accepted here' };
  if (!isTrusted(gw, chargerId))
    return { problem: 'it came without a password, and no operator asked it for a request: anybody could pose as it' };
  const { readRequest } = await import('./x509.ts');
  const request = await readRequest(text);
  if ('problem' in request || request.commonName === chargerId) return request;
  const { commonName } = request;
  if (commonName !== charger.serial)
    return { problem: `its common name ${commonName} is neither the charger's id nor its serial number` };
  // What a charger says its serial number is proves nothing about another charger.
  return findCharger(gw.db, commonName)
    ? { problem: `its common name ${commonName} is another charger's id` }
    : request;
}

/** Has it proved who it is, or does an operator vouch for it? */
function isTrusted(gw: Gateway, chargerId: string): boolean {
  const asked = gw.certificatesAsked.get(chargerId);
  return (readAccess(gw.db, chargerId).profile ?? 0) >= 1 || (asked !== undefined && gw.clock() - asked < VOUCHED);
}

async function issue(gw: Gateway, chargerId: string, request: SigningRequest): Promise<string> {
  const { issueForCharger } = await import('./x509.ts');
  const issued = await issueForCharger(await authorityKeys(gw), request, leafValidity(gw));
  const { serial, notBefore, notAfter, fingerprint, certificate } = issued;
  const { commonName, organization } = request;
  const subject = organization === null ? `CN=${commonName}` : `CN=${commonName}, O=${organization}`;
  await gw.db.write((tx) => {
    const issuedAt = certificateTime(gw);
    const made = { serial, chargerId, subject, notBefore, notAfter, fingerprint, pem: certificate, issuedAt };
    store.insertCertificate(gw.db, { ...made, requestHash: request.hash }, tx.stamp);
    store.pruneCertificates(gw.db, chargerId, KEEP, issuedAt);
    tx.emit({ name: 'certificate.changed', data: { serial, chargerId, state: 'issued' } });
  });
  gw.log.info({ charger: chargerId, serial }, 'certificate issued');
  return serial;
}

function offerInBackground(gw: Gateway, serial: string, requestId: number | null = null): void {
  offerCertificate(gw, serial, requestId).catch((error: unknown) =>
    gw.log.error({ err: error, serial }, 'offering a certificate failed'),
  );
}

/** Sends a charger the certificate that was issued to it, and notes how it took it. One in force or revoked is not sent. */
async function offerCertificate(gw: Gateway, serial: string, requestId: number | null): Promise<void> {
  const certificate = store.findCertificate(gw.db, serial);
  if (certificate?.state !== 'issued' && certificate?.state !== 'refused') return;
  const { chargerId } = certificate;
  const chain = certificate.pem.trimEnd() + '\n' + (await authorityCertificate(gw)).trimEnd() + '\n';
  const order = { kind: 'certificate-signed' as const, chain, requestId };
  const outcome = await orderCharger(gw, chargerId, order, { background: true });
  // It went away before it was asked: the next boot is the first offer.
  if (outcome.kind === 'not-connected' || outcome.kind === 'unknown-charger' || outcome.kind === 'queue-full') return;
  const taken = outcome.kind === 'answered' && outcome.answer.status === 'accepted';
  const refused = outcome.kind === 'answered' && outcome.answer.status === 'rejected';
  const note = taken ? null : refused ? 'the charger rejected it' : `no usable answer: ${wordsOf(outcome)}`;
  await gw.db.write((tx) => {
    const now = store.findCertificate(gw.db, serial);
    // Revoked while the charger thought about it: so it stays.
    if (now?.state !== 'issued' && now?.state !== 'refused') return;
    const state = taken ? 'installed' : refused ? 'refused' : now.state;
    store.countOffer(gw.db, serial, tx.stamp);
    store.setCertificateState(gw.db, serial, state, note, tx.stamp);
    tx.emit({ name: 'certificate.changed', data: { serial, chargerId, state } });
  });
  if (note === null) gw.log.info({ charger: chargerId, serial }, 'certificate installed');
  else gw.log.warn({ charger: chargerId, serial }, `certificate not installed: ${note}`);
}

function wordsOf(outcome: OrderOutcome<'certificate-signed'>): string {
  if (outcome.kind === 'answered') return outcome.answer.status;
  return outcome.kind === 'error' ? outcome.code : outcome.kind;
}

/** Asks a charger to request a new certificate (its key stays its own). What becomes of that, its request tells. */
export async function renewCertificate(
  gw: Gateway,
  chargerId: string,
  options: { background?: boolean } = {},
): Promise<OrderOutcome<'trigger'> | Unreached> {
  if (options.background !== true) gw.certificatesAsked.set(chargerId, gw.clock());
  return orderCharger(gw, chargerId, { kind: 'trigger', message: 'sign-certificate', evse: null }, options);
}

/** Makes a certificate worthless here: a socket that was opened with it is closed, and none is opened again. Errors: NOT_FOUND. */
export async function revokeCertificate(gw: Gateway, serial: string): Promise<ChargerCertificate> {
  const wanted = serial.replaceAll(':', '').toLowerCase();
  return gw.db.write((tx) => {
    const certificate = store.findCertificate(gw.db, wanted);
    if (!certificate)
      throw new GatewayError(
        'NOT_FOUND',
        `no certificate ${serial} was issued here: "chargegate certificates" lists them`,
      );
    if (certificate.state === 'revoked') return certificate;
    const { chargerId } = certificate;
    store.setCertificateState(gw.db, wanted, 'revoked', null, tx.stamp);
    tx.emit({ name: 'certificate.changed', data: { serial: wanted, chargerId, state: 'revoked' } });
    tx.after(() => gw.log.warn({ charger: chargerId, serial: wanted }, 'certificate revoked'));
    return { ...certificate, state: 'revoked', note: null, updatedAt: tx.stamp };
  });
}

/** Certificates issued to chargers, a page of them; to one charger where the query names one. */
export function listCertificates(gw: Gateway, query: ListQuery): Page<ChargerCertificate> {
  return store.listCertificates(gw.db, query);
}

/** What was issued under this fingerprint (SHA-256 of the DER, hexadecimal, lower case); null: not one of ours. */
export function findIssuedCertificate(gw: Gateway, fingerprint: string): ChargerCertificate | null {
  return store.findByFingerprint(gw.db, fingerprint) ?? null;
}

/** A charger uses this certificate: so it has installed it, whatever became of its answer. */
export function confirmCertificate(gw: Gateway, fingerprint: string): void {
  const shown = store.findByFingerprint(gw.db, fingerprint);
  if (shown?.state !== 'issued' && shown?.state !== 'refused') return;
  const { serial, chargerId } = shown;
  const confirmed = gw.db.write((tx) => {
    const { state } = store.findCertificate(gw.db, serial) ?? shown;
    if (state !== 'issued' && state !== 'refused') return;
    store.setCertificateState(gw.db, serial, 'installed', null, tx.stamp);
    tx.emit({ name: 'certificate.changed', data: { serial, chargerId, state: 'installed' } });
  });
  confirmed.catch((error: unknown) => gw.log.error({ err: error, serial }, 'use of a certificate could not be stored'));
}

/**
 * Once an hour: notes certificates that are past their time, and asks connected chargers whose own ends within 30 days
 * (or ended within the last 30) to request another.
 */
export async function renewEnding(gw: Gateway): Promise<void> {
  const now = certificateTime(gw);
  const overdue = store.listOverdue(gw.db, now);
  if (overdue.length > 0)
    await gw.db.write((tx) => {
      for (const { serial, chargerId } of overdue) {
        store.setCertificateState(gw.db, serial, 'expired', null, tx.stamp);
        tx.emit({ name: 'certificate.changed', data: { serial, chargerId, state: 'expired' } });
      }
    });
  const ending = store
    .listEnding(gw.db, now - RENEW_BEFORE, now + RENEW_BEFORE)
    .filter(({ chargerId }) => gw.connections.find(chargerId))
    .filter(({ chargerId }) => findCharger(gw.db, chargerId)?.registration === 'accepted');
  for (const { chargerId, notAfter } of ending) {
    gw.log.info(
      { charger: chargerId, until: new Date(notAfter).toISOString() },
      'certificate ends soon: renewal asked for',
    );
    await renewCertificate(gw, chargerId, { background: true });
  }
}

/** Offers chargers that boot the certificate that they did not take the first time. Gives what ends that. */
export function offerAtBoot(gw: Gateway): () => void {
  return gw.bus.on('charger.booted', ({ chargerId, registration }) => {
    if (registration !== 'accepted') return;
    const newest = store.newestOf(gw.db, chargerId);
    const open = newest?.state === 'issued' || newest?.state === 'refused';
    // After the boot's answer.
    if (newest && open && newest.offers < MOST_OFFERS) setImmediate(() => offerInBackground(gw, newest.serial));
  });
}
