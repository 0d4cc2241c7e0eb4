import type { Gateway } from '../../gateway/gateway.ts';
import type { Peer } from '../../gateway/domain/types.ts';
import type { OcpiClient } from './client.ts';
import type { Answer } from './envelope.ts';

/** Versions that we speak, best first. */
export const VERSIONS = ['2.3.0', '2.2.1'] as const;
export type Version = (typeof VERSIONS)[number];

export interface OcpiOptions {
  host: string;
  /** 0: any free one. */
  port: number;
  /** Base that peers are told; null: as they called us. */
  publicUrl: string | null;
  /** Lets peers' URLs lead to loopback, link-local and private addresses. */
  allowPrivateUrls: boolean;
  /** Most objects on a page. */
  pageLimit: number;
  /** Per peer; per address where the token is unknown. */
  requestsPerMinute: number;
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
  /** `https://host[:port][/prefix]`, without `/ocpi`. */
  baseUrl: string;
  params: Record<string, string>;
  query: Record<string, unknown>;
  body: unknown;
}

export type Handler = (context: OcpiContext, request: OcpiRequest) => Answer | Promise<Answer>;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type ModuleId = 'versions' | 'credentials' | 'locations' | 'sessions' | 'cdrs' | 'tariffs' | 'tokens';

export interface Route {
  module: ModuleId;
  /** Below the version's own path; `/:name` are parameters. */
  path: string;
  methods: Partial<Record<Method, Handler>>;
}
