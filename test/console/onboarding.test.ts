import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ChargerBody } from '../../adapters/console/schemas.ts';
import { admission, findCharger, listChargers } from '../../gateway/chargers.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import { MOST_PENDING } from '../../gateway/onboarding.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { dialScripted } from '../harness/scripted-charger.ts';

const PENDING = 'ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: pending, call-timeout: 2, provisioning: false }\n';

let site: TestSite;
beforeEach(async () => {
  site = await startTestSite({ yaml: PENDING });
});
afterEach(() => site.cleanUp());

async function api<Body = unknown>(method: string, path: string): Promise<[number, Body]> {
  const response = await fetch(`${site.urls.console}api/chargers/${path}`, { method });
  const text = await response.text();
  return [response.status, (text === '' ? null : JSON.parse(text)) as Body];
}

async function evseStatuses(charger: string): Promise<string[]> {
  const { body } = await site.ocpiGet('/cpo/2.3.0/locations');
  const [location] = body.data as { evses?: { uid: string; status: string }[] }[];
  return (location?.evses ?? []).filter(({ uid }) => uid.startsWith(charger)).map(({ status }) => status);
}

describe('a charger that nobody described', () => {
  test('waits with vendor, model and serial; accepting it has it boot at once', async () => {
    const charger = await dialScripted(site.urls.ocpp, 'NEW');
    expect(await charger.boot()).toMatchObject({ status: 'Pending', interval: 60 });
    const [, waiting] = await api<ChargerBody>('GET', 'NEW');
    expect(waiting).toMatchObject({ registration: 'pending', vendor: 'V', model: 'M', serial: 'S-NEW' });
    expect(await api('POST', 'NEW/accept')).toMatchObject([200, { registration: 'accepted' }]);
    expect(await charger.called('TriggerMessage')).toEqual({ requestedMessage: 'BootNotification' });
    expect(await charger.boot()).toMatchObject({ status: 'Accepted' });
    await api('POST', 'NEW/accept');
    await api('POST', 'NEW/clear-cache');
    expect(charger.calls.filter(([action]) => action === 'TriggerMessage')).toHaveLength(1);
  });

  test('Q57: one that cannot be asked to boot is accepted all the same', async () => {
    const charger = await dialScripted(site.urls.ocpp, 'NEW');
    charger.script(() => 'NotImplemented');
    await charger.boot();
    expect(await api('POST', 'NEW/accept')).toMatchObject([200, { registration: 'accepted' }]);
    await charger.called('TriggerMessage');
    expect(await charger.boot()).toMatchObject({ status: 'Accepted' });
  });

  test('stays accepted over a restart', async () => {
    const before = await dialScripted(site.urls.ocpp, 'NEW');
    await before.boot();
    await api('POST', 'NEW/accept');
    await site.stop();
    site = await startTestSite({ yaml: PENDING, directory: site.directory });
    expect(await (await dialScripted(site.urls.ocpp, 'NEW')).boot()).toMatchObject({ status: 'Accepted' });
  });

  test('rejected: its boots are answered so with the interval, its cards refused', async () => {
    const charger = await dialScripted(site.urls.ocpp, 'NEW');
    await charger.boot();
    expect(await api('POST', 'NEW/reject')).toMatchObject([200, { registration: 'rejected' }]);
    expect(await charger.boot()).toMatchObject({ status: 'Rejected', interval: 60 });
    expect(await charger.send('Authorize', { idTag: 'CARD1' })).toMatchObject({ idTagInfo: { status: 'Invalid' } });
    expect(charger.calls).toEqual([]);
  });

  test('once accepted and then rejected, clouds see its EVSEs removed; accepted again, they are back', async () => {
    const charger = await dialScripted(site.urls.ocpp, 'NEW');
    await charger.boot();
    await charger.status(1, 'Available');
    expect(await evseStatuses('NEW')).toEqual([]);
    await api('POST', 'NEW/accept');
    expect(await evseStatuses('NEW')).toEqual(['AVAILABLE']);
    await api('POST', 'NEW/reject');
    expect(await evseStatuses('NEW')).toEqual(['REMOVED']);
    await api('POST', 'NEW/accept');
    await charger.status(1, 'Available');
    expect(await evseStatuses('NEW')).toEqual(['AVAILABLE']);
  });
});

function count(table: string): number {
  const column = table === 'charger' ? 'id' : 'charger_id';
  return site.gateway.db.all(`SELECT 1 FROM ${table} WHERE ${column} = 'NEW'`).length;
}

