import { describe, expect, test } from 'vitest';
import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import type { TestSite } from '../harness/gateway.ts';
import type { Script, ScriptedCharger } from '../harness/scripted-charger.ts';
import {
  cleanUpAfterEach,
  dialCharger,
  registerPeer,
  resultOf,
  send,
  startDepot,
  startOn,
  toldSession,
  token,
  until,
  untilStatus,
} from './commands-harness.ts';
import { ask } from './harness.ts';

cleanUpAfterEach();

const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';

async function depot(
  ...statuses: string[]
): Promise<{ site: TestSite; peer: SimulatedPeer; charger: ScriptedCharger }> {
  const site = await startDepot();
  const peer = await registerPeer(site);
  return { site, peer, charger: await dialCharger(site, 'BAY-1', ...statuses) };
}

const refuseStart: Script = (action) => ({ status: action === 'RemoteStartTransaction' ? 'Rejected' : 'Accepted' });

/** Requests that reached the peer below this path. */
const reached = (peer: SimulatedPeer, part: string) => peer.requests.filter(({ path }) => path.includes(part));

describe('START_SESSION', () => {
  test.each(['2.2.1', '2.3.0'] as const)(
    'conformance case 22: the charger is asked, the result is posted, the session is PENDING and then ACTIVE, %s',
    async (version) => {
      const site = await startDepot();
      const peer = await registerPeer(site, 'emsp', { versions: [version] });
      const charger = await dialCharger(site, 'BAY-1', 'Preparing', 'Available');
      const sent = await startOn(peer, 'UNKNOWN-1', 'BAY-1-1', { authorization_reference: 'REF-7' });
      expect(sent.response).toMatchObject({ result: 'ACCEPTED', timeout: expect.any(Number) });
      expect(sent.response['timeout']).toBeGreaterThan(0);
      expect(await charger.called('RemoteStartTransaction')).toEqual({ idTag: 'UNKNOWN-1', connectorId: 1 });
      expect(await resultOf(peer, sent)).toEqual({ result: 'ACCEPTED' });
      const [posted] = reached(peer, '/commands/START_SESSION/');
      expect(posted?.headers).toMatchObject({
        authorization: `Token ${Buffer.from(peer.inboundToken).toString('base64')}`,
        'ocpi-from-country-code': 'SE',
        'ocpi-from-party-id': 'DEP',
        'ocpi-to-country-code': 'NL',
        'ocpi-to-party-id': 'EMS',
      });
      const pending = await untilStatus(peer, 'PENDING');
      expect(pending).toMatchObject({
        auth_method: 'COMMAND',
        authorization_reference: 'REF-7',
        kwh: 0,
        evse_uid: 'BAY-1-1',
        cdr_token: {
          country_code: 'NL',
          party_id: 'EMS',
          uid: 'UNKNOWN-1',
          type: 'APP_USER',
          contract_id: 'NL-EMS-UNKNOWN-1',
        },
      });
      expect(await charger.send('Authorize', { idTag: 'unknown-1' })).toEqual({ idTagInfo: { status: 'Accepted' } });
      const wireId = await charger.start(1, 'UNKNOWN-1', 0);
      const active = await untilStatus(peer, 'ACTIVE');
      expect(active).toMatchObject({ id: pending['id'], auth_method: 'COMMAND', authorization_reference: 'REF-7' });
      await charger.stop(wireId, 21_000);
      await until(() => peer.told('cdrs').length === 1);
      expect(peer.told('cdrs')[0]).toMatchObject({
        session_id: pending['id'],
        authorization_reference: 'REF-7',
        auth_method: 'COMMAND',
        total_energy: 20,
      });
      expect(peer.told('sessions')).toHaveLength(1);
      // The token is not judged: nobody was asked about it.
      expect(reached(peer, '/authorize')).toEqual([]);
    },
  );

  test('a card that the charger knows is let in only by the start, and no longer than its session', async () => {
    const { peer, charger } = await depot('Preparing');
    const authorize = async () => (await charger.send('Authorize', { idTag: 'APP-1' }))['idTagInfo'];
    expect(await authorize()).toEqual({ status: 'Invalid' });
    await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'));
    expect(await authorize()).toEqual({ status: 'Accepted' });
    const wireId = await charger.start(1, 'APP-1', 0);
    expect(await authorize()).toEqual({ status: 'Accepted' });
    const stop = { transactionId: wireId, meterStop: 5000, timestamp: new Date().toISOString(), idTag: 'APP-1' };
    expect(await charger.send('StopTransaction', stop)).toEqual({ idTagInfo: { status: 'Accepted' } });
    expect(await authorize()).toEqual({ status: 'Invalid' });
  });

  test('a token longer than the charger takes goes out under a number of its own; session and CDR keep the token', async () => {
    const { peer, charger } = await depot('Preparing');
    const sent = await startOn(peer, UUID, 'BAY-1-1');
    const { idTag } = await charger.called('RemoteStartTransaction');
    expect(idTag).toMatch(/^G[0-9A-F]{19}$/);
    expect(await resultOf(peer, sent)).toEqual({ result: 'ACCEPTED' });
    const timestamp = new Date().toISOString();
    const start = { connectorId: 1, idTag, meterStart: 1000, timestamp };
    const first = await charger.send('StartTransaction', start);
    expect(first).toMatchObject({ idTagInfo: { status: 'Accepted' } });
    expect(await charger.send('StartTransaction', start)).toEqual(first);
    expect((await untilStatus(peer, 'ACTIVE'))['cdr_token']).toMatchObject({ uid: UUID });
    await charger.stop(first['transactionId'] as number);
    await until(() => peer.told('cdrs').length === 1);
    expect(peer.told('cdrs')[0]).toMatchObject({ cdr_token: { uid: UUID } });
    expect(peer.told('sessions')).toHaveLength(1);
  });

  test('a start lets its card in once: a second transaction with it is nobody’s', async () => {
    const { site, peer, charger } = await depot('Preparing', 'Preparing');
    await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'));
    await charger.start(1, 'APP-1', 0);
    await untilStatus(peer, 'ACTIVE');
    const timestamp = new Date().toISOString();
    const second = { connectorId: 2, idTag: 'APP-1', meterStart: 0, timestamp };
    expect(await charger.send('StartTransaction', second)).toMatchObject({ idTagInfo: { status: 'Invalid' } });
    const listed = await site.ocpiGet('/cpo/2.3.0/sessions?date_from=2020-01-01T00:00:00Z');
    expect((listed.body.data as { auth_method: string }[]).map((session) => session.auth_method)).toEqual([
      'COMMAND',
      'WHITELIST',
    ]);
    expect(peer.told('sessions')).toHaveLength(1);
  });

  test('conformance case 23: a silent charger is a TIMEOUT within the time; a session that starts late is still pushed', async () => {
    const { peer, charger } = await depot('Preparing');
    charger.script(() => null);
    const sent = await startOn(peer, 'LATE-1', 'BAY-1-1', { authorization_reference: 'REF-L' });
    expect(await resultOf(peer, sent)).toMatchObject({ result: 'TIMEOUT' });
    expect(toldSession(peer)).toBeUndefined();
    await charger.start(1, 'LATE-1', 0);
    expect(await untilStatus(peer, 'ACTIVE')).toMatchObject({
      authorization_reference: 'REF-L',
      auth_method: 'COMMAND',
    });
  });

  test('conformance case 24: a charger that refuses where no vehicle is connected is FAILED, and there is no session', async () => {
    const { site, peer, charger } = await depot('Available');
    charger.script(refuseStart);
    expect(await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'))).toMatchObject({ result: 'FAILED' });
    expect(await charger.send('Authorize', { idTag: 'APP-1' })).toEqual({ idTagInfo: { status: 'Invalid' } });
    expect(
      ((await site.ocpiGet('/cpo/2.3.0/sessions?date_from=2020-01-01T00:00:00Z')).body.data as unknown[]).length,
    ).toBe(0);
  });

  test.each([
    ['Preparing', 'Rejected', 'REJECTED'],
    ['Faulted', 'Rejected', 'EVSE_INOPERATIVE'],
    ['Unavailable', 'Rejected', 'EVSE_INOPERATIVE'],
    ['Reserved', 'Rejected', 'EVSE_OCCUPIED'],
    ['Preparing', 'NotImplemented', 'NOT_SUPPORTED'],
    ['Preparing', 'InternalError', 'FAILED'],
  ])('of an EVSE that is %s the charger’s %s is told as %s', async (status, answer, result) => {
    const { peer, charger } = await depot(status);
    charger.script(() => (answer === 'Rejected' ? { status: answer } : answer));
    expect(await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'))).toMatchObject({ result });
  });

  test('an EVSE that somebody uses is EVSE_OCCUPIED', async () => {
    const { peer, charger } = await depot('Charging');
    await charger.start(1, 'CARD1', 0);
    charger.script(refuseStart);
    expect(await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'))).toMatchObject({ result: 'EVSE_OCCUPIED' });
  });

  test('a charger that is not connected is REJECTED at once', async () => {
    const site = await startDepot();
    const peer = await registerPeer(site);
    const sent = await startOn(peer, 'APP-1', 'BAY-1-1');
    expect(sent.response).toMatchObject({ result: 'REJECTED', timeout: 0 });
  });

  test('without an EVSE the one where a vehicle waits is taken, then a free one, and REJECTED where there is none', async () => {
    const { peer, charger } = await depot('Available', 'Preparing');
    const anywhere = (uid: string) => send(peer, 'START_SESSION', { token: token(uid), location_id: 'L1' });
    await resultOf(peer, await anywhere('APP-1'));
    expect(await charger.called('RemoteStartTransaction')).toMatchObject({ connectorId: 2 });
    await resultOf(peer, await anywhere('APP-2'));
    expect(await charger.called('RemoteStartTransaction')).toMatchObject({ connectorId: 1 });
    expect((await anywhere('APP-3')).response).toMatchObject({ result: 'REJECTED' });
  });

  test('the same start again, while it is awaited, is the same session', async () => {
    const { peer, charger } = await depot('Preparing');
    await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'));
    await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1', { authorization_reference: 'SECOND' }));
    await charger.start(1, 'APP-1', 0);
    expect(await untilStatus(peer, 'ACTIVE')).toMatchObject({ authorization_reference: 'SECOND' });
    expect(peer.told('sessions')).toHaveLength(1);
  });
});

describe('commands that do not fit', () => {
  async function posted(name: string, body: unknown) {
    const site = await startDepot();
    const url = `${site.urls.ocpi.replace(/versions$/, 'cpo/2.3.0')}/commands/${name}`;
    return ask(url, { method: 'POST', token: 'cloud-token-for-tests', body });
  }
  const whole = { response_url: 'http://127.0.0.1:1/r', token: token('A'), location_id: 'L1', evse_uid: 'BAY-1-1' };

  test('conformance case 19: a body that is no JSON is HTTP 400', async () => {
    expect((await posted('START_SESSION', '{')).http).toBe(400);
  });

  test('conformance case 20: without response_url it is 2001, and unknown fields are none of our business', async () => {
    const { response_url: _url, ...rest } = whole;
    const answer = await posted('START_SESSION', { ...rest, vendor_extra: { a: 1 } });
    expect([answer.http, answer.status]).toEqual([200, 2001]);
  });

  test('conformance case 21: a location that is not ours is 2003, with REJECTED beside it', async () => {
    const answer = await posted('START_SESSION', { ...whole, location_id: 'NOPE' });
    expect([answer.http, answer.status]).toEqual([200, 2003]);
    expect(answer.data).toMatchObject({ result: 'REJECTED' });
    const evse = await posted('UNLOCK_CONNECTOR', { ...whole, evse_uid: 'NOPE', connector_id: '1' });
    expect([evse.http, evse.status]).toEqual([200, 2003]);
  });

  test('a connector that the EVSE does not have is 2001, a command that there is not HTTP 404', async () => {
    expect((await posted('UNLOCK_CONNECTOR', { ...whole, connector_id: '9' })).status).toBe(2001);
    expect((await posted('MAKE_COFFEE', whole)).http).toBe(404);
    // It says neither which reservation nor until when.
    expect((await posted('RESERVE_NOW', whole)).status).toBe(2001);
  });

  test('conformance case 26: where a connector has to be named, a start without one is 2001', async () => {
    const site = await startDepot({
      yaml: 'chargers:\n  - { id: TWIN, evses: [{ id: 1, connectors: [{ id: 1 }, { id: 2 }] }] }\n',
    });
    const base = site.urls.ocpi.replace(/versions$/, 'cpo/2.3.0');
    const evse = await ask(`${base}/locations/L1/TWIN-1`, { token: 'cloud-token-for-tests', is: 'evse' });
    expect(evse.data.capabilities).toContain('START_SESSION_CONNECTOR_REQUIRED');
    const body = { ...whole, evse_uid: 'TWIN-1' };
    const url = `${base}/commands/START_SESSION`;
    expect((await ask(url, { method: 'POST', token: 'cloud-token-for-tests', body })).status).toBe(2001);
    const named = { ...body, connector_id: '2' };
    expect((await ask(url, { method: 'POST', token: 'cloud-token-for-tests', body: named })).status).toBe(1000);
  });

  test('a response_url that leads to a private address is 2001, and nothing is asked of the charger', async () => {
    const site = await startDepot({ yaml: 'ocpi: { host: 127.0.0.1, port: 0, allow-private-urls: false }\n' });
    const charger = await dialCharger(site, 'BAY-1', 'Preparing');
    const url = `${site.urls.ocpi.replace(/versions$/, 'cpo/2.3.0')}/commands/START_SESSION`;
    const body = { ...whole, response_url: 'http://169.254.169.254/r' };
    expect((await ask(url, { method: 'POST', token: 'cloud-token-for-tests', body })).status).toBe(2001);
    expect(charger.calls.filter(([action]) => action === 'RemoteStartTransaction')).toEqual([]);
  });
});

describe('STOP_SESSION', () => {
  const stopOf = (peer: SimulatedPeer, session_id: unknown) => send(peer, 'STOP_SESSION', { session_id });

  test('a session that runs is stopped at its charger, and billed when that reports', async () => {
    const { peer, charger } = await depot('Preparing');
    await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'));
    const wireId = await charger.start(1, 'APP-1', 0);
    const { id } = await untilStatus(peer, 'ACTIVE');
    const sent = await stopOf(peer, id);
    expect(sent.response).toMatchObject({ result: 'ACCEPTED' });
    expect(await charger.called('RemoteStopTransaction')).toEqual({ transactionId: wireId });
    expect(await resultOf(peer, sent)).toEqual({ result: 'ACCEPTED' });
    await charger.stop(wireId);
    await untilStatus(peer, 'COMPLETED');
    expect((await stopOf(peer, id)).response).toMatchObject({ result: 'REJECTED' });
  });

  test('a PENDING session is called off: it is INVALID, and its card no longer let in', async () => {
    const { peer, charger } = await depot('Preparing');
    await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'));
    const { id } = await untilStatus(peer, 'PENDING');
    expect(await resultOf(peer, await stopOf(peer, id))).toEqual({ result: 'ACCEPTED' });
    await untilStatus(peer, 'INVALID');
    expect(await charger.send('Authorize', { idTag: 'APP-1' })).toEqual({ idTagInfo: { status: 'Invalid' } });
    expect(charger.calls.filter(([action]) => action === 'RemoteStopTransaction')).toEqual([]);
  });

  test('conformance case 27: a session that is unknown or another eMSP’s is UNKNOWN_SESSION', async () => {
    const { site, peer, charger } = await depot('Preparing');
    const other = await registerPeer(site, 'other', { partyId: 'OTH' });
    await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'));
    await charger.start(1, 'APP-1', 0);
    const { id } = await untilStatus(peer, 'ACTIVE');
    expect((await stopOf(peer, 'NOPE')).response).toMatchObject({ result: 'UNKNOWN_SESSION' });
    expect((await stopOf(other, id)).response).toMatchObject({ result: 'UNKNOWN_SESSION' });
    expect(charger.calls.filter(([action]) => action === 'RemoteStopTransaction')).toEqual([]);
    const cloud = await registerPeer(site, 'all', { partyId: 'ALL', visibility: 'all' });
    expect((await stopOf(cloud, id)).response).toMatchObject({ result: 'ACCEPTED' });
  });
});

describe('UNLOCK_CONNECTOR', () => {
  test.each([
    ['Unlocked', 'ACCEPTED'],
    ['UnlockFailed', 'FAILED'],
    ['NotSupported', 'NOT_SUPPORTED'],
  ])('%s is told as %s', async (status, result) => {
    const { peer, charger } = await depot('Finishing');
    charger.script(() => ({ status }));
    const sent = await send(peer, 'UNLOCK_CONNECTOR', { location_id: 'L1', evse_uid: 'BAY-1-1', connector_id: '1' });
    expect(sent.response).toMatchObject({ result: 'ACCEPTED' });
    expect(await charger.called('UnlockConnector')).toEqual({ connectorId: 1 });
    expect(await resultOf(peer, sent)).toMatchObject({ result });
  });

  test('where somebody else charges, a peer that sees only its own is REJECTED', async () => {
    const { site, peer, charger } = await depot('Charging');
    await charger.start(1, 'CARD1', 0);
    const where = { location_id: 'L1', evse_uid: 'BAY-1-1', connector_id: '1' };
    expect((await send(peer, 'UNLOCK_CONNECTOR', where)).response).toMatchObject({ result: 'REJECTED' });
    expect(charger.calls.filter(([action]) => action === 'UnlockConnector')).toEqual([]);
    const cloud = await registerPeer(site, 'all', { partyId: 'ALL', visibility: 'all' });
    charger.script(() => ({ status: 'Unlocked' }));
    expect(await resultOf(cloud, await send(cloud, 'UNLOCK_CONNECTOR', where))).toEqual({ result: 'ACCEPTED' });
  });
});
