/** Q16 to Q23: what chargers write instead of what JSON and the standard have. */
import { array, assert, constantFrom, jsonValue, property, string } from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { repairJson } from '../../adapters/ocpp/repair.ts';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { putSiteToken } from '../../gateway/tokens.ts';
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

async function dial(id: string): Promise<RawCharger> {
  const charger = await createRawCharger(site.urls.ocpp + id, { protocols: ['ocpp1.6'] });
  open.push(charger);
  return charger;
}

/** Sends bytes as they are; gives the next frame that comes back. */
async function say(charger: RawCharger, text: string): Promise<unknown[]> {
  const from = charger.texts.length;
  charger.send(text);
  return charger.waitFor((frame) => frame[0] === 3 || frame[0] === 4, from);
}

async function deviations(id: string): Promise<{ code: string; sample: string }[]> {
  await flushDiagnostics(site.gateway);
  return findCharger(site.gateway, id)?.deviations ?? [];
}

const codes = async (id: string): Promise<string[]> => (await deviations(id)).map(({ code }) => code);
const now = (): string => new Date().toISOString();
const meterOf = (id: string): number | null | undefined => findCharger(site.gateway, id)?.evses[0]?.meterWh;

async function plug(charger: RawCharger): Promise<void> {
  await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
}

describe('Q16: broken JSON of a constant pattern is mended', () => {
  const meter = (values: string, more = ''): string =>
    `[2,"m","MeterValues",{"connectorId":1,${more}"meterValue":[{"timestamp":"${now()}","sampledValue":${values}}]}]`;

  test.each([
    ['a comma before the first value', 'COMMA', () => meter('[,{"value":"1001"}]'), 1001],
    ['a comma behind the last', 'COMMA', () => meter('[{"value":"1002",},]'), 1002],
    ['two commas', 'COMMA', () => meter('[{"value":"1003"},,{"value":"9","measurand":"SoC"}]'), 1003],
    ['a name without a value', 'EMPTY_VALUE', () => meter('[{"value":"1004"}]', '"transactionId":,'), 1004],
    ['a name without a value at the end', 'EMPTY_VALUE', () => meter('[{"value":"1005","unit":}]'), 1005],
    ['NaN', 'NAN', () => meter('[{"value":"1006"},{"value":"0","measurand":"Voltage","unit":nan}]'), 1006],
    ['a line break in a string', 'CONTROL', () => meter('[{"value":"1007","location":"Out\nlet"}]'), 1007],
    ['a byte order mark', 'BOM', () => `\uFEFF${meter('[{"value":"1008"}]')}`, 1008],
    ["C's end of a string", 'NUL', () => `${meter('[{"value":"1009"}]')}\0`, 1009],
    ['several at once', 'COMMA', () => meter('[,{"value":"1010","unit":,}]', '"transactionId":,'), 1010],
  ])('Q16: %s', async (_what, kind, text, register) => {
    const charger = await dial('MENDED');
    await plug(charger);
    expect(await say(charger, text())).toEqual([3, 'm', {}]);
    expect(meterOf('MENDED')).toBe(register);
    expect(await codes('MENDED')).toContain(`REPAIRED:${kind}`);
  });

  test('Q16: the sample of a repair is what was sent', async () => {
    const charger = await dial('SAMPLED');
    expect(await say(charger, '[2,"h","Heartbeat",{,}]')).toEqual([3, 'h', { currentTime: anything }]);
    expect(await deviations('SAMPLED')).toMatchObject([{ code: 'REPAIRED:COMMA', sample: '[2,"h","Heartbeat",{,}]' }]);
  });

  test('Q16: strings that look broken are nobody else’s business', async () => {
    const charger = await dial('STRINGS');
    const idTag = '[,{"NaN":,}]';
    expect(await charger.call('Authorize', { idTag })).toEqual([3, anything, { idTagInfo: { status: 'Invalid' } }]);
    expect(site.gateway.refusals[0]).toMatchObject({ chargerId: 'STRINGS', uid: idTag });
    expect(await say(charger, '[2,"a","Authorize",{"idTag":"a,,b\\" NaN :,}",}]')).toMatchObject([3, 'a', {}]);
    expect(site.gateway.refusals[0]).toMatchObject({ uid: 'a,,b" NaN :,}' });
  });

  test.each([
    ['cut off', '[2,"cut","Heartbeat",{"a":'],
    ['no quotes', '[2,"cut",Heartbeat,{}]'],
    ['more commas than a slip', `[2,"cut","Heartbeat",{"a":[${','.repeat(2000)}]}]`],
    ['broken, and long', `[2,"cut","Heartbeat",{"a":"${'x'.repeat(300_000)}",}]`],
  ])('Q16: %s is not guessed at', async (_what, text) => {
    const charger = await dial('GUESSED');
    expect(await say(charger, text)).toMatchObject([4, 'cut', 'FormationViolation', anything, {}]);
  });
});

