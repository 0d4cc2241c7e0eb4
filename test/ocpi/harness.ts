/** A real gateway with its OCPI server on loopback, real peers to talk to it, and a client that judges every answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { OcpiOptions } from '../../adapters/ocpi/request.ts';
import { createOcpiServer } from '../../adapters/ocpi/server.ts';
import { applyConfig } from '../../gateway/apply-config.ts';
import type { Settings } from '../../gateway/domain/settings.ts';
import { createGateway } from '../../gateway/create-gateway.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { ObjectName } from '../contract/ocpi/check.ts';
import { expectContract, expectPlainNumbers } from '../contract/ocpi/check.ts';
import { layDatabase } from '../harness/database.ts';
import { NOON, SETTINGS } from './fixtures.ts';

export type Version = '2.1.1' | '2.2.1' | '2.3.0';
export type Json = Record<string, unknown>;

/** The fields of OCPI's objects that tests look at; which of them an answer has, its schema has already judged. */
export interface Wire {
  id: string;
  uid: string;
  identifier: string;
  role: string;
  version: string;
  url: string;
  token: string;
  name: string;
  status: string;
  standard: string;
  publish: boolean;
  contract_id: string;
  group_id: string;
  last_updated: string;
  tax_included: string;
  min_price: Json;
  capabilities: string[];
  roles: Wire[];
  endpoints: Wire[];
  evses: Wire[];
  connectors: Wire[];
}

export interface Site {
  gw: Gateway;
  url: string;
  /** Settable: what the gateway's clock says. */
  time: { now: number };
  /** What was logged as an error. */
  errors: { data: object; message: string }[];
  stop(): Promise<void>;
}

