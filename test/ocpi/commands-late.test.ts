import Database from 'better-sqlite3';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  cleanUpAfterEach,
  dialCharger,
  registerPeer,
  resultOf,
  startDepot,
  startOn,
  toldSession,
  until,
  untilStatus,
} from './commands-harness.ts';

cleanUpAfterEach();

const MINUTE = 60_000;

/** A clock that runs, and can be set on. */
function movable(): { clock: () => number; skip(millis: number): void } {
  let ahead = 0;
  return { clock: () => Date.now() + ahead, skip: (millis) => void (ahead += millis) };
}

describe('starts that nothing comes of, or late', () => {
  test('conformance case 25: where nobody plugs in, the PENDING session is pushed as INVALID', async () => {
    const time = movable();
    const site = await startDepot({ clock: time.clock });
    const peer = await registerPeer(site);
    const charger = await dialCharger(site, 'BAY-1', 'Available');
    await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'));
    const { id } = await untilStatus(peer, 'PENDING');
    time.skip(2 * MINUTE);
    const invalid = await untilStatus(peer, 'INVALID');
    expect(invalid).toMatchObject({ id, kwh: 0, end_date_time: expect.any(String) });
    // It still has its card let in for the rest of the quarter of an hour, as a session of its own.
    await charger.start(1, 'APP-1', 0);
    expect(await untilStatus(peer, 'ACTIVE', 1)).toMatchObject({ auth_method: 'COMMAND' });
    expect(toldSession(peer)).toMatchObject({ id, status: 'INVALID' });
    expect(peer.told('cdrs')).toEqual([]);
  });

  test('while the charger is away the start is awaited for a quarter of an hour, and then no longer', async () => {
    const time = movable();
    const site = await startDepot({ clock: time.clock });
    const peer = await registerPeer(site);
    const charger = await dialCharger(site, 'BAY-1', 'Preparing');
    await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'));
    await untilStatus(peer, 'PENDING');
    charger.raw.destroy();
    await until(() => site.gateway.connections.find('BAY-1') === undefined);
    time.skip(3 * MINUTE);
    await until(() => site.gateway.awaitedStarts.length === 0);
    expect(toldSession(peer)).toMatchObject({ status: 'PENDING' });
    time.skip(13 * MINUTE);
    await untilStatus(peer, 'INVALID');
    const back = await dialCharger(site, 'BAY-1');
    expect(await back.send('Authorize', { idTag: 'APP-1' })).toEqual({ idTagInfo: { status: 'Invalid' } });
    // What it began in time and tells only now is the peer's all the same, with its bill.
    const timestamp = new Date().toISOString();
    const start = { connectorId: 1, idTag: 'APP-1', meterStart: 1000, timestamp };
    const { transactionId, idTagInfo } = await back.send('StartTransaction', start);
    expect(idTagInfo).toEqual({ status: 'Accepted' });
    await back.stop(transactionId as number, 9000);
    await until(() => peer.told('cdrs').length === 1);
    expect(peer.told('cdrs')[0]).toMatchObject({ total_energy: 8, cdr_token: { uid: 'APP-1' } });
    // A start of later is not.
    const later = { ...start, timestamp: new Date(time.clock() - 1000).toISOString() };
    expect(await back.send('StartTransaction', later)).toMatchObject({ idTagInfo: { status: 'Invalid' } });
  });
});

describe('results', () => {
  test('a peer that is away is told again and again', async () => {
    const site = await startDepot();
    const peer = await registerPeer(site);
    await dialCharger(site, 'BAY-1', 'Preparing');
    const sent = await startOn(peer, 'APP-1', 'BAY-1-1');
    peer.setCondition({ kind: 'answering', http: 503, status: 3000 });
    const refused = () => peer.requests.filter(({ path, answered }) => path.includes('/commands/') && answered === 503);
    await until(() => refused().length === 4);
    peer.setCondition({ kind: 'up' });
    expect(await resultOf(peer, sent)).toEqual({ result: 'ACCEPTED' });
  });

  test.each(['stopped', 'killed'])(
    'a gateway that was %s meanwhile tells FAILED when it is back, and adopts the start',
    async (how) => {
      const site = await startDepot({}, true);
      const peer = await registerPeer(site);
      const charger = await dialCharger(site, 'BAY-1', 'Preparing');
      charger.script(() => null);
      const sent = await startOn(peer, 'APP-1', 'BAY-1-1');
      await charger.called('RemoteStartTransaction');
      peer.setCondition({ kind: 'down' });
      await site.stop();
      if (how === 'killed') {
        const db = new Database(join(site.directory, 'chargegate.db'));
        db.exec("UPDATE command SET state = 'pending', result = NULL, finished_at = NULL");
        db.close();
      }
      peer.setCondition({ kind: 'up' });
      const again = await startDepot({ directory: site.directory });
      expect(await resultOf(peer, sent)).toMatchObject({ result: 'FAILED' });
      const back = await dialCharger(again, 'BAY-1');
      await back.start(1, 'APP-1', 0);
      expect(await untilStatus(peer, 'ACTIVE')).toMatchObject({ auth_method: 'COMMAND' });
    },
  );

  test('after its time a result is not told any more', async () => {
    const time = movable();
    const site = await startDepot({ clock: time.clock }, true);
    const peer = await registerPeer(site);
    const charger = await dialCharger(site, 'BAY-1', 'Preparing');
    charger.script(() => null);
    await startOn(peer, 'APP-1', 'BAY-1-1');
    await charger.called('RemoteStartTransaction');
    peer.setCondition({ kind: 'down' });
    await site.stop();
    time.skip(MINUTE);
    peer.setCondition({ kind: 'up' });
    peer.requests.length = 0;
    const again = await startDepot({ directory: site.directory, clock: time.clock });
    const back = await dialCharger(again, 'BAY-1');
    await back.start(1, 'APP-1', 0);
    await untilStatus(peer, 'ACTIVE');
    expect(peer.requests.filter(({ path }) => path.includes('/commands/'))).toEqual([]);
  });
});
