import { randomBytes, randomUUID } from 'node:crypto';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { parseTime } from '../../gateway/domain/time.ts';
import type { Peer, PeerEndpoint } from '../../gateway/domain/types.ts';
import type { DrillCheck, DrillReport, PeerDrill } from '../../gateway/drill.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { findPeer, outboundToken } from '../../gateway/peers.ts';
import type { OcpiClient, Probed } from './client.ts';
import { EndpointItem, read, readItems, TokenBody, VersionItem } from './inbound.ts';
import { mannerOf, wantsRaw } from './push/target.ts';

/** Objects to a page while a list is followed. */
const PAGE = 5;
/** A list is followed for so many pages. */
const MOST_PAGES = 4;
/** A platform's clock may be off by so much, milliseconds. */
const CLOCK = 300_000;

type Answered = Extract<Probed, { kind: 'answered' }>;

interface Drill {
  gw: Gateway;
  client: OcpiClient;
  peer: Peer;
  token: string;
  checks: DrillCheck[];
}

/** The drill of a peer's platform: GETs alone, so nothing changes there. */
export function createPeerDrill(gw: Gateway, client: OcpiClient): PeerDrill {
  return async (name): Promise<DrillReport> => {
    const peer = findPeer(gw, name);
    const token = outboundToken(gw, name);
    if (peer?.state !== 'registered' || token === null || peer.versionsUrl === null)
      throw new GatewayError('PEER_UNUSABLE', `peer ${name} gave us no versions URL and token to try it with`);
    const drill: Drill = { gw, client, peer, token, checks: [] };
    const details = await drillVersions(drill, peer.versionsUrl);
    const endpoints = details === null ? null : await drillDetails(drill, details);
    if (endpoints) {
      await drillCredentials(drill, endpoints);
      await drillTokens(drill, endpoints);
      await drillReceivers(drill, endpoints);
    }
    return {
      peer: name,
      version: peer.version ?? '–',
      at: gw.clock(),
      checks: drill.checks,
      deviations: drill.checks.filter(({ outcome }) => outcome === 'deviates').length,
    };
  };
}

/** `seen`: null where the rule is kept, else what was seen instead. */
function note({ checks }: Drill, rule: string, seen: string | null): void {
  checks.push({ rule, outcome: seen === null ? 'good' : 'deviates', detail: seen });
}

function skip({ checks }: Drill, rule: string, why: string): void {
  checks.push({ rule, outcome: 'skipped', detail: why });
}

/** GETs with the token that the peer gave us. Null, and noted, where nothing came. */
async function getFrom(drill: Drill, what: string, url: string, routed = false): Promise<Answered | null> {
  const { gw, client, peer, token } = drill;
  const probed = await client.probe({
    peer: peer.name,
    method: 'GET',
    url,
    token,
    raw: wantsRaw(peer),
    ...(routed && mannerOf(gw, peer, null)),
  });
  if (probed.kind === 'answered') return probed;
  note(drill, `${what} can be reached`, probed.reason);
  return null;
}

/** The `data` of a success in a good envelope; undefined, and noted, where it is none. */
function dataOf(drill: Drill, what: string, { http, envelope }: Answered): unknown {
  note(drill, `${what} answers HTTP 200 with status_code 1000`, saidWell(http, envelope));
  if (!envelope) return undefined;
  const { timestamp } = envelope;
  const at = typeof timestamp === 'string' ? parseTime(timestamp)?.at : undefined;
  const off = at === undefined ? Number.NaN : Math.abs(at - drill.gw.clock());
  const good = off <= CLOCK && String(timestamp).endsWith('Z');
  note(drill, `${what} has a timestamp in UTC, within five minutes of ours`, good ? null : show(timestamp));
  return envelope['data'];
}

function saidWell(http: number, envelope: Record<string, unknown> | null): string | null {
  if (!envelope) return `HTTP ${http}, no JSON object`;
  const status = envelope['status_code'];
  return http === 200 && status === 1000 ? null : `HTTP ${http}, status_code ${show(status)}`;
}

