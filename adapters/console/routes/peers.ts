import Type from 'typebox';
import { createPeer, invitePeer, listPeers } from '../../../gateway/peers.ts';
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

const NewPeer = Type.Object(
  {
    name: Type.String({ pattern: NAME }),
    visibility: Type.Optional(Visibility),
    inboundToken: Type.String({ pattern: SECRET, description: 'what the peer will use with us' }),
    versionsUrl: Type.Optional(Type.String({ pattern: '^https?://', maxLength: 255 })),
    outboundToken: Type.Optional(Type.String({ pattern: SECRET, description: 'what we will use with the peer' })),
  },
  { additionalProperties: false },
);

const Invitation = Type.Object({
  name: Type.String(),
  token: Type.String({ description: 'to register with, once (OCPI TOKEN_A); shown only here' }),
  versionsUrl: Type.Union([Type.String(), Type.Null()]),
});

/** OCPI connections. */
export const peerRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/peers',
    summary: 'Every OCPI connection; tokens are never told',
    responses: { 200: listOf(PeerBody) },
    handle: (gw) => ok({ items: listPeers(gw).map(presentPeer), next: null }),
  }),
  route({
    method: 'POST',
    url: '/api/peers',
    summary: 'Make a connection without the credentials handshake',
    body: NewPeer,
    responses: { 201: PeerBody, 409: ErrorBody },
    async handle(gw, { body }) {
      const { visibility = 'own', ...rest } = body;
      const peer = await createPeer(gw, { ...rest, visibility });
      return { status: 201, body: presentPeer({ ...peer, lastSeenAt: null }) };
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
];
