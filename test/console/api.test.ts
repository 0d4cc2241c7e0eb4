import Type from 'typebox';
import type { TSchema } from 'typebox';
import { Errors } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CdrBody,
  ChargerBody,
  FrameBody,
  PeerBody,
  QuarantineBody,
  RunningBody,
  SessionBody,
  StatusBody,
  TokenBody,
  TransactionBody,
  listOf,
} from '../../adapters/console/schemas.ts';
import type { ErrorBody, ListBody } from '../../adapters/console/schemas.ts';
import type { CallOutcome } from '../../gateway/connections.ts';
import { quarantineMessage } from '../../gateway/quarantine.ts';
import { putSiteToken } from '../../gateway/tokens.ts';
import { charge, openSite, plugIn } from './harness.ts';
import type { Site } from './harness.ts';

const NOON = Date.UTC(2026, 10, 21, 12);

const ANSWERS: Record<string, CallOutcome> = {
  GetConfiguration: { kind: 'result', payload: { configurationKey: [], unknownKey: ['x'] } },
  Reset: { kind: 'error', code: 'NotSupported', description: 'no such thing', details: { a: 1 } },
  ClearCache: { kind: 'timeout' },
  UnlockConnector: { kind: 'disconnected' },
  Bogus: { kind: 'invalid', problems: ['Bogus is no action of ocpp1.6'] },
  DataTransfer: { kind: 'queue-full' },
};

let site: Site;
let calls: [string, unknown][];

beforeAll(async () => {
  let now = NOON;
  site = await openSite({
    // Sessions follow their meter once a second.
    clock: () => (now += 2000),
    urls: { ocpp: 'ws://192.0.2.7:8887/ocpp/', ocpps: null, ocpi: 'http://192.0.2.7:8888/ocpi/versions' },
    settings: { unknownChargers: 'pending' },
  });
  const { gw } = site;
  calls = [];
  await plugIn(gw, 'BAY-01', (action, payload) => {
    calls.push([action, payload]);
    return ANSWERS[action] ?? { kind: 'timeout' };
  });
  await plugIn(gw, 'bay 2/å');
  await site.api('POST', '/api/chargers/BAY-01/accept');
  await putSiteToken(gw, '04AABBCC', {});
  for (const n of [1, 2, 3])
    await charge(gw, {
      chargerId: 'BAY-01',
      tokenUid: '04AABBCC',
      startedAt: NOON + n * 3_600_000,
      readings: [[1345 + n, 22_000]],
      ends: true,
    });
  await charge(gw, {
    chargerId: 'BAY-01',
    evse: 2,
    tokenUid: '04AABBCC',
    startedAt: NOON + 20_000_000,
    readings: [
      [1500, 11_000],
      [1777, 10_500],
    ],
  });
  await quarantineMessage(gw, {
    chargerId: 'BAY-01',
    action: 'StopTransaction',
    reason: 'no such transaction',
    payload: { transactionId: 99 },
    receivedAt: NOON,
  });
});

afterAll(() => site.close());

function fits(schema: TSchema, body: unknown): void {
  expect(Errors(schema, body).map((error) => `${error.instancePath} ${error.message}`)).toEqual([]);
}

async function list<T>(path: string, schema: TSchema): Promise<T[]> {
  const { status, body } = await site.api<ListBody<T>>('GET', path);
  expect(status).toBe(200);
  fits(listOf(schema), body);
  return body.items;
}

