/** The link as OCPP-J 2.0.1 and 2.1 have it: types of messages, error codes, message ids, chargers that are not accepted. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import { acceptCharger } from '../../gateway/onboarding.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 100, newestFirst: true };
const anything: unknown = expect.anything();

let site: TestSite;
const open: RawCharger[] = [];

beforeAll(async () => {
  site = await startTestSite({
    yaml: 'ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: pending, call-timeout: 2, provisioning: false }\n',
  });
});
afterEach(async () => {
  for (const charger of open.splice(0)) await charger.close();
});
afterAll(() => site.cleanUp());

async function dial(protocol: string, id = 'BAY-1'): Promise<RawCharger> {
  const charger = await createRawCharger(site.urls.ocpp + id, { protocols: [protocol] });
  open.push(charger);
  return charger;
}

async function deviations(id = 'BAY-1'): Promise<string[]> {
  await flushDiagnostics(site.gateway);
  return (findCharger(site.gateway, id)?.deviations ?? []).map(({ code }) => code);
}

/** Sends a frame; gives what came before the answer to the heartbeat after it. */
async function say(charger: RawCharger, text: string): Promise<unknown[]> {
  const from = charger.texts.length;
  charger.send(text);
  await charger.call('Heartbeat', {});
  return charger.texts.slice(from, -1).map((frame) => JSON.parse(frame) as unknown);
}

const boot = { reason: 'PowerUp', chargingStation: { model: 'M', vendorName: 'V' } };
const status = (evseId: number) => ({
  timestamp: new Date().toISOString(),
  connectorStatus: 'Available',
  evseId,
  connectorId: 1,
});
const event = (transactionId: string, eventType: string) => ({
  eventType,
  triggerReason: 'Authorized',
  timestamp: new Date().toISOString(),
  seqNo: 0,
  transactionInfo: { transactionId },
  idToken: { idToken: 'CARD1', type: 'Central' },
  evse: { id: 1, connectorId: 1 },
});

describe.each(['ocpp2.0.1', 'ocpp2.1'])('frames over %s', (protocol) => {
  test.each([
    ['[2,"abc","Heartbeat",{', 'abc'],
    ['{"not":"an array"}', '-1'],
    ['[2]', '-1'],
    ['[2,null,"Heartbeat",{}]', '-1'],
    ['garbage', '-1'],
    ['[2,"noaction"]', 'noaction'],
  ])('%s is answered by RpcFrameworkError under its id, or "-1"', async (text, id) => {
    const charger = await dial(protocol);
    expect(await say(charger, text)).toEqual([[4, id, 'RpcFrameworkError', anything, {}]]);
  });

  test('payloads: null is none, a list is none, a missing field and a wrong one are told apart', async () => {
    const charger = await dial(protocol);
    expect(await say(charger, '[2,"a","Heartbeat",null]')).toEqual([[3, 'a', { currentTime: anything }]]);
    expect(await charger.call('Authorize', [])).toMatchObject({ 0: 4, 2: 'TypeConstraintViolation' });
    expect(await charger.call('Authorize', {})).toMatchObject({ 0: 4, 2: 'OccurrenceConstraintViolation' });
    expect(await charger.call('Authorize', { idToken: 'CARD1' })).toMatchObject({ 0: 4, 2: 'TypeConstraintViolation' });
  });

  test('what only we send is NotSupported, what nobody sends NotImplemented', async () => {
    const charger = await dial(protocol);
    expect(await charger.call('Reset', { type: 'Immediate' })).toMatchObject({ 0: 4, 2: 'NotSupported' });
    expect(await charger.call('StartTransaction', {})).toMatchObject({ 0: 4, 2: 'NotImplemented' });
  });

  test('ids of 36 characters are as they should be, longer ones are served and noted', async () => {
    const charger = await dial(protocol);
    expect((await charger.call('Heartbeat', {}, 'x'.repeat(36)))[1]).toBe('x'.repeat(36));
    expect(await deviations()).not.toContain('MESSAGE_ID_LONG');
    expect((await charger.call('Heartbeat', {}, 'y'.repeat(37)))[1]).toBe('y'.repeat(37));
    expect(await deviations()).toContain('MESSAGE_ID_LONG');
    await site.gateway.db.write(() => site.gateway.db.run("DELETE FROM deviation WHERE code = 'MESSAGE_ID_LONG'"));
  });

  test('a broken answer gets no CALLERROR, and whoever waited for it is told at once', async () => {
    const charger = await dial(protocol);
    await charger.call('Heartbeat', {});
    const call = site.gateway.connections.find('BAY-1')?.call('ClearCache', {});
    const [, id] = await charger.waitFor((frame) => frame[2] === 'ClearCache');
    const said = await say(charger, `[3,"${String(id)}",{"status":`);
    expect(said).toEqual(protocol === 'ocpp2.1' ? [[5, id, 'RpcFrameworkError', anything, {}]] : []);
    expect(await call).toMatchObject({ kind: 'error', code: 'RpcFrameworkError' });
  });
});

