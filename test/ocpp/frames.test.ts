import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { flushDiagnostics, listFrames } from '../../gateway/frames.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 100, newestFirst: true };
const anything: unknown = expect.anything();

let site: TestSite;
const open: RawCharger[] = [];

beforeAll(async () => {
  site = await startTestSite();
});
afterEach(async () => {
  for (const charger of open.splice(0)) await charger.close();
});
afterAll(() => site.cleanUp());

async function dial(id = 'BAY-1'): Promise<RawCharger> {
  const charger = await createRawCharger(site.urls.ocpp + id, { protocols: ['ocpp1.6'] });
  open.push(charger);
  return charger;
}

async function deviations(id: string): Promise<string[]> {
  await flushDiagnostics(site.gateway);
  return (findCharger(site.gateway, id)?.deviations ?? []).map((deviation) => deviation.code);
}

describe('frames that are none', () => {
  test.each([
    ['[2,"abc","Heartbeat",{', 'abc'],
    ['[,2,"q16","Heartbeat",{]', 'q16'],
    ['{"not":"an array"}', '-1'],
    ['[2]', '-1'],
    ['[9,"nine","Heartbeat",{}]', 'nine'],
    ['[2,"noaction"]', 'noaction'],
    ['garbage', '-1'],
    ['null', '-1'],
  ])('Q16: %s is answered with a CALLERROR under its id where it has one', async (text, id) => {
    const charger = await dial();
    charger.send(text);
    expect(await charger.waitFor(() => true)).toMatchObject([4, id, 'FormationViolation', anything, {}]);
    expect(await charger.call('Heartbeat', {})).toMatchObject([3, anything, {}]);
    expect(await deviations('BAY-1')).toContain('MALFORMED_FRAME');
  });

  test('Q11: an empty frame is a sign of life and nothing else', async () => {
    const charger = await dial();
    charger.send('');
    await charger.call('Heartbeat', {});
    expect(charger.texts).toHaveLength(1);
  });

  test('Q14: a frame of 2 MB closes that socket with 1009, and others notice nothing', async () => {
    const other = await dial('BAY-2');
    const charger = await dial();
    charger.send(JSON.stringify([2, 'big', 'DataTransfer', { vendorId: 'v', data: 'x'.repeat(2 << 20) }]));
    expect((await charger.closed).code).toBe(1009);
    expect(await other.call('Heartbeat', {})).toMatchObject([3, anything, {}]);
    expect(await deviations('BAY-1')).toContain('FRAME_TOO_BIG');
  });

  test('a flood of unreadable frames costs the sender its socket, and others notice nothing', async () => {
    const other = await dial('BAY-2');
    const charger = await dial('FLOODING');
    for (let i = 0; i < 200; i += 1) charger.send('[[[');
    await charger.closed;
    expect(await other.call('Heartbeat', {})).toMatchObject([3, anything, {}]);
  });
});

describe('message ids', () => {
  test('Q24: a numeric id comes back as a number', async () => {
    const charger = await dial();
    charger.send('[2,17,"Heartbeat",{}]');
    expect(await charger.waitFor(() => true)).toMatchObject([3, 17, {}]);
  });

  test('Q24: one id for everything is no obstacle', async () => {
    const charger = await dial();
    charger.send('[2,"1","Heartbeat",{}]');
    charger.send('[2,"1","Authorize",{"idTag":"CARD1"}]');
    expect(await charger.waitFor((frame) => JSON.stringify(frame).includes('Accepted'))).toMatchObject([3, '1', {}]);
  });
});

describe('payloads', () => {
  test.each(['[2,"a","Heartbeat"]', '[2,"a","Heartbeat",null]'])('Q23: %s has an empty payload', async (text) => {
    const charger = await dial();
    charger.send(text);
    expect(await charger.waitFor(() => true)).toMatchObject([3, 'a', { currentTime: anything }]);
  });

  test('unknown actions are NotImplemented', async () => {
    const charger = await dial();
    expect(await charger.call('DoSomething', {})).toMatchObject([4, anything, 'NotImplemented', anything, {}]);
    expect(await charger.call('__proto__', {})).toMatchObject([4, anything, 'NotImplemented', anything, {}]);
  });

  test('a missing required field is OccurenceConstraintViolation, spelt as 1.6 spells it', async () => {
    const charger = await dial();
    expect(await charger.call('Authorize', {})).toMatchObject([
      4,
      anything,
      'OccurenceConstraintViolation',
      anything,
      {},
    ]);
  });

  test('Q18, Q22: numbers as text and extra fields are taken in and counted', async () => {
    const charger = await dial('SLOPPY');
    const answer = await charger.call('StartTransaction', {
      connectorId: '1',
      idTag: 4711,
      meterStart: '12.6',
      timestamp: new Date().toISOString(),
      vendorThing: true,
      reservationId: null,
    });
    expect(answer).toMatchObject([3, anything, { transactionId: anything, idTagInfo: { status: 'Invalid' } }]);
    expect(listTransactions(site.gateway, ALL).items[0]).toMatchObject({ tokenUid: '4711', meterStart: 13, evse: 1 });
    expect(await deviations('SLOPPY')).toEqual([
      'COERCED:StartTransaction.req/connectorId',
      'COERCED:StartTransaction.req/idTag',
      'COERCED:StartTransaction.req/meterStart',
      'EXTRA:StartTransaction.req/vendorThing',
      'NULL:StartTransaction.req/reservationId',
    ]);
  });

  test('Q19: a status in the wrong case counts, an unknown one is acknowledged', async () => {
    const charger = await dial('CASES');
    await charger.call('StatusNotification', { connectorId: 1, errorCode: 'noerror', status: 'CHARGING' });
    expect(findCharger(site.gateway, 'CASES')?.evses).toMatchObject([{ evse: 1, status: 'Charging', errorCode: null }]);
    expect(
      await charger.call('StatusNotification', { connectorId: 1, errorCode: 'Error', status: 'Dancing' }),
    ).toMatchObject([3, anything, {}]);
    expect(findCharger(site.gateway, 'CASES')?.evses).toMatchObject([{ status: 'Charging' }]);
  });

  test('law 1: transaction messages beyond reading are acknowledged and kept in quarantine', async () => {
    const charger = await dial('BROKEN');
    expect(await charger.call('StartTransaction', { connectorId: [] })).toMatchObject([
      3,
      anything,
      { transactionId: anything, idTagInfo: { status: 'Invalid' } },
    ]);
    expect(await charger.call('StopTransaction', { what: 1 })).toMatchObject([3, anything, {}]);
    expect(await charger.call('MeterValues', { meterValue: 'none' })).toMatchObject([3, anything, {}]);
    const kept = listQuarantine(site.gateway, ALL).items.filter((entry) => entry.chargerId === 'BROKEN');
    expect(kept.map((entry) => entry.action)).toEqual(['MeterValues', 'StopTransaction', 'StartTransaction']);
    expect(kept[1]?.payload).toBe('{"what":1}');
  });

  test('Q31: messages of the security whitepaper and vendor data are never refused outright', async () => {
    const charger = await dial();
    const event = { type: 'FirmwareUpdated', timestamp: new Date().toISOString() };
    expect(await charger.call('SecurityEventNotification', event)).toMatchObject([3, anything, {}]);
    expect(await charger.call('DataTransfer', { vendorId: 'x' })).toMatchObject([
      3,
      anything,
      { status: 'UnknownVendorId' },
    ]);
  });
});