/** Starts a gateway on an empty database, as `settings` describe it. */
export async function startSite(settings: Partial<Settings> = {}, options: Partial<OcpiOptions> = {}): Promise<Site> {
  const directory = mkdtempSync(join(tmpdir(), 'ocpi-'));
  layDatabase(directory);
  const time = { now: NOON };
  const errors: Site['errors'] = [];
  const clock = (): number => time.now;
  const quiet = (): void => undefined;
  const gw = createGateway({
    settings: { ...SETTINGS, ...settings },
    directory,
    maxBytes: 0,
    clock,
    log: { debug: quiet, info: quiet, warn: quiet, error: (data, message) => errors.push({ data, message }) },
  });
  await applyConfig(gw);
  const server = createOcpiServer(gw, {
    host: '127.0.0.1',
    port: 0,
    publicUrl: null,
    allowPrivateUrls: true,
    pageLimit: 100,
    push: false,
    requestsPerMinute: 10_000,
    ...options,
  });
  const { url } = await server.listen();
  return {
    gw,
    url,
    time,
    errors,
    async stop() {
      await server.close();
      gw.db.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** Keeps a charger's socket as open, so that its EVSEs show what they last reported. */
export function pretendConnected(site: Site, chargerId: string): void {
  site.gw.connections.add({
    chargerId,
    protocol: 'ocpp1.6',
    since: site.time.now,
    tokenLimit: 20,
    callTimeout: 2,
    lastSeenAt: () => site.time.now,
    call: async () => ({ kind: 'timeout' }),
    order: async () => ({ kind: 'timeout' }),
    close: () => undefined,
  });
}

export interface Asked {
  http: number;
  headers: Record<string, string | undefined>;
  body: Json;
  /** `body.data`, an object or a list. */
  data: Wire & Wire[];
  status: number;
  text: string;
}

export interface Ask {
  method?: string;
  /** Sent in base64; `header` instead is sent as it is. */
  token?: string;
  header?: string;
  headers?: Record<string, string>;
  /** An object is sent as JSON, a string as it is. */
  body?: unknown;
  /** The answer's data (or each item of it) is this object of this version. */
  is?: ObjectName;
  version?: Version;
}

/** A request to the site. Whatever comes back has to be a well-formed, exact OCPI answer. */
export async function ask(target: string, how: Ask = {}): Promise<Asked> {
  const ids = { 'x-request-id': `req-${Math.random()}`, 'x-correlation-id': `cor-${Math.random()}` };
  const authorization = how.header ?? (how.token === undefined ? undefined : `Token ${base64(how.token)}`);
  const body = how.body === undefined || typeof how.body === 'string' ? how.body : JSON.stringify(how.body);
  const answer = await exchange(target, how.method ?? 'GET', body, {
    ...ids,
    ...(authorization === undefined ? {} : { authorization }),
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
    ...how.headers,
  });
  const json = JSON.parse(answer.text) as Json;
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.headers['x-request-id']).toBe(how.headers?.['x-request-id'] ?? ids['x-request-id']);
  expect(answer.headers['x-correlation-id']).toBe(how.headers?.['x-correlation-id'] ?? ids['x-correlation-id']);
  const version = how.version ?? (['2.1.1', '2.2.1'] as const).find((each) => target.includes(each)) ?? '2.3.0';
  expectContract(version, 'envelope', json);
  expectPlainNumbers(answer.text);
  const { is: name } = how;
  if (name !== undefined && json['status_code'] === 1000) {
    const listed = Array.isArray(json['data']) && name !== 'versions';
    const items: unknown[] = Array.isArray(json['data']) && listed ? json['data'] : [json['data']];
    for (const item of items) expectContract(version, name, item);
  }
  return { ...answer, body: json, data: json['data'] as Asked['data'], status: Number(json['status_code']) };
}

/** Bare HTTP, for what `fetch` would not let through. */
export function exchange(
  target: string,
  method: string,
  body: string | undefined,
  headers: Record<string, string>,
): Promise<{ http: number; headers: Record<string, string | undefined>; text: string }> {
  return new Promise((resolve, reject) => {
    const url = new URL(target);
    const outgoing = httpRequest(
      // The path as written: URL would mend what a broken peer sends.
      { host: url.hostname, port: url.port, method, path: target.slice(url.origin.length), headers },
      (response) => {
        void readAll(response).then(
          (text) =>
            resolve({
              http: response.statusCode ?? 0,
              headers: response.headers as Record<string, string | undefined>,
              text,
            }),
          reject,
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function readAll(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

export interface MockPeer {
  url: string;
  versionsUrl: string;
  /** What the gateway asked, with the credentials it showed. */
  asked: { path: string; authorization: string | undefined }[];
  stop(): Promise<void>;
}

export interface MockPeerOptions {
  versions?: string[];
  modules?: string[];
  /** Answers this to everything instead. */
  reply?: { http: number; headers?: Record<string, string>; text: string };
  /** Knows only tokens sent raw. */
  raw?: boolean;
  token?: string;
}

/** A peer's platform: versions and details, as the handshake asks for them. */
export async function startPeer(options: MockPeerOptions = {}): Promise<MockPeer> {
  const { versions = ['2.2.1', '2.3.0'], modules = ['credentials', 'tokens', 'cdrs'], token = 'token-b' } = options;
  const asked: MockPeer['asked'] = [];
  const server = createServer((request, response) => {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization });
    const known = request.headers.authorization === `Token ${options.raw ? token : base64(token)}`;
    const version = request.url?.split('/')[1] ?? '';
    const data =
      version === 'versions'
        ? versions.map((number) => ({ version: number, url: `${base}/${number}` }))
        : {
            version,
            endpoints: modules.map((identifier) => ({
              identifier,
              role: 'SENDER',
              url: `${base}/${version}/${identifier}`,
            })),
          };
    const body = { data, status_code: 1000, timestamp: '2026-06-01T12:00:00Z' };
    const reply = options.reply ?? { http: known ? 200 : 401, text: JSON.stringify(known ? body : {}) };
    response.writeHead(reply.http, { 'content-type': 'application/json', ...reply.headers }).end(reply.text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    versionsUrl: `${url}/versions`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

export interface RoleBody {
  role: string;
  country_code: string;
  party_id: string;
  business_details: Json;
}

/** A peer's credentials object; what a test spoils of it may be missing. */
export interface CredentialsBody {
  token?: string;
  url?: string;
  hub_party_id?: string;
  roles: RoleBody[];
}

/** A peer's credentials, changed as a test needs them. */
export function credentials(
  peer: { versionsUrl: string },
  change: Partial<CredentialsBody> & Json = {},
): CredentialsBody {
  return {
    token: 'token-b',
    url: peer.versionsUrl,
    roles: [{ role: 'EMSP', country_code: 'NL', party_id: 'MSP', business_details: { name: 'A provider' } }],
    ...change,
  };
}
