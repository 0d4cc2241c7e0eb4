/** Q48: TransactionEvents that are late, lost, doubled, out of order or incomplete, over sockets. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 100 };
const CARD = { idToken: 'CARD1', type: 'Central' };
const SIGNED = { signedMeterData: 'T0NNRnxiZWdpbg==', signingMethod: '', encodingMethod: 'OCMF', publicKey: '' };

let site: TestSite;
let charger: RawCharger;

beforeEach(async () => {
  site = await startTestSite();
  charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp2.0.1'] });
});
afterEach(async () => {
  await charger.close();
  await site.cleanUp();
});

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();
const at = (evse: number) => ({ evse: { id: evse, connectorId: 1 } });
const wh = (value: unknown, seconds: number, more: object = {}) => ({
  meterValue: [{ timestamp: ago(seconds), sampledValue: [{ value, unitOfMeasure: { unit: 'Wh' }, ...more }] }],
});
const state = (chargingState: string) => ({ info: { chargingState } });

/** An event of transaction T1; every one is numbered 0. */
async function tell(eventType: string, triggerReason: string, seconds: number, ...parts: object[]): Promise<unknown> {
  const { info = {}, ...rest } = Object.assign({}, ...parts) as { info?: object };
  const payload = {
    eventType,
    triggerReason,
    timestamp: ago(seconds),
    seqNo: 0,
    transactionInfo: { transactionId: 'T1', ...info },
    ...rest,
  };
  const [type, , answer] = await charger.call('TransactionEvent', payload);
  expect(type).toBe(3);
  return answer;
}

const boot = () =>
  charger.call('BootNotification', { reason: 'PowerUp', chargingStation: { model: 'M', vendorName: 'V' } });
const transactions = () => listTransactions(site.gateway, ALL).items;
const sessions = () => listSessions(site.gateway, ALL).items;
const bills = () => listCdrs(site.gateway, ALL).items.map(({ energyWh, token }) => [token.uid, energyWh]);
const aside = () => listQuarantine(site.gateway, ALL).items.map(({ reason }) => reason);
async function deviations(): Promise<string[]> {
  await flushDiagnostics(site.gateway);
  return (findCharger(site.gateway, 'BAY-1')?.deviations ?? []).map(({ code }) => code);
}

describe('Q48: order', () => {
  test('Q48: a start that comes after its end is kept aside and begins nothing', async () => {
    await tell('Ended', 'EVDeparted', 10, at(1), { idToken: CARD }, wh(3000, 10));
    await tell('Started', 'Authorized', 60, at(1), { idToken: CARD }, wh(1000, 60));
    expect(transactions()).toHaveLength(1);
    expect(aside()).toEqual(['transaction T1 has ended already']);
  });

  test('Q48: an old reading that is told again does not turn back what the EVSE does', async () => {
    await tell('Started', 'Authorized', 300, at(1), { idToken: CARD }, wh(1000, 300), state('Charging'));
    await tell('Updated', 'MeterValuePeriodic', 240, wh(2000, 240), state('Charging'));
    await tell('Updated', 'ChargingStateChanged', 120, state('SuspendedEV'));
    await tell('Updated', 'MeterValuePeriodic', 240, wh(2000, 240), state('Charging'), { offline: true });
    expect(findCharger(site.gateway, 'BAY-1')?.evses).toMatchObject([{ status: 'SuspendedEV' }, {}]);
    expect(await deviations()).toContain('EVENT_OUT_OF_ORDER');
  });

  test('Q48: two events of one second under one number are two where they say different things', async () => {
    await tell('Started', 'CablePluggedIn', 60, at(1), wh(1000, 60));
    const second = ago(50);
    const change = (chargingState: string) =>
      charger.call('TransactionEvent', {
        eventType: 'Updated',
        triggerReason: 'ChargingStateChanged',
        timestamp: second,
        seqNo: 0,
        transactionInfo: { transactionId: 'T1', chargingState },
      });
    await change('EVConnected');
    await change('Charging');
    expect(transactions()).toMatchObject([{ wireId: 'T1', meterStart: 1000 }]);
  });

  test('Q48: an end that comes twice with other figures leaves the bill as it is', async () => {
    await tell('Started', 'Authorized', 300, at(1), { idToken: CARD }, wh(1000, 300));
    await tell('Ended', 'EVDeparted', 20, wh(3000, 20));
    await tell('Ended', 'EVDeparted', 10, wh(9000, 10));
    await tell('Updated', 'MeterValuePeriodic', 5, wh(9500, 5));
    expect(bills()).toEqual([['CARD1', 2000]]);
    expect(aside()).toEqual(['transaction T1 has ended already']);
  });
});

