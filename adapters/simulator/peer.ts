import { randomBytes } from 'node:crypto';
import { toUtc, wallClock } from '../../gateway/domain/time.ts';
import type { Clock } from '../../gateway/domain/time.ts';
import { ocpiList, ocpiRequest } from './peer-client.ts';
import {
  cpoParty,
  platformCredentials,
  platformEndpoints,
  readEndpoint,
  tokenIn,
  type Endpoint,
  type OcpiVersion,
} from './peer-dialect.ts';
import type { Listing, OcpiAnswer } from './peer-client.ts';
import { createBooker, type Booker } from './peer-bookings.ts';
import { createCommander, type Commander } from './peer-commands.ts';
import { pageOf } from './peer-lists.ts';
import { createPeerReceiver, type PeerReceiver, type ReceivedModule } from './peer-receiver.ts';
import { startPeerServer } from './peer-server.ts';
import type { PeerAnswer, PeerCondition, PeerRequest } from './peer-server.ts';
import { timerTicker } from './ticker.ts';
import type { Ticker } from './ticker.ts';
import { asList, asRecord, asText } from './wire.ts';

export type { OcpiVersion } from './peer-dialect.ts';
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
  /** How many requests it remembers; default 2000. */
  requestsKept?: number;
  /** The identifier of its Bookings module in 2.3.0, such as `Booking`; default: it has none. */
  bookingsAs?: string;
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
  /** Forgets the gateway and gives a token with which it may register itself. */
  inviteGateway(): string;
  /**
   * Fetches what has changed since the last poll, following Links, and gives all that it holds now: each object once,
   * in its latest form, oldest first.
   */
  poll(): Promise<Holdings>;
  /** What it holds without asking. */
  holdings(): Holdings;
  list(module: PolledModule, query?: ListQuery): Promise<Listing>;
  /** The tokens that it has itself, for the gateway to fetch. */
  setTokens(tokens: PeerToken[]): void;
  /**
   * How it decides on a token that the gateway asks it of in real time: an AuthorizationInfo object; null: it is none of
   * its tokens. Until this is said, its own valid tokens are ALLOWED.
   */
  setAuthorizer(decide: Authorizer): void;
  /** As a hub: the parties behind it, for the gateway to fetch (ClientInfo objects). */
  setClients(clients: Record<string, unknown>[]): void;
  /** Puts one of its tokens on the gateway's list. */
  putToken(token: PeerToken): Promise<OcpiAnswer>;
  /** Any request with its token and headers. */
  request(method: string, url: string, body?: unknown): Promise<OcpiAnswer>;
  /** URL of an endpoint of the gateway; throws an Error where it has none. */
  endpoint(module: string, role?: 'SENDER' | 'RECEIVER'): string;
  setCondition(condition: PeerCondition): void;
  /** Has sessions begun, stopped and limited. */
  commands: Commander;
  /** Books bays. */
  bookings: Booker;
  /** What it was told of a module, without asking. */
  told(module: ReceivedModule): Record<string, unknown>[];
  /** Loses what it was told. */
  forget(): void;
  /** What reached it, oldest first. */
  requests: PeerRequest[];
  close(): Promise<void>;
}

type Item = Record<string, unknown>;

export type Authorizer = (uid: string, place: Record<string, unknown>) => Item | null;

