import { randomBytes } from 'node:crypto';
import { toUtc, wallClock } from '../../gateway/domain/time.ts';
import type { Clock } from '../../gateway/domain/time.ts';
import { ocpiList, ocpiRequest } from './peer-client.ts';
import type { Listing, OcpiAnswer } from './peer-client.ts';
import { startPeerServer } from './peer-server.ts';
import type { PeerAnswer, PeerCondition, PeerRequest } from './peer-server.ts';
import { timerTicker } from './ticker.ts';
import type { Ticker } from './ticker.ts';
import { asList, asRecord, asText } from './wire.ts';

export type OcpiVersion = '2.2.1' | '2.3.0';
export type PolledModule = 'locations' | 'sessions' | 'cdrs' | 'tariffs';
export type Holdings = Record<PolledModule, Record<string, unknown>[]>;

export interface SimulatedPeerOptions {
  name?: string;
  /** Who it says it is; default `NL` `EMS` `EMSP`. */
  countryCode?: string;
  partyId?: string;
  role?: string;
  /** What it serves; default 2.2.1 and 2.3.0. */
  versions?: OcpiVersion[];
  host?: string;
  port?: number;
  clock?: Clock;
  ticker?: Ticker;
}

/** What a token needs to be told of; the rest is filled in. */
export type PeerToken = { uid: string } & Record<string, unknown>;

export interface ListQuery {
  date_from?: string;
  date_to?: string;
  offset?: number;
  limit?: number;
}

/** A cloud above the gateway: an OCPI platform of its own, with a server that really listens. */
export interface SimulatedPeer {
  /** Its versions URL. */
  url: string;
  /** With which the gateway may call it. */
  readonly inboundToken: string;
  /** With which it calls the gateway; empty before it knows one. */
  readonly outboundToken: string;
  readonly version: OcpiVersion | null;
  /** Runs the whole handshake with the token the operator handed over. Throws OcpiCallFailed. */
  register(versionsUrl: string, tokenA: string, version?: OcpiVersion): Promise<void>;
  /** Takes a token that both sides were given beforehand; only asks the gateway where its endpoints are. */
  useToken(versionsUrl: string, token: string, version?: OcpiVersion): Promise<void>;
  /** PUT credentials: a new token of its own, receives a new one. */
  renew(): Promise<void>;
  unregister(): Promise<void>;
  /**
   * Fetches what has changed since the last poll, following Links, and gives all that it holds now: each object once,
   * in its latest form, oldest first.
   */
  poll(): Promise<Holdings>;
  /** What it holds without asking. */
  holdings(): Holdings;
  list(module: PolledModule, query?: ListQuery): Promise<Listing>;
  /** Puts one of its tokens on the gateway's list. */
  putToken(token: PeerToken): Promise<OcpiAnswer>;
  /** Any request with its token and headers. */
  request(method: string, url: string, body?: unknown): Promise<OcpiAnswer>;
  /** URL of an endpoint of the gateway; throws an Error where it has none. */
  endpoint(module: string, role?: 'SENDER' | 'RECEIVER'): string;
  setCondition(condition: PeerCondition): void;
  /** What reached it, oldest first. */
  requests: PeerRequest[];
  close(): Promise<void>;
}

interface Endpoint {
  identifier: string;
  role: string;
  url: string;
}

const MODULES: readonly PolledModule[] = ['locations', 'sessions', 'cdrs', 'tariffs'];
const RECEIVED = ['locations', 'sessions', 'cdrs', 'tariffs'];