async function drillVersions(drill: Drill, url: string): Promise<string | null> {
  const { client, peer, token } = drill;
  const answer = await getFrom(drill, 'versions', url);
  if (!answer) return null;
  const listed = readItems(VersionItem, dataOf(drill, 'versions', answer));
  const mine = listed?.find(({ version }) => version.trim() === peer.version);
  const theirs = listed?.map(({ version }) => version).join(', ') ?? 'no list';
  note(drill, `versions lists ${peer.version ?? 'a version'}, which was agreed on`, mine ? null : theirs);

  const ids = { 'x-request-id': randomUUID(), 'x-correlation-id': randomUUID() };
  const echoed = await client.probe({
    peer: peer.name,
    method: 'GET',
    url,
    token,
    raw: wantsRaw(peer),
    headers: ids,
  });
  const rule = 'X-Request-ID and X-Correlation-ID come back';
  if (peer.version === '2.1.1') skip(drill, rule, '2.1.1 has none');
  else if (echoed.kind === 'answered') {
    const lost = Object.entries(ids).filter(([name, id]) => echoed.headers[name] !== id);
    note(drill, rule, lost.length === 0 ? null : `not ${lost.map(([name]) => name).join(', ')}`);
  }

  const stranger = randomBytes(24).toString('base64url');
  const refused = await client.probe({ peer: peer.name, method: 'GET', url, token: stranger });
  if (refused.kind === 'answered')
    note(drill, 'an unknown token is HTTP 401', refused.http === 401 ? null : `HTTP ${refused.http}`);
  return mine?.url ?? null;
}