describe('lists', () => {
  it('tells sessions newest first, kwh exact, cost as exact decimals', async () => {
    const sessions = await list<SessionBody>('/api/sessions', SessionBody);
    expect(sessions.map((session) => session.kwh)).toEqual([0.777, 0.348, 0.347, 0.346]);
    const [running, ended] = sessions;
    expect(running).toMatchObject({
      status: 'ACTIVE',
      chargerId: 'BAY-01',
      evse: 2,
      tokenUid: '04AABBCC',
      endedAt: null,
    });
    expect(ended).toMatchObject({
      status: 'COMPLETED',
      startedAt: '2026-11-21T15:00:00Z',
      endedAt: '2026-11-21T15:01:00Z',
    });
    // 5.00 to start, 3.20 per kWh, VAT 25 %.
    expect(ended?.cost).toEqual({ currency: 'SEK', beforeTaxes: '6.11', afterTaxes: '7.64' });
    expect((await site.api<SessionBody>('GET', `/api/sessions/${ended?.id}`)).body).toEqual(ended);
  });

  it('tells running sessions with what they draw', async () => {
    const running = await list<RunningBody>('/api/sessions/running', RunningBody);
    expect(running).toMatchObject([{ evse: 2, kwh: 0.777, powerW: 10_500, socPercent: null }]);
  });

  it('tells transactions as the charger measured them', async () => {
    const [open, stopped] = await list<TransactionBody>('/api/transactions?limit=2', TransactionBody);
    expect(open).toMatchObject({ wireId: '4', meterStart: 1000, meterStop: null, stoppedAt: null, stopReason: null });
    expect(stopped).toMatchObject({
      wireId: '3',
      meterStart: 1000,
      meterStop: 1348,
      stopReason: 'Local',
      stopEstimated: false,
    });
  });

  it('tells CDRs', async () => {
    const cdrs = await list<CdrBody>('/api/cdrs', CdrBody);
    expect(cdrs.map((cdr) => cdr.kwh)).toEqual([0.348, 0.347, 0.346]);
    expect(cdrs[0]).toMatchObject({ seconds: 60, chargerId: 'BAY-01', cost: { currency: 'SEK' } });
  });

  it('tells the quarantine and the raw frames', async () => {
    site.gw.diagnostics.frame('BAY-01', 'in', '[2,"1","Heartbeat",{}]');
    expect(await list<QuarantineBody>('/api/quarantine', QuarantineBody)).toMatchObject([
      { reason: 'no such transaction', payload: '{"transactionId":99}', count: 1, receivedAt: '2026-11-21T12:00:00Z' },
    ]);
    expect(await list<FrameBody>('/api/frames?charger=BAY-01', FrameBody)).toMatchObject([
      { direction: 'in', text: '[2,"1","Heartbeat",{}]' },
    ]);
    expect((await site.api('GET', '/api/frames?charger=nobody')).status).toBe(404);
  });

  it('pages by cursor without missing or repeating any', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const at: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { body } = await site.api<ListBody<SessionBody>>('GET', `/api/sessions?limit=3${at}`);
      seen.push(...body.items.map((session) => session.id));
      cursor = body.next;
    } while (cursor !== null);
    expect(seen.length).toBe(4);
    expect(new Set(seen).size).toBe(4);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'cursor=-1', 'cursor=abc', 'offset=3'])('refuses ?%s', async (query) => {
    const { status, body } = await site.api<ErrorBody>('GET', `/api/sessions?${query}`);
    expect(status).toBe(400);
    expect(body.code).toBe('REQUEST_INVALID');
    expect(body.message).toContain(query.split('=')[0]);
  });
});

describe('chargers', () => {
  it('tells each with its EVSEs as the outside sees them', async () => {
    const chargers = await list<ChargerBody>('/api/chargers', ChargerBody);
    expect(chargers.map(({ id, connected, registration }) => [id, connected, registration])).toEqual([
      ['BAY-01', true, 'accepted'],
      ['bay 2/å', true, 'pending'],
    ]);
    expect(chargers[0]).toMatchObject({ vendor: 'Voltan', protocol: 'ocpp1.6' });
    expect(chargers[0]?.evses.map((evse) => [evse.evse, evse.transactionId !== null])).toEqual([
      [1, false],
      [2, true],
    ]);
  });

  it('pages them by id', async () => {
    const first = await site.api<ListBody<ChargerBody>>('GET', '/api/chargers?limit=1');
    expect(first.body.next).toBe('BAY-01');
    const second = await site.api<ListBody<ChargerBody>>('GET', `/api/chargers?limit=1&cursor=${first.body.next}`);
    expect(second.body).toMatchObject({ items: [{ id: 'bay 2/å' }], next: null });
  });

  it('finds one whatever stands in its id', async () => {
    const { status, body } = await site.api<ChargerBody>('GET', `/api/chargers/${encodeURIComponent('bay 2/å')}`);
    expect(status).toBe(200);
    fits(ChargerBody, body);
    expect(body.id).toBe('bay 2/å');
  });

  it('answers 404 for one nobody knows, 400 for a broken escape', async () => {
    expect((await site.api<ErrorBody>('GET', '/api/chargers/nobody')).body.code).toBe('CHARGER_UNKNOWN');
    expect((await site.api('POST', '/api/chargers/nobody/accept')).status).toBe(404);
    expect((await site.api<ErrorBody>('GET', '/api/chargers/%E0%A4%A')).status).toBe(400);
  });

  it('takes in a pending one', async () => {
    const path = `/api/chargers/${encodeURIComponent('bay 2/å')}`;
    expect((await site.api<ChargerBody>('POST', `${path}/accept`)).body.registration).toBe('accepted');
    expect((await site.api<ChargerBody>('GET', path)).body.registration).toBe('accepted');
  });
});