describe('Q16: the repair itself', () => {
  const mend = (text: string): unknown => JSON.parse(repairJson(text)?.text ?? 'null');

  test('Q16: a value with a stray comma after it is that value, whatever it holds', () => {
    assert(
      property(jsonValue(), (value) => {
        const text = JSON.stringify([value]);
        expect(mend(`${text.slice(0, -1)},]`)).toEqual(JSON.parse(text));
        expect(mend(`[,${text.slice(1)}`)).toEqual(JSON.parse(text));
        expect(mend(`\uFEFF${text}\0`)).toEqual(JSON.parse(text));
        // What is whole already is none of its business.
        expect(repairJson(text)).toBeNull();
      }),
    );
  });

  test('Q16: whatever text it is given, it ends, and says null or what it did', () => {
    assert(
      property(
        string({ unit: 'binary' }),
        array(constantFrom('[', ']', '{', '}', ',', ':', '"', '\\', 'NaN', 'inf', '-', '0', '\n', '\0'), {
          maxLength: 60,
        }),
        (any, near) => {
          for (const text of [any, near.join('')]) expect(repairJson(text)?.repairs.length ?? 1).toBeGreaterThan(0);
        },
      ),
    );
  });
});

describe('Q17: a name twice in one object', () => {
  test('Q17: the last one counts', async () => {
    const charger = await dial('TWICE');
    expect(await say(charger, '[2,"t","Authorize",{"idTag":"NOBODY","idTag":"CARD1"}]')).toMatchObject([
      3,
      't',
      { idTagInfo: { status: 'Accepted' } },
    ]);
  });
});

describe('Q18: numbers and texts in each other’s place', () => {
  test('Q18: a reading that is a number, an id that is a text', async () => {
    const charger = await dial('NUMBERS');
    await plug(charger);
    const meterValue = [{ timestamp: now(), sampledValue: [{ value: 4711.4, unit: 'Wh' }] }];
    expect(await charger.call('MeterValues', { connectorId: '1', meterValue })).toEqual([3, anything, {}]);
    expect(meterOf('NUMBERS')).toBe(4711);
    expect(await codes('NUMBERS')).toEqual([
      'COERCED:MeterValues.req/connectorId',
      'COERCED:MeterValues.req/meterValue/sampledValue/value',
    ]);
  });

  test('Q18: configuration values that are numbers and booleans are read', async () => {
    const charger = await dial('CONFIGURED');
    await plug(charger);
    const order = site.gateway.connections.find('CONFIGURED')?.order({ kind: 'read-configuration', keys: null });
    const frame = await charger.waitFor((f) => f[2] === 'GetConfiguration');
    const configurationKey = [
      { key: 'HeartbeatInterval', readonly: false, value: 300 },
      { key: 'LocalPreAuthorize', readonly: false, value: true },
      { key: 'Nothing', readonly: true },
    ];
    charger.send(JSON.stringify([3, frame[1], { configurationKey }]));
    expect(await order).toMatchObject({
      answer: { keys: [{ value: '300' }, { value: 'true' }, { key: 'Nothing', value: null }] },
    });
  });
});