describe('order', () => {
  test('messages of one charger are handled strictly one after the other', async () => {
    const charger = await dial('ORDER');
    for (let i = 0; i < 300; i += 1)
      charger.send(
        JSON.stringify([
          2,
          `m${i}`,
          i % 3 === 0 ? 'Authorize' : 'StatusNotification',
          i % 3 === 0
            ? { idTag: 'CARD1' }
            : { connectorId: 1, errorCode: 'NoError', status: i % 2 === 0 ? 'Available' : 'Preparing' },
        ]),
      );
    await charger.waitFor((frame) => frame[1] === 'm299');
    const ids = charger.texts.map((text) => (JSON.parse(text) as unknown[])[1]);
    expect(ids).toEqual(Array.from({ length: 300 }, (_, i) => `m${i}`));
  });
});

describe('our own calls', () => {
  test('go one at a time, and a silent charger frees its slot at the deadline', async () => {
    const charger = await dial('SLOW');
    await charger.call('Heartbeat', {});
    const connection = site.gateway.connections.find('SLOW');
    const first = connection?.call('ClearCache', {});
    const second = connection?.call('GetConfiguration', {});
    await charger.waitFor((frame) => frame[2] === 'ClearCache');
    expect(charger.texts.filter((text) => text.startsWith('[2,'))).toHaveLength(1);
    // The deadline includes the wait, so both end together.
    expect(await first).toEqual({ kind: 'timeout' });
    expect(await second).toEqual({ kind: 'timeout' });
    const third = connection?.call('ClearCache', {});
    const frame = await charger.waitFor((f) => f[2] === 'ClearCache', charger.texts.length);
    charger.send(JSON.stringify([3, frame[1], { status: 'Accepted' }]));
    expect(await third).toEqual({ kind: 'result', payload: { status: 'Accepted' } });
  });

  test('invalid ones are not sent, errors and vendor codes come back verbatim', async () => {
    const charger = await dial('CODES');
    await charger.call('Heartbeat', {});
    const connection = site.gateway.connections.find('CODES');
    expect(await connection?.call('Reset', { type: 'Gently' })).toMatchObject({ kind: 'invalid' });
    expect(await connection?.call('StartTransaction', {})).toMatchObject({ kind: 'invalid' });
    expect(await connection?.call('NoSuchThing', {})).toMatchObject({ kind: 'invalid' });
    const call = connection?.call('Reset', { type: 'Soft' });
    const frame = await charger.waitFor((f) => f[2] === 'Reset');
    charger.send(JSON.stringify([4, frame[1], 'VendorMood', 'not today']));
    expect(await call).toEqual({ kind: 'error', code: 'VendorMood', description: 'not today', details: {} });
  });

  test('Q26: a late answer is noted and harms nothing', async () => {
    const charger = await dial('LATE');
    charger.send('[3,"never-asked",{}]');
    await charger.call('Heartbeat', {});
    expect(await deviations('LATE')).toContain('LATE_ANSWER');
  });
});

describe('the frame ring', () => {
  test('keeps what crossed the wire, bounded, without passwords', async () => {
    const charger = await dial('RING');
    for (let i = 0; i < 120; i += 1) {
      await charger.call('Heartbeat', {});
      if (i % 20 === 0) await flushDiagnostics(site.gateway);
    }
    const call = site.gateway.connections
      .find('RING')
      ?.call('ChangeConfiguration', { key: 'AuthorizationKey', value: 'topsecretkey' });
    const frame = await charger.waitFor((f) => f[2] === 'ChangeConfiguration');
    charger.send(JSON.stringify([3, frame[1], { status: 'Accepted' }]));
    await call;
    const frames = await listFrames(site.gateway, 'RING', 1000);
    expect(frames).toHaveLength(200);
    expect(frames.at(-1)).toMatchObject({ direction: 'in', text: expect.stringContaining('Accepted') });
    expect(JSON.stringify(frames)).not.toContain('topsecret');
  });
});