describe('calls', () => {
  const call = (action: string, payload?: unknown, chargerId = 'BAY-01') =>
    site.api<ErrorBody>('POST', `/api/chargers/${chargerId}/calls`, { action, payload });

  it("answers 200 with the charger's answer, verbatim", async () => {
    const { status, body } = await call('GetConfiguration', { key: ['x'] });
    expect(status).toBe(200);
    expect(body).toEqual({ configurationKey: [], unknownKey: ['x'] });
    expect(calls.at(-1)).toEqual(['GetConfiguration', { key: ['x'] }]);
  });

  it('answers 502 with its CALLERROR', async () => {
    const { status, body } = await call('Reset', { type: 'Hard' });
    expect(status).toBe(502);
    expect(body).toMatchObject({ code: 'NotSupported', description: 'no such thing', details: { a: 1 } });
  });

  it('answers 422 with the problems', async () => {
    const { status, body } = await call('Bogus');
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'CALL_INVALID', problems: ['Bogus is no action of ocpp1.6'] });
    expect(calls.at(-1)).toEqual(['Bogus', {}]);
  });

  it.each([
    ['ClearCache', 'BAY-01', 504, 'CALL_TIMEOUT'],
    ['UnlockConnector', 'BAY-01', 504, 'CALL_TIMEOUT'],
    ['DataTransfer', 'BAY-01', 503, 'CALL_QUEUE_FULL'],
    ['Reset', 'nobody', 404, 'CHARGER_UNKNOWN'],
  ])('%s to %s: %i %s', async (action, chargerId, status, code) => {
    const reply = await call(action, {}, chargerId);
    expect([reply.status, reply.body.code]).toEqual([status, code]);
  });

  it('answers 409 where the charger is known and away', async () => {
    const connection = await plugIn(site.gw, 'BAY-03');
    site.gw.connections.remove(connection, site.gw.clock());
    const reply = await call('Reset', {}, 'BAY-03');
    expect([reply.status, reply.body.code]).toEqual([409, 'CHARGER_NOT_CONNECTED']);
  });

  it('refuses a body without an action, with more than that, or that is no JSON', async () => {
    const path = '/api/chargers/BAY-01/calls';
    expect((await site.api('POST', path, { payload: {} })).status).toBe(400);
    expect((await site.api('POST', path, { action: 'Reset', payload: {}, extra: 1 })).status).toBe(400);
    expect((await site.api('POST', path)).status).toBe(400);
    const headers = { 'content-type': 'application/json' };
    const broken = await fetch(`${site.url}api/chargers/BAY-01/calls`, { method: 'POST', headers, body: '{"action"' });
    expect([broken.status, await broken.json()]).toMatchObject([400, { code: 'REQUEST_INVALID' }]);
  });
});

