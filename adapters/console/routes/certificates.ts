import Type from 'typebox';
import type { Static } from 'typebox';
import { viewAuthority } from '../../../gateway/authority.ts';
import { listCertificates, renewCertificate, revokeCertificate } from '../../../gateway/certificates.ts';
import type { ChargerCertificate, SecurityEvent } from '../../../gateway/domain/security.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import { deleteRoot, installRoot, listRoots } from '../../../gateway/root-certificates.ts';
import { listSecurityEvents } from '../../../gateway/security-events.ts';
import { answerOutcome, OUTCOME_RESPONSES, refuseOutcome } from '../outcome.ts';
import { listQuery, presentPage } from '../present.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody, listOf } from '../schemas.ts';
import { ListParams } from './history.ts';

const ChargerId = Type.String({ minLength: 1, maxLength: 256 });
const Id = Type.Object({ chargerId: ChargerId });
const OfCharger = Type.Object(
  { ...ListParams.properties, charger: Type.Optional(ChargerId) },
  { additionalProperties: false },
);
const Use = Type.Enum(['central-system', 'manufacturer'], {
  description: "central-system: whose certificate the gateway's TLS has; manufacturer: who signs its firmware",
});
const Hex = Type.String({ pattern: '^[0-9A-Fa-f]{1,128}$' });
const Hash = Type.Object(
  { algorithm: Type.Enum(['SHA256', 'SHA384', 'SHA512']), issuerNameHash: Hex, issuerKeyHash: Hex, serialNumber: Hex },
  { additionalProperties: false, description: 'names a certificate (OCSP CertID), as the charger lists it' },
);
const Time = Type.String({ description: 'RFC 3339, UTC' });
const Pem = Type.String({ description: 'PEM' });

export const CertificateBody = Type.Object({
  serial: Type.String({ description: 'hexadecimal' }),
  chargerId: Type.String(),
  state: Type.Enum(['issued', 'installed', 'refused', 'revoked', 'expired'], {
    description: 'issued: the charger has not said that it took it',
  }),
  subject: Type.String(),
  notBefore: Time,
  notAfter: Time,
  fingerprint: Type.String({ description: 'SHA-256, hexadecimal' }),
  note: Type.Union([Type.String(), Type.Null()], { description: 'why the last offer did not succeed' }),
  issuedAt: Time,
  updatedAt: Time,
  certificate: Pem,
});
export type CertificateBody = Static<typeof CertificateBody>;

export const AuthorityBody = Type.Object({
  certificate: Pem,
  fingerprint: Type.String({ description: 'SHA-256, hexadecimal' }),
  notAfter: Time,
  hash: Hash,
});
export type AuthorityBody = Static<typeof AuthorityBody>;

export const RootsBody = Type.Object({
  certificates: Type.Array(Hash),
  answer: Type.Unknown({ description: "the charger's answer, as it gave it" }),
});
export type RootsBody = Static<typeof RootsBody>;

export const SecurityEventBody = Type.Object({
  id: Type.Integer(),
  chargerId: Type.Union([Type.String(), Type.Null()], { description: 'null: of no charger that is known' }),
  origin: Type.Enum(['charger', 'gateway']),
  type: Type.String(),
  detail: Type.String(),
  reportedAt: Type.String({ description: "RFC 3339, UTC, by the charger's clock" }),
  receivedAt: Time,
  lastAt: Type.String({ description: 'RFC 3339, UTC: when it was last found or sent' }),
  count: Type.Integer({ description: 'how often' }),
});
export type SecurityEventBody = Static<typeof SecurityEventBody>;