describe('types of messages', () => {
  test('OCPP-J 2.0.1 §4.4: one that it does not have is MessageTypeNotSupported, also those of 2.1', async () => {
    const charger = await dial('ocpp2.0.1');
    for (const type of [5, 6, 9])
      expect(await say(charger, `[${type},"t${type}","NotifyPeriodicEventStream",{}]`)).toEqual([
        [4, `t${type}`, 'MessageTypeNotSupported', anything, {}],
      ]);
  });

  test('OCPP-J 2.1 §4.4: one that it does not have is passed over', async () => {
    const charger = await dial('ocpp2.1');
    expect(await say(charger, '[9,"nine","Heartbeat",{}]')).toEqual([]);
    expect(await deviations()).toContain('MALFORMED_FRAME');
  });

  test('OCPP-J 2.1 §4.2.4: a SEND is taken in and never answered, whatever it holds', async () => {
    const charger = await dial('ocpp2.1');
    const stream = { id: 1, pending: 0, basetime: '2026-11-21T12:00:00Z', data: [{ t: 0, v: '230.4' }] };
    expect(await say(charger, JSON.stringify([6, 's1', 'NotifyPeriodicEventStream', stream]))).toEqual([]);
    expect(await say(charger, '[6,"s2","NotifyPeriodicEventStream",{"id":"x"}]')).toEqual([]);
    expect(await say(charger, '[6,"s3","Nonsense",{}]')).toEqual([]);
    expect(await say(charger, '[6,"s4","NotifyPeriodic')).toEqual([]);
    expect(await deviations()).toEqual(
      expect.arrayContaining(['REQUIRED:NotifyPeriodicEventStream', 'UNKNOWN_ACTION:Nonsense']),
    );
  });

  test('law 1: an event of a transaction that is sent so is a fact like any other', async () => {
    const charger = await dial('ocpp2.1');
    expect(await say(charger, JSON.stringify([6, 's', 'TransactionEvent', event('SENT', 'Started')]))).toEqual([]);
    expect(listTransactions(site.gateway, ALL).items[0]).toMatchObject({ wireId: 'SENT', tokenUid: 'CARD1' });
  });

  test('2.1 generic FR.06: an answer beyond reading gets a CALLRESULTERROR; one from the charger is noted, not answered', async () => {
    const charger = await dial('ocpp2.1');
    await charger.call('Heartbeat', {});
    const call = site.gateway.connections.find('BAY-1')?.call('GetLocalListVersion', {});
    const [, id] = await charger.waitFor((frame) => frame[2] === 'GetLocalListVersion');
    expect(await say(charger, JSON.stringify([3, id, {}]))).toEqual([
      [5, id, 'OccurrenceConstraintViolation', anything, {}],
    ]);
    expect(await call).toEqual({ kind: 'result', payload: {} });
    expect(await say(charger, '[5,"whatever","FormatViolation","no",{}]')).toEqual([]);
    expect(await deviations()).toContain('ANSWER_REFUSED');
  });
});

describe.each(['ocpp2.0.1', 'ocpp2.1'])('TC_B_30_CSMS: before it is accepted, over %s', (protocol) => {
  test('B02.FR.09: all but boot and transactions is SecurityError, until the operator accepts it', async () => {
    const id = `NEW-${protocol}`;
    const charger = await dial(protocol, id);
    expect((await charger.call('BootNotification', boot))[2]).toMatchObject({ status: 'Pending' });
    expect(await charger.call('StatusNotification', status(1))).toMatchObject({ 0: 4, 2: 'SecurityError' });
    expect(await charger.call('Heartbeat', {})).toMatchObject({ 0: 4, 2: 'SecurityError' });
    expect(await charger.call('Authorize', { idToken: event('T', 'Started').idToken })).toMatchObject({
      0: 4,
      2: 'SecurityError',
    });
    // Law 1: it may have charged already.
    expect(await charger.call('TransactionEvent', event(`P-${protocol}`, 'Started'))).toMatchObject({
      0: 3,
      2: { idTokenInfo: { status: 'Invalid' } },
    });
    expect(listTransactions(site.gateway, ALL).items[0]).toMatchObject({ wireId: `P-${protocol}` });
    await acceptCharger(site.gateway, id);
    expect((await charger.call('BootNotification', boot))[2]).toMatchObject({ status: 'Accepted' });
    expect(await charger.call('StatusNotification', status(1))).toMatchObject({ 0: 3, 2: {} });
    expect(await deviations(id)).toContain('BEFORE_ACCEPTED:StatusNotification');
  });

  test('B02.FR.02: what it was asked for it may say', async () => {
    const id = `ASKED-${protocol}`;
    const charger = await dial(protocol, id);
    await charger.call('BootNotification', boot);
    const call = site.gateway.connections.find(id)?.call('TriggerMessage', { requestedMessage: 'StatusNotification' });
    const [, asked] = await charger.waitFor((frame) => frame[2] === 'TriggerMessage');
    charger.send(JSON.stringify([3, asked, { status: 'Accepted' }]));
    await call;
    expect(await charger.call('StatusNotification', status(1))).toMatchObject({ 0: 3, 2: {} });
    expect(await charger.call('Heartbeat', {})).toMatchObject({ 0: 4, 2: 'SecurityError' });
    const report = { requestId: 1, generatedAt: new Date().toISOString(), seqNo: 0 };
    expect((await charger.call('NotifyReport', report))[0]).toBe(3);
  });
});
