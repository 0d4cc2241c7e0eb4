import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dialScripted, type ScriptedCharger } from '../harness/scripted-charger.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { chargegate, type Done } from './harness.ts';

const YAML = 'ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: pending, call-timeout: 2, provisioning: false }\n';

let site: TestSite;
let charger: ScriptedCharger;
const folder = mkdtempSync(join(tmpdir(), 'chargegate-orders-'));

beforeAll(async () => {
  site = await startTestSite({ yaml: YAML });
  charger = await dialScripted(site.urls.ocpp, 'BAY-1');
  await charger.boot();
});
afterAll(async () => {
  await site.cleanUp();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]): Promise<Done> => chargegate([...args, '--url', site.urls.console]);
const order = (...args: string[]): Promise<Done> => run('chargers', ...args);

describe('orders from the command line', () => {
  it.each([
    [
      ['start', 'BAY-1', '--card', 'CARD1', '--evse', '2'],
      'RemoteStartTransaction',
      { idTag: 'CARD1', connectorId: 2 },
    ],
    [['unlock', 'BAY-1', '--evse', '2'], 'UnlockConnector', { connectorId: 2 }],
    [['reset', 'BAY-1', '--hard'], 'Reset', { type: 'Hard' }],
    [['availability', 'BAY-1', 'off', '--evse', '1'], 'ChangeAvailability', { connectorId: 1, type: 'Inoperative' }],
    [['availability', 'BAY-1', 'on'], 'ChangeAvailability', { connectorId: 0, type: 'Operative' }],
    [['trigger', 'BAY-1', 'heartbeat'], 'TriggerMessage', { requestedMessage: 'Heartbeat' }],
    [['clear-cache', 'BAY-1'], 'ClearCache', {}],
    [
      ['profile', 'clear', 'BAY-1', '--purpose', 'tx-default', '--evse', '1'],
      'ClearChargingProfile',
      { connectorId: 1, chargingProfilePurpose: 'TxDefaultProfile' },
    ],
  ])('%j reaches the charger; its answer is told as a sentence', async (args, action, payload) => {
    charger.script(() => ({ status: 'Accepted' }));
    const from = charger.calls.length;
    const told = await order(...args);
    expect(told).toMatchObject({ code: 0, err: '' });
    expect(told.out).toMatch(/^BAY-1 answers Accepted to .+\n$/);
    expect(charger.calls.slice(from)).toEqual([[action, payload]]);
  });

  it('stops the only charge there is', async () => {
    charger.script(() => ({ status: 'Accepted' }));
    const transactionId = await charger.start(1);
    expect(await order('stop', 'BAY-1')).toMatchObject({ code: 0, out: 'BAY-1 answers Accepted to the stop\n' });
    expect(charger.calls.at(-1)).toEqual(['RemoteStopTransaction', { transactionId }]);
    await charger.stop(transactionId);
    expect(await order('stop', 'BAY-1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('[TRANSACTION_NOT_RUNNING]'),
    });
  });

  it('exit code 1 where the charger says no, with its answer', async () => {
    charger.script(() => ({ status: 'Rejected' }));
    expect(await order('reset', 'BAY-1')).toEqual({
      code: 1,
      signal: null,
      out: 'BAY-1 answers Rejected to a reset\n',
      err: '',
    });
    const json = await order('reset', 'BAY-1', '--json');
    expect([json.code, JSON.parse(json.out)]).toEqual([1, { status: 'Rejected' }]);
  });

  it('scheduled is no refusal', async () => {
    charger.script(() => ({ status: 'Scheduled' }));
    expect(await order('availability', 'BAY-1', 'off')).toMatchObject({
      code: 0,
      out: 'BAY-1 answers Scheduled to going out of service: it does so once its transaction is over\n',
    });
  });

  it('limits: set, from a file too, and shown', async () => {
    charger.script((_action, payload) => ({
      status:
        (payload['csChargingProfiles'] as { stackLevel: number } | undefined)?.stackLevel === 2
          ? 'Rejected'
          : 'Accepted',
    }));
    expect(await order('profile', 'set', 'BAY-1', '--amps', '10', '--evse', '1', '--level', '2')).toMatchObject({
      code: 0,
      out: 'BAY-1 answers Accepted to the limit (said as: stack level 0)\n',
    });
    const file = join(folder, 'profile.json');
    writeFileSync(
      file,
      JSON.stringify({
        unit: 'W',
        periods: [
          { start: 0, limit: 7000 },
          { start: 60, limit: 3000 },
        ],
      }),
    );
    expect(await order('profile', 'set', 'BAY-1', file, '--purpose', 'charge-point-max')).toMatchObject({ code: 0 });
    expect(charger.calls.at(-1)).toMatchObject([
      'SetChargingProfile',
      {
        csChargingProfiles: {
          chargingProfilePurpose: 'ChargePointMaxProfile',
          chargingSchedule: { chargingRateUnit: 'W' },
        },
      },
    ]);
    expect((await order('profile', 'set', 'BAY-1')).err).toContain('--amps 10');
    const shown = await order('profile', 'show', 'BAY-1', '--evse', '1', '--seconds', '600', '--unit', 'A');
    expect(JSON.parse(shown.out)).toEqual({ status: 'Accepted' });
  });

  it("a charger's own list: version, the site's cards, a file", async () => {
    charger.script((action) => (action === 'GetLocalListVersion' ? { listVersion: 3 } : { status: 'Accepted' }));
    expect(await order('local-list', 'BAY-1')).toMatchObject({
      code: 0,
      out: 'BAY-1 has version 3 of its list: not kept by the gateway\n',
    });
    expect(await order('local-list', 'send', 'BAY-1', '--site')).toMatchObject({
      code: 0,
      out: 'BAY-1 answers Accepted to the list\n',
    });
    const file = join(folder, 'cards.json');
    writeFileSync(file, JSON.stringify([{ tokenUid: 'CARD9' }]));
    await order('local-list', 'send', 'BAY-1', file, '--add');
    expect(charger.calls.at(-1)).toEqual([
      'SendLocalList',
      {
        listVersion: 4,
        updateType: 'Differential',
        localAuthorizationList: [{ idTag: 'CARD9', idTagInfo: { status: 'Accepted' } }],
      },
    ]);
  });
});