/** Starts the peer: opens its server, calls nobody yet. */
export async function createSimulatedPeer(options: SimulatedPeerOptions = {}): Promise<SimulatedPeer> {
  const clock = options.clock ?? wallClock;
  const versions = options.versions ?? ['2.2.1', '2.3.0'];
  const party = {
    role: options.role ?? 'EMSP',
    country_code: options.countryCode ?? 'NL',
    party_id: options.partyId ?? 'EMS',
  };
  const held: Record<PolledModule, Map<string, Record<string, unknown>>> = {
    locations: new Map(),
    sessions: new Map(),
    cdrs: new Map(),
    tariffs: new Map(),
  };
  let condition: PeerCondition = { kind: 'up' };
  let inboundToken = mintToken();
  let outboundToken = '';
  let version: OcpiVersion | null = null;
  let versionsUrl = '';
  let endpoints: Endpoint[] = [];
  let gatewayParty: { country_code: string; party_id: string } | null = null;

  const server = await startPeerServer({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    clock,
    ticker: options.ticker ?? timerTicker,
    condition: () => condition,
    knows: (token) => token === inboundToken,
    handle,
  });
  const url = `${server.base}/ocpi/versions`;

  function handle(method: string, where: URL, body: unknown): PeerAnswer {
    const [, root, first, module] = where.pathname.split('/');
    if (root !== 'ocpi') return { http: 404, status: 2000 };
    if (first === 'versions') {
      return good(versions.map((each) => ({ version: each, url: `${server.base}/ocpi/${each}` })));
    }
    const asked = versions.find((each) => each === first);
    if (!asked) return { http: 404, status: 2000, message: `no version ${first ?? ''} here` };
    if (module === undefined) return good({ version: asked, endpoints: ownEndpoints(asked) });
    if (module === 'credentials') return credentialsAsked(method, body);
    if (RECEIVED.includes(module)) return method === 'POST' ? { ...good(), http: 201 } : good();
    if (module === 'tokens' && method === 'GET') {
      return { ...good([]), headers: { 'x-total-count': '0', 'x-limit': '100' } };
    }
    return { http: 404, status: 2000, message: `no ${module} here` };
  }

  function ownEndpoints(of: OcpiVersion): Endpoint[] {
    const at = (identifier: string, role: string): Endpoint => ({
      identifier,
      role,
      url: `${server.base}/ocpi/${of}/${identifier}`,
    });
    return [
      at('credentials', 'SENDER'),
      ...RECEIVED.map((identifier) => at(identifier, 'RECEIVER')),
      at('tokens', 'SENDER'),
    ];
  }

  function credentialsAsked(method: string, body: unknown): PeerAnswer {
    if (method === 'POST' || method === 'PUT') adopt(body);
    if (method === 'DELETE') outboundToken = '';
    return good(method === 'DELETE' ? undefined : credentials());
  }

  const credentials = (): object => ({
    token: inboundToken,
    url,
    roles: [{ ...party, business_details: { name: options.name ?? 'Simulated cloud' } }],
  });

  function adopt(body: unknown): void {
    const received = asRecord(body);
    outboundToken = asText(received['token']) ?? outboundToken;
    for (const each of asList(received['roles']).map(asRecord)) {
      const country = asText(each['country_code']);
      const id = asText(each['party_id']);
      if (each['role'] === 'CPO' && country !== null && id !== null) {
        gatewayParty = { country_code: country, party_id: id };
      }
    }
  }

  async function discover(from: string, token: string, wanted: OcpiVersion | undefined): Promise<void> {
    const offered = asList((await ocpiRequest(token, 'GET', from)).data).map(asRecord);
    const mutual = (wanted ? [wanted] : versions.toReversed()).find((each) =>
      offered.some((offer) => offer['version'] === each),
    );
    const offer = offered.find((each) => each['version'] === mutual);
    if (!mutual || !offer) throw new Error(`${from} offers none of ${(wanted ? [wanted] : versions).join(', ')}`);
    const details = asRecord((await ocpiRequest(token, 'GET', asText(offer['url']) ?? '')).data);
    endpoints = asList(details['endpoints'])
      .map(asRecord)
      .map((each) => ({
        identifier: asText(each['identifier']) ?? '',
        role: asText(each['role']) ?? 'SENDER',
        url: asText(each['url']) ?? '',
      }));
    version = mutual;
    versionsUrl = from;
  }

  function endpoint(module: string, role?: 'SENDER' | 'RECEIVER'): string {
    const found = endpoints.find((each) => each.identifier === module && (!role || each.role === role));
    if (!found) throw new Error(`the gateway has no endpoint ${module} ${role ?? ''}`.trim());
    return found.url;
  }

  // OCPI 2.3.0 transport_and_format: routing headers on functional modules only
  function routing(): Record<string, string> {
    return {
      'ocpi-from-country-code': party.country_code,
      'ocpi-from-party-id': party.party_id,
      ...(gatewayParty
        ? { 'ocpi-to-country-code': gatewayParty.country_code, 'ocpi-to-party-id': gatewayParty.party_id }
        : {}),
    };
  }

  function list(module: PolledModule, query: ListQuery = {}): Promise<Listing> {
    const target = new URL(endpoint(module, 'SENDER'));
    for (const [name, value] of Object.entries(query)) target.searchParams.set(name, String(value));
    return ocpiList(outboundToken, target.href, routing());
  }

  async function pollModule(module: PolledModule): Promise<void> {
    const holding = held[module];
    const dates = [...holding.values()].map((each) => Date.parse(asText(each['last_updated']) ?? '') || 0);
    // the newest we hold comes again, as date_from is inclusive: so nothing of that instant is missed
    const { items } = await list(module, { date_from: toUtc(Math.max(0, ...dates)) });
    for (const item of items) holding.set(asText(item['id']) ?? '', item);
  }

  const holdings = (): Holdings => ({
    locations: [...held.locations.values()],
    sessions: [...held.sessions.values()],
    cdrs: [...held.cdrs.values()],
    tariffs: [...held.tariffs.values()],
  });

  return {
    url,
    get inboundToken() {
      return inboundToken;
    },
    get outboundToken() {
      return outboundToken;
    },
    get version() {
      return version;
    },
    async register(from, tokenA, wanted) {
      await discover(from, tokenA, wanted);
      adopt((await ocpiRequest(tokenA, 'POST', endpoint('credentials'), credentials())).data);
    },
    async useToken(from, token, wanted) {
      outboundToken = token;
      await discover(from, token, wanted);
    },
    async renew() {
      inboundToken = mintToken();
      adopt((await ocpiRequest(outboundToken, 'PUT', endpoint('credentials'), credentials())).data);
      await discover(versionsUrl, outboundToken, version ?? undefined);
    },
    async unregister() {
      await ocpiRequest(outboundToken, 'DELETE', endpoint('credentials'));
      outboundToken = '';
    },
    async poll() {
      for (const module of MODULES) await pollModule(module);
      return holdings();
    },
    holdings,
    list,
    putToken(token) {
      const { uid } = token;
      const full = {
        ...party,
        role: undefined,
        type: 'RFID',
        contract_id: `${party.country_code}-${party.party_id}-${uid}`.slice(0, 36),
        issuer: options.name ?? 'Simulated cloud',
        valid: true,
        whitelist: 'ALLOWED',
        last_updated: toUtc(clock()),
        ...token,
      };
      const path = [party.country_code, party.party_id, uid].map(encodeURIComponent).join('/');
      const target = `${endpoint('tokens', 'RECEIVER')}/${path}?type=${encodeURIComponent(full.type)}`;
      return ocpiRequest(outboundToken, 'PUT', target, full, routing());
    },
    request: (method, target, body) => ocpiRequest(outboundToken, method, target, body, routing()),
    endpoint,
    setCondition(next) {
      condition = next;
    },
    requests: server.requests,
    close: () => server.close(),
  };
}

function good(data?: unknown): PeerAnswer {
  return { http: 200, status: 1000, ...(data === undefined ? {} : { data }) };
}

function mintToken(): string {
  return randomBytes(24).toString('base64url');
}
