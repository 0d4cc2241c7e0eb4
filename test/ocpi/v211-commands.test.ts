import { describe, expect, test } from 'vitest';
import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import type { SentCommand } from '../../adapters/simulator/peer-commands.ts';
import { expectContract } from '../contract/ocpi/check.ts';
import type { TestSite } from '../harness/gateway.ts';
import type { Script, ScriptedCharger } from '../harness/scripted-charger.ts';
import { cleanUpAfterEach, dialCharger, registerPeer, startDepot, until, type Item } from './commands-harness.ts';
import { ask } from './harness.ts';

cleanUpAfterEach();

/** A token as 2.1.1 writes it. */
const TOKEN = {
  uid: 'APP-1',
  type: 'OTHER',
  auth_id: 'NL-EMS-APP-1',
  issuer: 'A provider',
  valid: true,
  whitelist: 'NEVER',
  last_updated: '2026-05-29T22:39:09Z',
};

async function depot(): Promise<{ site: TestSite; peer: SimulatedPeer; charger: ScriptedCharger }> {
  const site = await startDepot();
  const peer = await registerPeer(site, 'old', { versions: ['2.1.1'] });
  return { site, peer, charger: await dialCharger(site, 'BAY-1', 'Preparing', 'Available') };
}

/** Sends a command; its answer has to be exact. */
async function send(peer: SimulatedPeer, name: string, body: Item): Promise<SentCommand> {
  const sent = await peer.commands.send(name, body);
  expectContract('2.1.1', 'commandResponse', sent.response);
  return sent;
}

async function resultOf(sent: SentCommand): Promise<unknown> {
  const result = await sent.result;
  expectContract('2.1.1', 'commandResult', result);
  return result['result'];
}

const start = (peer: SimulatedPeer, change: Item = {}): Promise<SentCommand> =>
  send(peer, 'START_SESSION', { token: TOKEN, location_id: 'L1', evse_uid: 'BAY-1-1', ...change });

const session = (peer: SimulatedPeer): Item | undefined => peer.told('sessions')[0];

describe('commands of OCPI 2.1.1', () => {
  test('START_SESSION and STOP_SESSION: a result at once, another one later, the session told between', async () => {
    const { peer, charger } = await depot();
    const started = await start(peer);
    expect(started.response).toEqual({ result: 'ACCEPTED' });
    expect(await charger.called('RemoteStartTransaction')).toMatchObject({ idTag: 'APP-1', connectorId: 1 });
    expect(await resultOf(started)).toBe('ACCEPTED');
    const [posted] = peer.requests.filter(({ path }) => path.includes('/commands/START_SESSION/'));
    expect(posted?.headers.authorization).toBe(`Token ${peer.inboundToken}`);
    expect(Object.keys(posted?.headers ?? {}).filter((name) => name.startsWith('ocpi-'))).toEqual([]);
    const wireId = await charger.start(1, 'APP-1', 0);
    await until(() => session(peer)?.['status'] === 'ACTIVE');
    expectContract('2.1.1', 'session', session(peer));
    // the token's owner is the one party of the connection; a start by the eMSP is authorised by it
    expect(session(peer)).toMatchObject({ auth_id: 'NL-EMS-APP-1', auth_method: 'AUTH_REQUEST' });

    const stopped = await send(peer, 'STOP_SESSION', { session_id: session(peer)?.['id'] });
    expect(stopped.response).toEqual({ result: 'ACCEPTED' });
    expect(await resultOf(stopped)).toBe('ACCEPTED');
    await charger.stop(wireId, 21_000);
    await until(() => peer.told('cdrs').length === 1);
    expectContract('2.1.1', 'cdr', peer.told('cdrs')[0]);
    expect(peer.told('cdrs')[0]).toMatchObject({ auth_id: 'NL-EMS-APP-1', total_energy: 20 });
  });

  test('what 2.1.1 has no word for is REJECTED', async () => {
    const { peer, charger } = await depot();
    const refuse: Script = (action) => ({ status: action === 'UnlockConnector' ? 'UnlockFailed' : 'Rejected' });
    charger.script(refuse);
    const unlock = { location_id: 'L1', evse_uid: 'BAY-1-1', connector_id: '1' };
    const sent = await send(peer, 'UNLOCK_CONNECTOR', unlock);
    expect(sent.response).toEqual({ result: 'ACCEPTED' });
    expect(await resultOf(sent)).toBe('REJECTED');
    expect((await send(peer, 'STOP_SESSION', { session_id: 'none' })).response).toEqual({ result: 'UNKNOWN_SESSION' });
  });

  test('a foreign place is 2003 with a result, a start without token 2001, CANCEL_RESERVATION is not there', async () => {
    const { peer } = await depot();
    const post = (name: string, body: Item) =>
      ask(`${peer.endpoint('commands')}/${name}`, {
        method: 'POST',
        header: `Token ${peer.outboundToken}`,
        body: { response_url: `${peer.url}/1`, ...body },
      });
    const foreign = await post('START_SESSION', { token: TOKEN, location_id: 'elsewhere' });
    expect([foreign.http, foreign.status, foreign.data]).toEqual([200, 2003, { result: 'REJECTED' }]);
    expect((await post('START_SESSION', { location_id: 'L1' })).status).toBe(2001);
    expect((await post('CANCEL_RESERVATION', { reservation_id: 1 })).http).toBe(404);
  });
});