async function drillDetails(drill: Drill, url: string): Promise<PeerEndpoint[] | null> {
  const { peer } = drill;
  const answer = await getFrom(drill, 'version details', url);
  if (!answer) return null;
  const data = dataOf(drill, 'version details', answer);
  const named = isRecord(data) ? data['version'] : undefined;
  note(drill, 'version details name their version', named === peer.version ? null : show(named));
  const raw = isRecord(data) && Array.isArray(data['endpoints']) ? (data['endpoints'] as unknown[]) : [];
  const items = readItems(EndpointItem, raw) ?? [];
  const odd = raw.length - items.length;
  note(
    drill,
    'each endpoint has an identifier and a URL',
    odd === 0 && raw.length > 0 ? null : `${odd} of ${raw.length} do not`,
  );
  const roles = items
    .filter(({ role }) => role !== 'SENDER' && role !== 'RECEIVER')
    .map(({ identifier }) => identifier);
  if (peer.version === '2.1.1') skip(drill, 'each endpoint has a role', '2.1.1 has none');
  else
    note(drill, 'each endpoint has a role, SENDER or RECEIVER', roles.length === 0 ? null : `not ${roles.join(', ')}`);
  const absolute = items.filter((item) => !/^https?:\/\//.test(item.url)).map(({ identifier }) => identifier);
  note(drill, 'each endpoint URL is absolute', absolute.length === 0 ? null : `not that of ${absolute.join(', ')}`);
  const has = items.some(({ identifier }) => identifier === 'credentials');
  note(drill, 'credentials is among the endpoints', has ? null : 'it is not');

  const nowhere = await getFrom(drill, 'an unknown path', `${url.replace(/\/+$/, '')}/nothing-${randomUUID()}`);
  if (nowhere) note(drill, 'an unknown path is HTTP 404', nowhere.http === 404 ? null : `HTTP ${nowhere.http}`);
  return items.map(({ identifier, role, url: at }) => ({
    identifier: identifier.trim().toLowerCase(),
    role: role === 'RECEIVER' ? 'RECEIVER' : 'SENDER',
    url: at,
  }));
}

async function drillCredentials(drill: Drill, endpoints: PeerEndpoint[]): Promise<void> {
  const endpoint = endpoints.find(({ identifier }) => identifier === 'credentials');
  const answer = endpoint && (await getFrom(drill, 'credentials', endpoint.url));
  if (!answer) return;
  const data = dataOf(drill, 'credentials', answer);
  const whole = isRecord(data) ? data : {};
  const parties = drill.peer.version === '2.1.1' ? [whole] : whole['roles'];
  const list = Array.isArray(parties) ? parties.filter(isRecord) : [];
  const good = list.every(
    ({ country_code: country, party_id: party }) =>
      typeof country === 'string' && country.length === 2 && typeof party === 'string' && /^.{1,3}$/.test(party),
  );
  note(
    drill,
    'credentials name a party with country_code and party_id',
    list.length > 0 && good ? null : show(parties),
  );
  const { url } = whole;
  note(drill, 'credentials have the versions URL', typeof url === 'string' && URL.canParse(url) ? null : show(url));
}

async function drillTokens(drill: Drill, endpoints: PeerEndpoint[]): Promise<void> {
  const endpoint = endpoints.find(({ identifier, role }) => identifier === 'tokens' && role === 'SENDER');
  if (!endpoint) return skip(drill, 'the list of tokens', 'it offers none');
  const first = new URL(endpoint.url);
  first.searchParams.set('limit', String(PAGE));
  const answer = await getFrom(drill, 'the list of tokens', first.href, true);
  if (!answer) return;
  const data = dataOf(drill, 'the list of tokens', answer);
  if (!Array.isArray(data)) return note(drill, 'the list of tokens is a list', show(data));
  const total = count(answer.headers['x-total-count']);
  const limit = count(answer.headers['x-limit']);
  note(drill, 'X-Total-Count is a number', total === null ? show(answer.headers['x-total-count']) : null);
  note(drill, 'X-Limit is a number', limit === null ? show(answer.headers['x-limit']) : null);
  note(drill, `a page has at most the ${PAGE} asked for`, data.length <= PAGE ? null : `${data.length} items`);
  const odd = drill.peer.version === '2.1.1' ? 0 : data.filter((item) => !isToken(item)).length;
  note(drill, 'each token is whole', odd === 0 ? null : `${odd} of ${data.length} are not`);
  await followTokens(drill, answer, data.length, total);

  const later = new URL(endpoint.url);
  later.searchParams.set('date_from', '2100-01-01T00:00:00Z');
  const none = await getFrom(drill, 'tokens from the future', later.href, true);
  const items: unknown = none?.envelope?.['data'];
  if (none)
    note(
      drill,
      'date_from leaves out what changed before',
      Array.isArray(items) && items.length === 0 ? null : show(items),
    );
}

async function followTokens(drill: Drill, first: Answered, had: number, total: number | null): Promise<void> {
  const seen = new Set<string>();
  let items = had;
  let next = linkOf(first);
  while (next !== null && seen.size < MOST_PAGES) {
    if (!URL.canParse(next)) return note(drill, 'Link is an absolute URL', next);
    if (seen.has(next)) return note(drill, 'Link leads on', `to ${next} again`);
    seen.add(next);
    const answer = await getFrom(drill, 'the page that Link names', next, true);
    const data = answer?.envelope?.['data'];
    if (!answer || !Array.isArray(data)) return note(drill, 'Link leads to a page', show(data));
    if (data.length === 0) return note(drill, 'the last page has no Link', 'the page that it names is empty');
    items += data.length;
    next = linkOf(answer);
  }
  if (next !== null) return skip(drill, 'Link leads to all there is', `stopped after ${MOST_PAGES} pages`);
  const missing = total === null || items === total ? null : `${items} of ${total} items along the Links`;
  note(drill, 'Link leads to all there is', missing);
}

/** Where the peer would be told things, an object that there is not: it may not be there, but it has to be an answer. */
async function drillReceivers(drill: Drill, endpoints: PeerEndpoint[]): Promise<void> {
  const { countryCode, partyId } = drill.gw.settings.site;
  for (const module of ['locations', 'tariffs', 'sessions'] as const) {
    const endpoint = endpoints.find(({ identifier, role }) => identifier === module && role === 'RECEIVER');
    if (!endpoint) {
      skip(drill, `${module} can be read back`, 'it takes none');
      continue;
    }
    const url = [endpoint.url.replace(/\/+$/, ''), countryCode, partyId, randomUUID()].join('/');
    const answer = await getFrom(drill, `the receiver of ${module}`, url, true);
    if (!answer) continue;
    const { http, envelope } = answer;
    const status = Number(envelope?.['status_code']);
    const good = http === 404 || http === 405 || (http === 200 && status >= 2000 && status < 3000);
    const rule = `the receiver of ${module} says that it does not have what it does not have`;
    note(drill, rule, good ? null : `HTTP ${http}, status_code ${show(envelope?.['status_code'])}`);
  }
}

function linkOf({ headers }: Answered): string | null {
  return /<([^>]+)>\s*;[^,]*rel="?next"?/i.exec(headers['link'] ?? '')?.[1] ?? null;
}

function isToken(item: unknown): boolean {
  try {
    read(TokenBody, item, 'token');
    return true;
  } catch {
    // what is wrong with it is told by the number of those that are
    return false;
  }
}

function count(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What was seen, short. */
function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 120);
}