describe('Q48: ids', () => {
  test('Q48: an id that is used again after a boot, where the first end never came, is another transaction', async () => {
    await boot();
    await tell('Started', 'Authorized', 300, at(1), { idToken: CARD }, wh(1000, 300));
    await tell('Updated', 'MeterValuePeriodic', 240, wh(2000, 240));
    await boot();
    await tell('Started', 'Authorized', 60, at(1), { idToken: CARD }, wh(2500, 60));
    await tell('Ended', 'EVDeparted', 1, wh(4000, 1));
    expect(bills()).toEqual([
      ['CARD1', 1500],
      ['CARD1', 1500],
    ]);
    expect(await deviations()).toContain('TRANSACTION_ID_REUSED');
  });

  test('Q48: what was read before a boot and is told after it, under an id that another has by now, is kept aside', async () => {
    await boot();
    await tell('Started', 'Authorized', 300, at(1), { idToken: { idToken: 'BLOCKED1', type: 'Central' } });
    await boot();
    await tell('Started', 'CablePluggedIn', 60, at(1));
    await tell('Updated', 'MeterValuePeriodic', 240, wh(1000, 240), { offline: true });
    expect(aside()).toEqual(['readings from before what was told of transaction T1, which has not begun']);
  });

  test('Q48: two starts of one transaction, without a boot between them, are of that one', async () => {
    await tell('Started', 'CablePluggedIn', 300, at(1), wh(1000, 300));
    await tell('Updated', 'Authorized', 290, { idToken: CARD });
    await tell('Started', 'ChargingStateChanged', 280, at(1), state('Charging'));
    await tell('Ended', 'EVDeparted', 1, wh(4000, 1));
    expect(bills()).toEqual([['CARD1', 3000]]);
  });
});

describe('Q48: places', () => {
  test('Q48: what a cable showed at one meter is not billed up to what another shows under the same id', async () => {
    await tell('Started', 'CablePluggedIn', 60, at(1), wh(1000, 60));
    await tell('Updated', 'Authorized', 30, at(2), { idToken: CARD }, wh(900_000, 30));
    await tell('Ended', 'EVDeparted', 1, at(2), wh(901_000, 1));
    expect(bills()).toEqual([['CARD1', 1000]]);
  });

  test('Q48: one that never said where it is does not end what runs elsewhere', async () => {
    await tell('Started', 'Authorized', 300, at(1), { idToken: CARD }, wh(1000, 300));
    await charger.call('TransactionEvent', {
      eventType: 'Updated',
      triggerReason: 'ChargingStateChanged',
      timestamp: ago(200),
      seqNo: 4,
      transactionInfo: { transactionId: 'T2', chargingState: 'Charging' },
    });
    expect(transactions()).toMatchObject([
      { wireId: 'T1', evse: 1, stopReceivedAt: null },
      { wireId: 'T2', evse: 2, stopReceivedAt: null },
    ]);
  });

  test('Q48: an EVSE that changes during a transaction is noted, and its readings count', async () => {
    await tell('Started', 'Authorized', 300, at(1), { idToken: CARD }, wh(1000, 300));
    await tell('Ended', 'EVDeparted', 1, at(2), wh(4000, 1));
    expect(bills()).toEqual([['CARD1', 3000]]);
    expect(await deviations()).toContain('EVSE_CHANGED');
  });
});

describe('Q48: cards', () => {
  test('Q48: a card that comes while energy flows already has the whole of it, in one bill', async () => {
    await tell('Started', 'CablePluggedIn', 300, at(1), wh(1000, 300));
    await tell('Updated', 'ChargingStateChanged', 290, state('Charging'));
    await tell('Updated', 'MeterValuePeriodic', 200, wh(1500, 200));
    expect(await tell('Updated', 'Authorized', 190, { idToken: CARD })).toMatchObject({
      idTokenInfo: { status: 'Accepted' },
    });
    await tell('Ended', 'EVDeparted', 1, wh(4000, 1));
    expect(bills()).toEqual([['CARD1', 3000]]);
    expect(sessions().map(({ status, energyWh }) => [status, energyWh])).toEqual([
      ['INVALID', 0],
      ['COMPLETED', 3000],
    ]);
  });

  test('Q48: a card that is told with the end alone is that of a charge of which none was told', async () => {
    await tell('Started', 'CablePluggedIn', 300, at(1), wh(1000, 300));
    await tell('Updated', 'ChargingStateChanged', 290, state('Charging'));
    await tell('Ended', 'StopAuthorized', 1, { idToken: CARD }, wh(4000, 1));
    expect(bills()).toEqual([['CARD1', 3000]]);
  });

  test('Q48: a second card pays where the first was refused, and does not where it was not', async () => {
    await tell(
      'Started',
      'Authorized',
      300,
      at(1),
      { idToken: { idToken: 'BLOCKED1', type: 'Central' } },
      wh(1000, 300),
    );
    await tell('Updated', 'Authorized', 250, { idToken: CARD });
    await tell('Updated', 'Authorized', 240, { idToken: { idToken: 'BLOCKED1', type: 'Central' } });
    await tell('Ended', 'EVDeparted', 1, wh(4000, 1));
    expect(bills()).toEqual([['CARD1', 3000]]);
  });
});