describe('Q19: words that the standard does not have', () => {
  test.each([
    ['Error', 'OtherError'],
    ['groundFAILURE', 'GroundFailure'],
    ['E_42', 'OtherError'],
    ['noerror', null],
  ])('Q19: error code %s stands as %s', async (errorCode, stands) => {
    const charger = await dial('FAULTS');
    expect(await charger.call('StatusNotification', { connectorId: 1, errorCode, status: 'faulted' })).toEqual([
      3,
      anything,
      {},
    ]);
    expect(findCharger(site.gateway, 'FAULTS')?.evses).toMatchObject([{ status: 'Faulted', errorCode: stands }]);
    expect(await codes('FAULTS')).toContain('COERCED:StatusNotification.req/errorCode');
  });

  test('Q19: the phase behind the measurand, and a reading context of the vendor’s own', async () => {
    const charger = await dial('SUFFIXED');
    const phases = ['L1', 'L2', 'L3'].flatMap((phase, index) => [
      { value: String(1000 * (index + 1)), measurand: `Power.Active.Import.${phase}`, unit: 'W' },
      { value: String(10 + index), measurand: `Current.Import.${phase}`, unit: 'A', context: 'CurrentMax' },
    ]);
    const start = { connectorId: 1, idTag: 'CARD1', meterStart: 0, timestamp: now() };
    const [, , started] = (await charger.call('StartTransaction', start)) as [3, string, { transactionId: number }];
    const sampledValue = [...phases, { value: '2500', measurand: 'energy.active.import.register', unit: 'WH' }];
    const meterValue = [{ timestamp: now(), sampledValue }];
    const { transactionId } = started;
    expect(await charger.call('MeterValues', { connectorId: 1, transactionId, meterValue })).toEqual([3, anything, {}]);
    expect(site.gateway.db.one('SELECT energy_wh, power_w, current_ma FROM sample')).toEqual({
      energy_wh: 2500,
      power_w: 6000,
      current_ma: 33_000,
    });
    expect(await codes('SUFFIXED')).toContain('ENUM:MeterValues.req/meterValue/sampledValue/measurand');
  });

  test('Q19: readings of an unknown kind or unit are no register', async () => {
    const charger = await dial('ODDUNITS');
    await plug(charger);
    const sampledValue = [
      { value: '16.000', context: 'CurrentMax', unit: 'A' },
      { value: '99', measurand: 'Energy.Of.Something', unit: 'Wh' },
      { value: '123000', unit: 'Wh' },
    ];
    await charger.call('MeterValues', { connectorId: 1, meterValue: [{ timestamp: now(), sampledValue }] });
    expect(meterOf('ODDUNITS')).toBe(123_000);
  });

  test('Q19: "info": "null" says nothing', async () => {
    const charger = await dial('NULLS');
    const status = { connectorId: 1, errorCode: 'NoError', info: 'null', status: 'Preparing', vendorErrorCode: '0x00' };
    expect(await charger.call('StatusNotification', status)).toEqual([3, anything, {}]);
    expect(await codes('NULLS')).toEqual(['BLANK:StatusNotification.req/info']);
  });
});

describe('Q20: texts longer than the standard allows', () => {
  test('Q20: a card number of 24 characters is that card and no other', async () => {
    const uid = 'A1B2C3D4E5F6A7B8C9D0E1F2';
    await putSiteToken(site.gateway, uid, {});
    const charger = await dial('LONG');
    expect(await charger.call('Authorize', { idTag: uid })).toMatchObject([
      3,
      anything,
      { idTagInfo: { status: 'Accepted' } },
    ]);
    expect(await charger.call('Authorize', { idTag: uid.slice(0, 20) })).toMatchObject([
      3,
      anything,
      { idTagInfo: { status: 'Invalid' } },
    ]);
    const info = 'x'.repeat(80);
    const status = { connectorId: 1, errorCode: 'NoError', info, status: 'Available' };
    expect(await charger.call('StatusNotification', status)).toEqual([3, anything, {}]);
    expect(await codes('LONG')).toEqual(
      expect.arrayContaining(['MAXLENGTH:Authorize.req/idTag', 'MAXLENGTH:StatusNotification.req/info']),
    );
  });

  test('Q20: a boot with a long serial number is taken whole; one without end is cut', async () => {
    const charger = await dial('SERIAL');
    const boot = { chargePointVendor: 'V', chargePointModel: 'M', chargePointSerialNumber: 'S'.repeat(40) };
    expect(await charger.call('BootNotification', boot)).toMatchObject([3, anything, { status: 'Accepted' }]);
    expect(findCharger(site.gateway, 'SERIAL')?.serial).toBe('S'.repeat(40));
    await charger.call('BootNotification', { ...boot, firmwareVersion: 'F'.repeat(100_000) });
    expect(findCharger(site.gateway, 'SERIAL')?.firmware).toHaveLength(2048);
    expect(await codes('SERIAL')).toContain('CUT:BootNotification.req/firmwareVersion');
  });

  test('Q20: what is too long for the standard is not sent', async () => {
    const charger = await dial('SENT');
    await plug(charger);
    const connection = site.gateway.connections.find('SENT');
    const long = { kind: 'write-configuration', key: 'Text', value: 'v'.repeat(501) } as const;
    expect(await connection?.order(long)).toMatchObject({ kind: 'invalid' });
    const start = { kind: 'start', evse: 1, tokenUid: 'A1B2C3D4E5F6A7B8C9D0E1F2', profile: null } as const;
    expect(await connection?.order(start)).toMatchObject({ kind: 'invalid' });
  });
});