describe('tokens', () => {
  it('puts a card on the list with {}, changes it, finds it however it is written, takes it off', async () => {
    const put = await site.api<TokenBody>('PUT', '/api/tokens/04-11-22', {});
    expect(put.status).toBe(200);
    fits(TokenBody, put.body);
    expect(put.body).toMatchObject({ uid: '04-11-22', valid: true, peer: null, expiresAt: null, origin: 'site' });

    const change = { blocked: true, expiresAt: '2027-01-31T01:00:00+01:00', groupId: 'fleet' };
    expect((await site.api<TokenBody>('PUT', '/api/tokens/041122', change)).body).toMatchObject({
      valid: false,
      expiresAt: '2027-01-31T00:00:00Z',
      groupId: 'fleet',
    });
    expect((await site.api<TokenBody>('PUT', '/api/tokens/041122', { expiresAt: null })).body.expiresAt).toBe(null);
    expect((await list<TokenBody>('/api/tokens', TokenBody)).map((token) => token.uid)).toContain('04-11-22');

    expect((await site.api('DELETE', '/api/tokens/041122')).status).toBe(204);
    expect((await site.api('GET', '/api/tokens/041122')).status).toBe(404);
    expect((await site.api<ErrorBody>('DELETE', '/api/tokens/041122')).body.code).toBe('TOKEN_UNKNOWN');
  });

  it.each([{ expiresAt: 'tomorrow' }, { vaild: true }, { valid: 'yes' }, { groupId: '' }, []])(
    'refuses %j',
    async (body) => {
      const reply = await site.api<ErrorBody>('PUT', '/api/tokens/0455', body);
      expect([reply.status, reply.body.code]).toEqual([400, 'REQUEST_INVALID']);
    },
  );
});

describe('peers', () => {
  it('makes one without the handshake and never tells its token', async () => {
    const made = await site.api<PeerBody>('POST', '/api/peers', {
      name: 'cloud',
      inboundToken: 'S3cret',
      visibility: 'all',
    });
    expect(made.status).toBe(201);
    fits(PeerBody, made.body);
    const peers = await list<PeerBody>('/api/peers', PeerBody);
    expect(peers.find((peer) => peer.name === 'cloud')).toMatchObject({ state: 'registered', visibility: 'all' });
    expect(JSON.stringify(peers)).not.toContain('S3cret');
    const again = await site.api<ErrorBody>('POST', '/api/peers', { name: 'cloud', inboundToken: 'x' });
    expect([again.status, again.body.code]).toEqual([409, 'PEER_EXISTS']);
  });

  it('invites one, with and without a body', async () => {
    const reply = await site.api<{ token: string; versionsUrl: string }>('POST', '/api/peers/emsp/invitation');
    expect(reply.status).toBe(201);
    expect(reply.body.token.length).toBeGreaterThan(20);
    expect(reply.body.versionsUrl).toBe('http://192.0.2.7:8888/ocpi/versions');
    const again = await site.api<{ token: string }>('POST', '/api/peers/emsp/invitation', { visibility: 'all' });
    expect(again.body.token).not.toBe(reply.body.token);
  });

  it.each([{ name: 'a b', inboundToken: 'x' }, { name: 'ok' }, { name: 'ok', inboundToken: 'with blank' }])(
    'refuses %j',
    async (body) => {
      expect((await site.api('POST', '/api/peers', body)).status).toBe(400);
    },
  );
});

describe('status', () => {
  it('tells the gateway at a glance, with the URLs to hand out', async () => {
    const { status, body } = await site.api<StatusBody>('GET', '/api/status');
    expect(status).toBe(200);
    fits(StatusBody, body);
    expect(body.counts).toMatchObject({ connected: 2, occupied: 1 });
    expect(body).toMatchObject({ ready: true, unknownChargers: 'pending', storage: { fault: null }, warnings: [] });
    expect(body.urls).toEqual({
      ocpp: 'ws://192.0.2.7:8887/ocpp/',
      ocpps: null,
      ocpi: 'http://192.0.2.7:8888/ocpi/versions',
    });
    expect(body.version).toMatch(/^\d+\.\d+\.\d+/);
  });

  it('describes itself: each operation of the API and nothing that is not JSON Schema', async () => {
    const { body } = await site.api<{ openapi: string; paths: Record<string, object> }>('GET', '/api/openapi.json');
    expect(body.openapi).toBe('3.1.0');
    for (const path of ['/api/chargers/{chargerId}/calls', '/api/tokens/{uid}', '/api/events', '/metrics'])
      expect(Object.keys(body.paths)).toContain(path);
    fits(Type.Object({ paths: Type.Object({}) }), body);
  });
});