describe('taking chargers in from the command line', () => {
  it('accept, reject, forget', async () => {
    const pending = await dialScripted(site.urls.ocpp, 'NEW');
    expect(await pending.boot()).toMatchObject({ status: 'Pending' });
    expect(await order('accept', 'NEW')).toMatchObject({ code: 0, out: expect.stringContaining('NEW is accepted') });
    expect(await pending.boot()).toMatchObject({ status: 'Accepted' });
    expect(await order('reject', 'NEW')).toMatchObject({ code: 0, out: expect.stringContaining('NEW is rejected') });
    expect(await order('forget', 'NEW', '--json')).toMatchObject({ code: 0 });
    await pending.raw.closed;
    expect(await order('accept', 'NEW')).toMatchObject({ code: 1, err: expect.stringContaining('[CHARGER_UNKNOWN]') });
  });
});

describe('failures as JSON', () => {
  it.each([
    ['a refusal', ['chargers', 'reset', 'NOBODY'], 1, 'CHARGER_UNKNOWN'],
    ['an EVSE that is not there', ['chargers', 'unlock', 'BAY-1', '--evse', '9'], 1, 'EVSE_UNKNOWN'],
    ['a command line that cannot be read', ['chargers', 'start', 'BAY-1'], 2, 'REQUEST_INVALID'],
    ['a wrong value', ['chargers', 'availability', 'BAY-1', 'maybe'], 2, 'REQUEST_INVALID'],
    ['a file that is not there', ['chargers', 'local-list', 'send', 'BAY-1', '/nowhere.json'], 2, 'REQUEST_INVALID'],
  ])('%s', async (_name, args, code, error) => {
    const done = await run(...args, '--json');
    expect([done.code, done.out]).toEqual([code, '']);
    expect(JSON.parse(done.err)).toMatchObject({ code: error, message: expect.any(String) });
  });
});