describe('forgetting', () => {
  test('one that was never accepted goes whole, and comes back as new', async () => {
    const charger = await dialScripted(site.urls.ocpp, 'NEW');
    await charger.boot();
    await charger.status(1, 'Available');
    await charger.send('Heartbeat', { odd: null });
    await flushDiagnostics(site.gateway);
    expect(count('frame')).toBeGreaterThan(0);
    // Noted and not stored yet when it is forgotten.
    await charger.send('Heartbeat');
    expect(await api('DELETE', 'NEW')).toEqual([204, null]);
    await charger.raw.closed;
    expect(findCharger(site.gateway, 'NEW')).toBeNull();
    await vi.waitFor(() => expect(site.gateway.connections.find('NEW')).toBeUndefined());
    await flushDiagnostics(site.gateway);
    for (const table of ['charger', 'evse', 'connector', 'frame', 'deviation'])
      expect([table, count(table)]).toEqual([table, 0]);
    expect(await api('POST', 'NEW/accept')).toMatchObject([404, { code: 'CHARGER_UNKNOWN' }]);
    const again = await dialScripted(site.urls.ocpp, 'NEW');
    expect(await again.boot()).toMatchObject({ status: 'Pending' });
  });

  test('of one that clouds knew the end of its EVSEs is still told, and its uid is its own when it is back', async () => {
    const charger = await dialScripted(site.urls.ocpp, 'NEW');
    await charger.boot();
    await api('POST', 'NEW/accept');
    await charger.status(1, 'Available');
    expect((await api('DELETE', 'NEW'))[0]).toBe(204);
    expect((await api('GET', 'NEW'))[0]).toBe(404);
    expect(await evseStatuses('NEW')).toEqual(['REMOVED']);
    expect(admission(site.gateway, 'NEW')).toBe('pending');
    await charger.raw.closed;
    const again = await dialScripted(site.urls.ocpp, 'NEW');
    expect(await again.boot()).toMatchObject({ status: 'Pending' });
    expect(await evseStatuses('NEW')).toEqual(['REMOVED']);
    await api('POST', 'NEW/accept');
    await again.status(1, 'Available');
    expect(await evseStatuses('NEW')).toEqual(['AVAILABLE']);
  });

  test('one with transactions is kept, and said why; one of the config file is the file is not touched', async () => {
    const charger = await dialScripted(site.urls.ocpp, 'NEW');
    await charger.boot();
    await charger.start(1);
    expect(await api('DELETE', 'NEW')).toMatchObject([409, { code: 'CHARGER_HAS_HISTORY' }]);
    expect(await api('DELETE', 'BAY-1')).toMatchObject([409, { code: 'CHARGER_FROM_CONFIG' }]);
    expect(await api('POST', 'BAY-1/reject')).toMatchObject([409, { code: 'CHARGER_FROM_CONFIG' }]);
    expect(findCharger(site.gateway, 'NEW')).not.toBeNull();
  });
});

describe('law 13: ids that anybody may invent', () => {
  test(`of more than ${MOST_PENDING} that wait, the one not seen for longest goes; connected ones stay`, async () => {
    const first = await dialScripted(site.urls.ocpp, 'FIRST');
    await first.boot();
    await site.gateway.db.write(({ stamp }) => {
      for (let n = 1; n < MOST_PENDING; n += 1)
        site.gateway.db.run(
          `INSERT INTO charger (id, origin, registration, last_seen_at, updated_at) VALUES (?, 'site', 'pending', ?, ?)`,
          `OLD-${n}`,
          n,
          stamp,
        );
      site.gateway.db.run("UPDATE charger SET last_seen_at = 0 WHERE id = 'FIRST'");
    });
    const late = await dialScripted(site.urls.ocpp, 'LATE');
    expect(await late.boot()).toMatchObject({ status: 'Pending' });
    const ids = listChargers(site.gateway)
      .filter(({ registration }) => registration === 'pending')
      .map(({ id }) => id);
    expect(ids).toHaveLength(MOST_PENDING);
    expect(ids).toContain('FIRST');
    expect(ids).toContain('LATE');
    expect(ids).not.toContain('OLD-1');
    expect(ids).toContain('OLD-2');
  });

  test('of a charger that nobody accepted few frames are kept', async () => {
    const charger = await dialScripted(site.urls.ocpp, 'NEW');
    await charger.boot();
    for (let n = 0; n < 30; n += 1) await charger.send('Heartbeat');
    await flushDiagnostics(site.gateway);
    const few = site.gateway.db.all("SELECT 1 FROM frame WHERE charger_id = 'NEW'");
    expect(few).toHaveLength(20);
  });
});
