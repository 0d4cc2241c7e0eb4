import type { Gateway } from '../../gateway/gateway.ts';
import type { Peer } from '../../gateway/domain/types.ts';
import type { OcpiClient } from './client.ts';
import type { Answer } from './envelope.ts';
import type { PeerTls } from './peer-trust.ts';
import type { InboundTls } from './tls.ts';

/** Versions that we speak, best first. */
export const VERSIONS = ['2.3.0', '2.2.1', '2.1.1'] as const;
export type Version = (typeof VERSIONS)[number];

export interface OcpiOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** Base that peers are told; null: as they called us. */
  publicUrl: string | null;
  /** Lets peers' URLs lead to loopback, link-local and private addresses. */
  allowPrivateUrls: boolean;
  /** Are peers told of changes as they happen? */
  push: boolean;
  /** Most objects on a page. */
  pageLimit: number;
  /** Per peer; per address where the token is unknown. */
  requestsPerMinute: number;
  /** Null: plain HTTP, as behind a proxy. */
  tls?: InboundTls | null;
  /** TLS with the peers that have files of their own. */
  peers?: { name: string; tls: PeerTls }[];
}

/** What every handler is given. */
export interface OcpiContext {
  gw: Gateway;
  options: OcpiOptions;
  client: OcpiClient;
  /** Ends one handshake of a peer before the next one starts. */
  handshakes: Map<string, Promise<unknown>>;
  /** The server is ending: connections are not kept for a next request. */
  closing: boolean;
}

/** A request of a known peer, free of the HTTP server's own types. */
export interface OcpiRequest {
  peer: Peer;
  /** The token it came with. */
  token: string;
  /** The party that sent it; null where the request does not say and the peer is several. */
  sender: { countryCode: string; partyId: string } | null;
  /** `https://host[:port][/prefix]`, without `/ocpi`. */
  baseUrl: string;
  params: Record<string, string>;
  query: Record<string, unknown>;
  body: unknown;
}

export type Handler = (context: OcpiContext, request: OcpiRequest) => Answer | Promise<Answer>;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type ModuleId =
  | 'versions'
  | 'credentials'
  | 'locations'
  | 'sessions'
  | 'cdrs'
  | 'tariffs'
  | 'tokens'
  | 'commands'
  | 'chargingprofiles'
  | 'hubclientinfo'
  | 'bookings';

export interface Route {
  module: ModuleId;
  /** Below the version's own path; `/:name` are parameters. */
  path: string;
  /** Null: of none, as the list of versions. */
  version?: Version | null;
  methods: Partial<Record<Method, Handler>>;
}