describe('Q21: empty texts in optional fields', () => {
  test('Q21: are as if they were not there', async () => {
    const charger = await dial('BLANK');
    const boot = { chargePointVendor: 'V', chargePointModel: 'M', iccid: '', imsi: '', firmwareVersion: '' };
    expect(
      await charger.call('BootNotification', { ...boot, chargePointSerialNumber: '', chargeBoxSerialNumber: 'B1' }),
    ).toMatchObject([3, anything, { status: 'Accepted' }]);
    expect(findCharger(site.gateway, 'BLANK')).toMatchObject({ firmware: null, serial: 'B1' });
    expect(
      await charger.call('StatusNotification', {
        connectorId: 1,
        errorCode: 'NoError',
        status: 'Available',
        timestamp: '',
      }),
    ).toEqual([3, anything, {}]);
    expect(await codes('BLANK')).toEqual([
      'BLANK:BootNotification.req/chargePointSerialNumber',
      'BLANK:BootNotification.req/firmwareVersion',
      'BLANK:BootNotification.req/iccid',
      'BLANK:BootNotification.req/imsi',
      'BLANK:StatusNotification.req/timestamp',
    ]);
  });

  test('Q21: a stop with an empty card was stopped by nobody', async () => {
    const charger = await dial('NOCARD');
    const start = { connectorId: 1, idTag: 'CARD1', meterStart: 0, timestamp: now() };
    const [, , started] = (await charger.call('StartTransaction', start)) as [3, string, { transactionId: number }];
    const stop = { transactionId: started.transactionId, idTag: '', meterStop: 10, timestamp: now(), reason: '' };
    expect(await charger.call('StopTransaction', stop)).toEqual([3, anything, {}]);
    expect(listTransactions(site.gateway, ALL).items.find(({ chargerId }) => chargerId === 'NOCARD')).toMatchObject({
      meterStop: 10,
      stopReason: 'Local',
    });
  });
});

describe('Q22: fields that the standard does not have', () => {
  test('Q22: theirs are left aside; ours are none', async () => {
    const charger = await dial('EXTRAS');
    const start = { connectorId: 1, idTag: 'CARD1', meterStart: 0, timestamp: now(), vendorThing: { deep: [1] } };
    const [, , answer] = await charger.call('StartTransaction', start);
    expect(answer).toEqual({ transactionId: anything, idTagInfo: { status: 'Accepted' } });
    expect(await charger.call('Heartbeat', { uptime: 5 })).toEqual([3, anything, { currentTime: anything }]);
    expect(await charger.call('Authorize', { idTag: 'CARD1' })).toEqual([
      3,
      anything,
      { idTagInfo: { status: 'Accepted' } },
    ]);
    const boot = { chargePointVendor: 'V', chargePointModel: 'M' };
    expect(await charger.call('BootNotification', boot)).toEqual([
      3,
      anything,
      { status: 'Accepted', currentTime: anything, interval: anything },
    ]);
    expect(charger.texts.join()).not.toContain('null');
    expect(await codes('EXTRAS')).toEqual(['EXTRA:Heartbeat.req/uptime', 'EXTRA:StartTransaction.req/vendorThing']);
  });
});

describe('Q23: no payload, or null', () => {
  test.each(['[2,"n","MeterValues"]', '[2,"n","MeterValues",null]', '[2,"n","MeterValues",{}]'])(
    'Q23: %s is acknowledged and kept aside',
    async (text) => {
      const charger = await dial('EMPTY');
      expect(await say(charger, text)).toEqual([3, 'n', {}]);
      expect(listQuarantine(site.gateway, ALL).items[0]).toMatchObject({ chargerId: 'EMPTY', payload: '{}' });
    },
  );

  test('Q23: an answer of ours without payload is an empty one', async () => {
    const charger = await dial('ANSWERS');
    await plug(charger);
    const call = site.gateway.connections.find('ANSWERS')?.call('ClearCache', {});
    const frame = await charger.waitFor((f) => f[2] === 'ClearCache');
    charger.send(`[3,"${String(frame[1])}",null]`);
    expect(await call).toEqual({ kind: 'result', payload: {} });
  });
});

test('Q48: a TransactionEvent of 2.0.1 over 1.6, however odd, is refused by its name, noted, and the charger serves on', async () => {
  const charger = await dial('Q48');
  const odd = { eventType: 'Ended', seqNo: 0, transactionInfo: { transactionId: 'x' } };
  expect(await charger.call('TransactionEvent', odd)).toMatchObject([
    4,
    anything,
    'NotImplemented',
    anything,
    anything,
  ]);
  expect(await codes('Q48')).toContain('UNKNOWN_ACTION:TransactionEvent');
  expect(await charger.call('Heartbeat', {})).toMatchObject([3, anything, { currentTime: anything }]);
});