const MODULES: readonly PolledModule[] = ['locations', 'sessions', 'cdrs', 'tariffs'];

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
  /** Good until the gateway uses the new one. */
  let formerToken: string | null = null;
  let registered = false;
  let outboundToken = '';
  let version: OcpiVersion | null = null;
  let versionsUrl = '';
  let endpoints: Endpoint[] = [];
  let ownTokens: Record<string, unknown>[] = [];
  let clients: Record<string, unknown>[] = [];
  let authorizer: Authorizer = (uid) => {
    const token = ownTokens.find((own) => own['uid'] === uid);
    return token ? { allowed: token['valid'] === true ? 'ALLOWED' : 'BLOCKED', token } : null;
  };
  let receiver: PeerReceiver | null = null;
  let commander: Commander | null = null;
  let gatewayParty: { country_code: string; party_id: string } | null = null;

  const server = await startPeerServer({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    clock,
    ticker: options.ticker ?? timerTicker,
    condition: () => condition,
    knows,
    handle,
    ...(options.requestsKept !== undefined && { requestsKept: options.requestsKept }),
  });
  const url = `${server.base}/ocpi/versions`;
  receiver = createPeerReceiver(`${server.base}/ocpi/${versions.at(-1) ?? ''}`);

  function knows(token: string): boolean {
    if (token === inboundToken) formerToken = null;
    return token === inboundToken || token === formerToken;
  }

  function handle(method: string, where: URL, body: unknown): PeerAnswer | Promise<PeerAnswer> {
    const [, root, first, module, ...rest] = where.pathname.split('/');
    if (root !== 'ocpi') return { http: 404, status: 2000 };
    if (first === 'versions') {
      return good(versions.map((each) => ({ version: each, url: `${server.base}/ocpi/${each}` })));
    }
    const asked = versions.find((each) => each === first);
    if (!asked) return { http: 404, status: 2000, message: `no version ${first ?? ''} here` };
    if (module === undefined)
      return good({ version: asked, endpoints: platformEndpoints(server.base, asked, party.role, options.bookingsAs) });
    if (module === 'credentials') return credentialsAsked(method, body, asked);
    const taken = receiver?.handle(module, method, rest.map(decodeURIComponent), body) ?? null;
    if (taken) return taken;
    const result = commander?.handle(module, method, rest.map(decodeURIComponent), body) ?? null;
    if (result) return result;
    if (method === 'POST' && module === 'tokens' && rest[1] === 'authorize') {
      const info = authorizer(decodeURIComponent(rest[0] ?? ''), asRecord(body));
      return info ? good(info) : { http: 404, status: 2004, message: 'unknown token' };
    }
    if (method === 'GET' && module === 'tokens') return pageOf(ownTokens, where, (token) => tokenIn(asked, token));
    if (method === 'GET' && module === 'hubclientinfo') return pageOf(clients, where, (client) => client);
    return { http: 404, status: 2000, message: `no ${module} here` };
  }

  /** The gateway's side of the handshake; like any platform it asks the gateway first what it offers. */
  async function credentialsAsked(method: string, body: unknown, asked: OcpiVersion): Promise<PeerAnswer> {
    if (method === 'GET') return good(credentials(asked));
    if ((method === 'POST') === registered) return { http: 405, status: 2000, message: 'not in this state' };
    if (method === 'DELETE') {
      forgetGateway();
      return good();
    }
    const given = asRecord(body);
    try {
      await discover(asText(given['url']) ?? '', asText(given['token']) ?? '', asked);
    } catch (error) {
      return { http: 200, status: 3001, message: error instanceof Error ? error.message : String(error) };
    }
    adopt(body);
    formerToken = registered ? inboundToken : null;
    inboundToken = mintToken();
    registered = true;
    return good(credentials(asked));
  }

  const credentials = (of: OcpiVersion): object =>
    platformCredentials(of, inboundToken, url, party, options.name ?? 'Simulated cloud');

  function forgetGateway(): void {
    inboundToken = mintToken();
    formerToken = null;
    outboundToken = '';
    registered = false;
  }

  function adopt(body: unknown): void {
    const received = asRecord(body);
    outboundToken = asText(received['token']) ?? outboundToken;
    gatewayParty = cpoParty(received) ?? gatewayParty;
  }

  async function discover(from: string, token: string, wanted: OcpiVersion | undefined): Promise<void> {
    const offered = asList((await ocpiRequest(token, 'GET', from)).data).map(asRecord);
    const mutual = (wanted ? [wanted] : versions.toReversed()).find((each) =>
      offered.some((offer) => offer['version'] === each),
    );
    const offer = offered.find((each) => each['version'] === mutual);
    if (!mutual || !offer) throw new Error(`${from} offers none of ${(wanted ? [wanted] : versions).join(', ')}`);
    const details = asRecord((await ocpiRequest(token, 'GET', asText(offer['url']) ?? '')).data);
    endpoints = asList(details['endpoints']).map(asRecord).map(readEndpoint);
    version = mutual;
    versionsUrl = from;
  }

  function endpoint(module: string, role?: 'SENDER' | 'RECEIVER'): string {
    const found = endpoints.find((each) => each.identifier === module && (!role || (each.role ?? role) === role));
    if (!found) throw new Error(`the gateway has no endpoint ${module} ${role ?? ''}`.trim());
    return found.url;
  }

  // OCPI 2.3.0 transport_and_format: routing headers on functional modules only
  function routing(): Record<string, string> {
    // before 2.2 there were none, and the token went as it is
    if (version === '2.1.1') return { authorization: `Token ${outboundToken}` };
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

  /** A token with everything that OCPI wants of it. */
  const whole = (token: PeerToken): Record<string, unknown> => ({
    country_code: party.country_code,
    party_id: party.party_id,
    type: 'RFID',
    contract_id: `${party.country_code}-${party.party_id}-${token.uid}`.slice(0, 36),
    issuer: options.name ?? 'Simulated cloud',
    valid: true,
    whitelist: 'ALLOWED',
    last_updated: toUtc(clock()),
    ...token,
  });

  const request = (method: string, target: string, body?: unknown): Promise<OcpiAnswer> =>
    ocpiRequest(outboundToken, method, target, body, routing());
  const commands = (commander = createCommander({
    base: () => `${server.base}/ocpi/${version ?? versions[0] ?? ''}`,
    endpoint: (module) => endpoint(module, 'RECEIVER'),
    request,
  }));

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
      const body = credentials(version ?? versions[0] ?? '2.2.1');
      adopt((await ocpiRequest(tokenA, 'POST', endpoint('credentials'), body)).data);
      registered = true;
    },
    async useToken(from, token, wanted) {
      outboundToken = token;
      await discover(from, token, wanted);
      registered = true;
    },
    async renew() {
      inboundToken = mintToken();
      const body = credentials(version ?? versions[0] ?? '2.2.1');
      adopt((await ocpiRequest(outboundToken, 'PUT', endpoint('credentials'), body)).data);
      await discover(versionsUrl, outboundToken, version ?? undefined);
    },
    async unregister() {
      await ocpiRequest(outboundToken, 'DELETE', endpoint('credentials'));
      outboundToken = '';
      registered = false;
    },
    inviteGateway() {
      forgetGateway();
      return inboundToken;
    },
    async poll() {
      for (const module of MODULES) await pollModule(module);
      return holdings();
    },
    holdings,
    list,
    setAuthorizer(decide) {
      authorizer = decide;
    },
    setTokens(tokens) {
      ownTokens = tokens.map(whole);
    },
    setClients(told) {
      clients = told;
    },
    putToken(token) {
      const { uid } = token;
      const full = tokenIn(version, whole(token));
      const path = [party.country_code, party.party_id, uid].map(encodeURIComponent).join('/');
      const target = `${endpoint('tokens', 'RECEIVER')}/${path}?type=${encodeURIComponent(asText(full['type']) ?? 'RFID')}`;
      return ocpiRequest(outboundToken, 'PUT', target, full, routing());
    },
    request,
    commands,
    bookings: createBooker({
      party,
      endpoint: () => endpoint('Booking', 'SENDER'),
      request,
      list: (target) => ocpiList(outboundToken, target, routing()),
    }),
    endpoint,
    setCondition(next) {
      condition = next;
    },
    told: (module) => receiver?.held(module) ?? [],
    forget: () => receiver?.clear(),
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