/** Certificates, the authority behind them, and what happened to the site's security. */
export const certificateRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/authority',
    summary: "The site's own certificate authority, which is public; its key is never told",
    responses: { 200: AuthorityBody },
    async handle(gw) {
      const { notAfter, ...authority } = await viewAuthority(gw);
      return ok({ ...authority, notAfter: toUtc(notAfter) });
    },
  }),
  route({
    method: 'GET',
    url: '/api/certificates',
    summary: 'Certificates that were issued to chargers, newest first',
    query: OfCharger,
    responses: { 200: listOf(CertificateBody) },
    handle: (gw, { query }) => ok(presentPage(listCertificates(gw, chargerQuery(query)), presentCertificate)),
  }),
  route({
    method: 'POST',
    url: '/api/certificates/:serial/revocation',
    summary: 'Make a certificate worthless here: its connection is closed, and it opens none any more',
    params: Type.Object({ serial: Type.String({ pattern: '^[0-9A-Fa-f:]{1,64}$' }) }),
    responses: { 200: CertificateBody, 404: ErrorBody },
    handle: async (gw, { params }) => ok(presentCertificate(await revokeCertificate(gw, params.serial))),
  }),
  route({
    method: 'POST',
    url: '/api/chargers/:chargerId/certificate-renewal',
    summary: 'Have a charger request a new certificate; its answer to that as it gave it',
    params: Id,
    responses: OUTCOME_RESPONSES,
    handle: async (gw, { params: { chargerId } }) =>
      answerOutcome(await renewCertificate(gw, chargerId), chargerId, 'the certificate request'),
  }),
  route({
    method: 'GET',
    url: '/api/chargers/:chargerId/root-certificates',
    summary: 'Which root certificates a charger trusts, as it says when it is asked',
    params: Id,
    query: Type.Object({ use: Use }, { additionalProperties: false }),
    responses: { ...OUTCOME_RESPONSES, 200: RootsBody },
    async handle(gw, { params: { chargerId }, query }) {
      const outcome = await listRoots(gw, chargerId, query.use);
      if (outcome.kind !== 'answered')
        return refuseOutcome(outcome, chargerId, 'the question for its root certificates');
      return ok({ certificates: outcome.answer.hashes, answer: outcome.payload });
    },
  }),
  route({
    method: 'POST',
    url: '/api/chargers/:chargerId/root-certificates',
    summary: 'Have a charger trust a root certificate; its answer as it gave it',
    params: Id,
    body: Type.Object(
      {
        use: Use,
        certificate: Type.Optional(
          Type.String({ minLength: 1, maxLength: 20_000, description: "PEM; left out: the site's own authority" }),
        ),
      },
      { additionalProperties: false },
    ),
    responses: { ...OUTCOME_RESPONSES, 400: ErrorBody },
    handle: async (gw, { params: { chargerId }, body }) =>
      answerOutcome(
        await installRoot(gw, chargerId, body.use, body.certificate ?? null),
        chargerId,
        'the root certificate',
      ),
  }),
  route({
    method: 'POST',
    url: '/api/chargers/:chargerId/root-certificates/removal',
    summary: 'Have a charger forget a root certificate; its answer as it gave it',
    params: Id,
    body: Hash,
    responses: OUTCOME_RESPONSES,
    handle: async (gw, { params: { chargerId }, body }) =>
      answerOutcome(await deleteRoot(gw, chargerId, body), chargerId, 'the removal of a root certificate'),
  }),
  route({
    method: 'GET',
    url: '/api/security-events',
    summary: 'What chargers reported about their security and what the gateway found, newest first',
    query: OfCharger,
    responses: { 200: listOf(SecurityEventBody) },
    handle: async (gw, { query }) => ok(presentPage(await listSecurityEvents(gw, chargerQuery(query)), presentEvent)),
  }),
];

function chargerQuery({ charger, ...list }: Static<typeof OfCharger>) {
  return { ...listQuery(list), ...(charger !== undefined && { chargerId: charger }) };
}

function presentCertificate(certificate: ChargerCertificate): CertificateBody {
  const { serial, chargerId, state, subject, fingerprint, note, pem } = certificate;
  return {
    serial,
    chargerId,
    state,
    subject,
    notBefore: toUtc(certificate.notBefore),
    notAfter: toUtc(certificate.notAfter),
    fingerprint,
    note,
    issuedAt: toUtc(certificate.issuedAt),
    updatedAt: toUtc(certificate.updatedAt),
    certificate: pem,
  };
}

function presentEvent(event: SecurityEvent): SecurityEventBody {
  const { id, chargerId, origin, type, detail, count } = event;
  return {
    id,
    chargerId,
    origin,
    type,
    detail,
    reportedAt: toUtc(event.reportedAt),
    receivedAt: toUtc(event.receivedAt),
    lastAt: toUtc(event.lastAt),
    count,
  };
}
