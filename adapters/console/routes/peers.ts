import Type from 'typebox';
import { PEER_QUIRKS } from '../../../gateway/domain/peer-quirks.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import {
  createPeer,
  findPeerView,
  invitePeer,
  listPeerViews,
  type PeerView,
  setPeerQuirks,
} from '../../../gateway/peers.ts';
import { registrarOf } from '../../../gateway/registrar.ts';
import { presentPeer } from '../present.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody, PeerBody, listOf } from '../schemas.ts';

/** As the configuration has it. */
const NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';
/** OCPI credentials tokens: printable ASCII, at most 64 characters (OCPI 2.3.0 mod_credentials). */
const SECRET = '^[\\x21-\\x7e]{1,64}$';

const Visibility = Type.Enum(['all', 'own'], {
  description: "all: the CPO's own cloud, every session and CDR; own: an eMSP, those of its tokens",
});

const Quirks = Type.Array(Type.Enum([...PEER_QUIRKS]), { maxItems: PEER_QUIRKS.length });

const NewPeer = Type.Object(
  {
    name: Type.String({ pattern: NAME }),
    visibility: Type.Optional(Visibility),
    inboundToken: Type.String({ pattern: SECRET, description: 'what the peer will use with us' }),
    versionsUrl: Type.Optional(Type.String({ pattern: '^https?://', maxLength: 255 })),
    outboundToken: Type.Optional(Type.String({ pattern: SECRET, description: 'what we will use with the peer' })),
    quirks: Type.Optional(Quirks),
  },
  { additionalProperties: false },
);

const Invitation = Type.Object({
  name: Type.String(),
  token: Type.String({ description: 'to register with, once (OCPI TOKEN_A); shown only here' }),
  versionsUrl: Type.Union([Type.String(), Type.Null()]),
});

const NAMED = Type.Object({ name: Type.String({ pattern: NAME }) });

const Registering = Type.Object(
  {
    versionsUrl: Type.String({ pattern: '^https?://', maxLength: 255, description: "the peer's OCPI versions URL" }),
    token: Type.String({ pattern: SECRET, description: 'the registration token that the peer gave (OCPI TOKEN_A)' }),
    visibility: Type.Optional(Visibility),
  },
  { additionalProperties: false },
);

/** OCPI connections. */
export const peerRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/peers',
    summary: 'Every OCPI connection; tokens are never told',
    responses: { 200: listOf(PeerBody) },
    handle: (gw) => ok({ items: listPeerViews(gw).map(presentPeer), next: null }),
  }),
  route({
    method: 'POST',
    url: '/api/peers',
    summary: 'Make a connection without the credentials handshake',
    body: NewPeer,
    responses: { 201: PeerBody, 409: ErrorBody },
    async handle(gw, { body }) {
      const { visibility = 'own', ...rest } = body;
      const { name } = await createPeer(gw, { ...rest, visibility });
      return { status: 201, body: presentPeer(knownPeer(gw, name)) };
    },
  }),
  route({
    method: 'POST',
    url: '/api/peers/:name/invitation',
    summary: 'Make a registration token for a peer, and the peer if it is new',
    params: Type.Object({ name: Type.String({ pattern: NAME }) }),
    body: Type.Object({ visibility: Type.Optional(Visibility) }, { additionalProperties: false }),
    responses: { 201: Invitation, 409: ErrorBody },
    async handle(gw, { params, body, info }) {
      const { token } = await invitePeer(gw, params.name, body.visibility);
      return { status: 201, body: { name: params.name, token, versionsUrl: info.urls.ocpi } };
    },
  }),
  route({
    method: 'PUT',
    url: '/api/peers/:name/quirks',
    summary: 'How a peer has to be handled beyond what its OCPI version says; all of it, so an empty list ends it',
    params: NAMED,
    body: Type.Object({ quirks: Quirks }, { additionalProperties: false }),
    responses: { 200: PeerBody, 404: ErrorBody, 409: ErrorBody },
    async handle(gw, { params, body }) {
      await setPeerQuirks(gw, params.name, body.quirks);
      return ok(presentPeer(knownPeer(gw, params.name)));
    },
  }),
  route({
    method: 'POST',
    url: '/api/peers/:name/registration',
    summary: 'Register with a platform that gave us a registration token; safe to repeat when it did not answer',
    params: NAMED,
    body: Registering,
    responses: { 201: PeerBody, 409: ErrorBody, 422: ErrorBody, 502: ErrorBody, 504: ErrorBody },
    async handle(gw, { params, body }) {
      await registrarOf(gw).register(params.name, body);
      return { status: 201, body: presentPeer(knownPeer(gw, params.name)) };
    },
  }),
  route({
    method: 'PUT',
    url: '/api/peers/:name/registration',
    summary: 'New tokens both ways; safe to repeat when the peer did not answer',
    params: NAMED,
    responses: { 200: PeerBody, 404: ErrorBody, 409: ErrorBody, 502: ErrorBody, 504: ErrorBody },
    async handle(gw, { params }) {
      await registrarOf(gw).rotate(params.name);
      return ok(presentPeer(knownPeer(gw, params.name)));
    },
  }),
  route({
    method: 'DELETE',
    url: '/api/peers/:name/registration',
    summary: 'Unregister with a peer; both tokens are void afterwards, what happened so far stays',
    params: NAMED,
    query: Type.Object(
      { force: Type.Optional(Type.Boolean({ description: 'also where the peer does not answer' })) },
      { additionalProperties: false },
    ),
    responses: { 204: Type.Null(), 404: ErrorBody, 409: ErrorBody, 502: ErrorBody, 504: ErrorBody },
    async handle(gw, { params, query }) {
      await registrarOf(gw).unregister(params.name, query.force ?? false);
      return { status: 204, body: null };
    },
  }),
];

function knownPeer(gw: Gateway, name: string): PeerView {
  const peer = findPeerView(gw, name);
  if (!peer) throw new GatewayError('PEER_UNKNOWN', `there is no peer ${name}`);
  return peer;
}