describe('Q48: meters', () => {
  test('Q48: energy that flows without a card and without a state is billed from the first reading on', async () => {
    await tell('Started', 'CablePluggedIn', 300, at(1), wh(1000, 300));
    await tell('Updated', 'MeterValuePeriodic', 240, wh(1000, 240));
    expect(transactions()).toEqual([]);
    await tell('Updated', 'MeterValuePeriodic', 180, wh(3000, 180));
    await tell('Ended', 'EVDeparted', 1, wh(4000, 1));
    expect(transactions()).toMatchObject([{ meterStart: 1000, meterStop: 4000 }]);
    expect(bills()).toMatchObject([[expect.any(String), 3000]]);
  });

  test('Q48: what the meter signed when the cable came in is on the bill of the card that came later', async () => {
    await tell(
      'Started',
      'CablePluggedIn',
      300,
      at(1),
      wh(1000, 300, { context: 'Transaction.Begin', signedMeterValue: SIGNED }),
    );
    await tell('Updated', 'Authorized', 250, { idToken: CARD });
    await tell('Ended', 'EVDeparted', 1, wh(4000, 1));
    const { body } = await site.ocpiGet('/cpo/2.2.1/cdrs?date_from=2020-01-01T00:00:00Z');
    expect(JSON.stringify(body.data)).toContain(SIGNED.signedMeterData);
  });

  test('Q48: the first of the readings beside the events tells where the meter stood, where no event did', async () => {
    await tell('Started', 'Authorized', 300, at(1), { idToken: CARD });
    await charger.call('MeterValues', { evseId: 1, ...wh(5_000_000, 200) });
    expect(sessions()).toMatchObject([{ energyWh: 0 }]);
    await tell('Ended', 'EVDeparted', 1, wh(5_002_000, 1));
    expect(bills()).toEqual([['CARD1', 2000]]);
  });

  test('Q48: without any reading nothing flowed, also where the next one tells where the meter stands', async () => {
    await tell('Started', 'Authorized', 3600, at(1), { idToken: CARD });
    const next = {
      eventType: 'Started',
      triggerReason: 'CablePluggedIn',
      timestamp: ago(60),
      seqNo: 0,
      transactionInfo: { transactionId: 'T2', chargingState: 'Charging' },
      ...at(1),
      ...wh(1000, 60),
    };
    await charger.call('TransactionEvent', next);
    expect(bills()).toEqual([['CARD1', 0]]);
  });

  test('Q48: an end of which nothing else was told, without a card, is kept aside', async () => {
    await tell('Ended', 'EVDeparted', 1, at(1), wh(4000, 1));
    expect([transactions(), aside()]).toEqual([[], ['nothing is billed: its start was never told']]);
  });
});

describe('Q48: fields', () => {
  test('Q48: a card without its type, an event without number or trigger: what they say counts', async () => {
    const transactionInfo = { transactionId: 'T1' };
    const started = {
      eventType: 'Started',
      timestamp: ago(60),
      transactionInfo,
      idToken: { idToken: 'CARD1' },
      ...at(1),
      ...wh(1000, 60),
    };
    expect((await charger.call('TransactionEvent', started))[2]).toMatchObject({ idTokenInfo: { status: 'Accepted' } });
    expect((await charger.call('Authorize', { idToken: { idToken: 'CARD1' } }))[2]).toMatchObject({
      idTokenInfo: { status: 'Accepted' },
    });
    await tell('Ended', 'EVDeparted', 1, wh(4000, 1));
    expect(bills()).toEqual([['CARD1', 3000]]);
    expect(await deviations()).toContain('ABSENT:TransactionEvent.req/idToken/type');
  });

  test('Q48: one value that cannot be read takes no other with it, and the whole is kept aside', async () => {
    await tell('Started', 'Authorized', 60, at(1), { idToken: CARD }, wh(1000, 60));
    const sampledValue = [
      { value: null, measurand: 'SoC' },
      { value: 4000, unitOfMeasure: { unit: 'Wh' } },
    ];
    await tell('Ended', 'EVDeparted', 1, { meterValue: [{ sampledValue }], info: { timeSpentCharging: 'long' } });
    expect(bills()).toEqual([['CARD1', 3000]]);
    expect(aside()).toMatchObject([expect.stringContaining('applied without')]);
  });

  test('Q48: over 1.6 it is refused by name', async () => {
    const other = await createRawCharger(`${site.urls.ocpp}BAY-2`, { protocols: ['ocpp1.6'] });
    expect(await other.call('TransactionEvent', { eventType: 'Started' })).toMatchObject({ 0: 4, 2: 'NotImplemented' });
    await other.close();
  });
});
