/** OCPP 2.0.1 and 2.1: sessions from the cable to the bill, over sockets, by frames written by hand. */
import { afterEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { listDecisions } from '../../gateway/decisions.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 100 };

let site: TestSite;
const open: RawCharger[] = [];

afterEach(async () => {
  for (const charger of open.splice(0)) await charger.close();
  await site.cleanUp();
});

async function dial(id: string, protocol: string): Promise<RawCharger> {
  const charger = await createRawCharger(site.urls.ocpp + id, { protocols: [protocol] });
  expect(charger.protocol).toBe(protocol);
  open.push(charger);
  return charger;
}

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

const register = (kwh: number, seconds: number, context = 'Sample.Periodic') => ({
  timestamp: ago(seconds),
  sampledValue: [
    { value: kwh, context, measurand: 'Energy.Active.Import.Register', unitOfMeasure: { unit: 'kWh' } },
    { value: 11, context, measurand: 'Power.Active.Import', unitOfMeasure: { unit: 'W', multiplier: 3 } },
  ],
});

const CARD = { idToken: 'CARD1', type: 'Central' };
const place = { evse: { id: 1, connectorId: 1 } };

/** An event of transaction T1, numbered as they come. */
function teller(charger: RawCharger) {
  let seqNo = 0;
  return (eventType: string, triggerReason: string, seconds: number, more: Record<string, unknown> = {}) => {
    const { info = {}, ...rest } = more as { info?: object };
    const payload = {
      eventType,
      triggerReason,
      timestamp: ago(seconds),
      seqNo: seqNo++,
      transactionInfo: { transactionId: 'T1', ...info },
      ...rest,
    };
    return { payload, answer: charger.call('TransactionEvent', payload) };
  };
}

const sessions = () => listSessions(site.gateway, ALL).items;
const transactions = () => listTransactions(site.gateway, ALL).items;
const evseStatus = async (): Promise<unknown> => {
  const answer = await fetch(`${site.urls.console}api/chargers/BAY-1`);
  const { evses } = (await answer.json()) as { evses: { evse: number; status: string }[] };
  return evses.find(({ evse }) => evse === 1)?.status;
};

describe.each(['ocpp2.0.1', 'ocpp2.1'])('a charging session over %s', (protocol) => {
  test('goes from cable to frozen CDR, the price shown at the charger, and OCPI shows each step', async () => {
    site = await startTestSite();
    const charger = await dial('BAY-1', protocol);
    const boot = { reason: 'PowerUp', chargingStation: { model: 'M', vendorName: 'V', firmwareVersion: '1' } };
    expect((await charger.call('BootNotification', boot))[2]).toMatchObject({ status: 'Accepted', interval: 300 });
    const status = (connectorStatus: string) =>
      charger.call('StatusNotification', { timestamp: ago(0), connectorStatus, evseId: 1, connectorId: 1 });
    await status('Available');
    expect(await evseStatus()).toBe('Available');

    const tell = teller(charger);
    await status('Occupied');
    const plugged = { ...place, info: { chargingState: 'EVConnected' }, meterValue: [register(1, 3600)] };
    expect((await tell('Started', 'CablePluggedIn', 3600, plugged).answer)[2]).toEqual({});
    expect([transactions(), sessions()]).toEqual([[], []]);

    const authorized = await tell('Updated', 'Authorized', 3590, { idToken: CARD }).answer;
    expect(authorized[2]).toMatchObject({ idTokenInfo: { status: 'Accepted' } });
    expect(sessions()).toMatchObject([{ status: 'ACTIVE', energyWh: 0, token: { uid: 'CARD1' } }]);
    await tell('Updated', 'ChargingStateChanged', 3580, { info: { chargingState: 'Charging' } }).answer;
    expect(await evseStatus()).toBe('Charging');

    const reading = await tell('Updated', 'MeterValuePeriodic', 1800, { meterValue: [register(6, 1800)] }).answer;
    // 5 SEK and 5 kWh at 3.20, with 25 %.
    expect(reading[2]).toEqual({ totalCost: 26.25 });
    const running = await site.ocpiGet('/cpo/2.3.0/sessions?date_from=2020-01-01T00:00:00Z');
    expect(running.body.data).toMatchObject([{ status: 'ACTIVE', kwh: 5, cdr_token: { uid: 'CARD1' } }]);

    const stop = { idToken: CARD, meterValue: [register(21, 0, 'Transaction.End')], info: { stoppedReason: 'Local' } };
    expect((await tell('Ended', 'StopAuthorized', 0, stop).answer)[2]).toEqual({
      totalCost: 86.25,
      idTokenInfo: { status: 'Accepted' },
    });
    expect(transactions()).toMatchObject([
      { wireId: 'T1', evse: 1, connector: 1, meterStart: 1000, meterStop: 21000, stopReason: 'Local' },
    ]);
    expect(listCdrs(site.gateway, ALL).items).toMatchObject([
      { energyWh: 20000, cost: { total: { beforeTaxes: '69.00', afterTaxes: '86.25' } } },
    ]);
    // The vehicle still stands there.
    expect(await evseStatus()).toBe('Finishing');
    await status('Available');
    expect(await evseStatus()).toBe('Available');
  });

  test('the same event again changes nothing and gets the same answer', async () => {
    site = await startTestSite();
    const charger = await dial('BAY-1', protocol);
    const tell = teller(charger);
    const told = [
      tell('Started', 'Authorized', 600, { ...place, idToken: CARD, meterValue: [register(1, 600)] }),
      tell('Updated', 'MeterValuePeriodic', 300, { meterValue: [register(3, 300)] }),
      tell('Ended', 'EVDeparted', 0, { meterValue: [register(5, 0)], info: { stoppedReason: 'EVDisconnected' } }),
    ];
    const answers = [];
    for (const { answer } of told) answers.push((await answer)[2]);
    const before = [transactions(), sessions(), listCdrs(site.gateway, ALL).items];
    for (const [at, { payload }] of told.entries())
      expect([at, (await charger.call('TransactionEvent', payload))[2]]).toEqual([
        at,
        at === 1 ? answers[2] : answers[at],
      ]);
    expect([transactions(), sessions(), listCdrs(site.gateway, ALL).items]).toEqual(before);
    expect(listQuarantine(site.gateway, ALL).items).toEqual([]);
  });

  test('a refused card begins nothing, and another may be held to the same cable', async () => {
    site = await startTestSite();
    const charger = await dial('BAY-1', protocol);
    const tell = teller(charger);
    await tell('Started', 'CablePluggedIn', 60, { ...place, info: { chargingState: 'EVConnected' } }).answer;
    const refused = await tell('Updated', 'Authorized', 50, { idToken: { idToken: 'BLOCKED1', type: 'Central' } })
      .answer;
    expect(refused[2]).toMatchObject({ idTokenInfo: { status: 'Blocked' } });
    expect([transactions(), sessions()]).toEqual([[], []]);
    const accepted = await tell('Updated', 'Authorized', 40, { idToken: CARD, meterValue: [register(7, 40)] }).answer;
    expect(accepted[2]).toMatchObject({ idTokenInfo: { status: 'Accepted' } });
    expect(transactions()).toMatchObject([{ tokenUid: 'CARD1', meterStart: 7000 }]);
    expect(listDecisions(site.gateway, 10).map(({ verdict }) => verdict)).toEqual(['accepted', 'blocked']);
  });

  test('a cable that comes and goes is no transaction', async () => {
    site = await startTestSite();
    const charger = await dial('BAY-1', protocol);
    const tell = teller(charger);
    await tell('Started', 'CablePluggedIn', 60, { ...place, meterValue: [register(1, 60)] }).answer;
    await tell('Ended', 'EVDeparted', 0, { meterValue: [register(1, 0)] }).answer;
    expect([transactions(), sessions()]).toEqual([[], []]);
  });

  test('energy that flows without a card is billed to nobody unseen: it has a session', async () => {
    site = await startTestSite();
    const charger = await dial('BAY-1', protocol);
    const tell = teller(charger);
    await tell('Started', 'CablePluggedIn', 60, { ...place, meterValue: [register(1, 60)] }).answer;
    await tell('Updated', 'ChargingStateChanged', 50, { info: { chargingState: 'Charging' } }).answer;
    await tell('Ended', 'EVDeparted', 0, { meterValue: [register(3, 0)] }).answer;
    expect(transactions()).toMatchObject([{ tokenUid: '', meterStart: 1000, meterStop: 3000 }]);
    expect(sessions()).toMatchObject([{ status: 'COMPLETED', energyWh: 2000 }]);
  });
});

describe('Q48: events that leave things out', () => {
  test('the end alone, with the readings of both ends, makes the whole transaction', async () => {
    site = await startTestSite();
    const charger = await dial('BAY-1', 'ocpp2.0.1');
    const tell = teller(charger);
    const meterValue = [register(1, 1200, 'Transaction.Begin'), register(4, 0, 'Transaction.End')];
    await tell('Ended', 'EVDeparted', 0, { ...place, offline: true, idToken: CARD, meterValue }).answer;
    expect(transactions()).toMatchObject([{ tokenUid: 'CARD1', meterStart: 1000, meterStop: 4000 }]);
    const [cdr] = listCdrs(site.gateway, ALL).items;
    expect([cdr?.energyWh, Math.round(((cdr?.endedAt ?? 0) - (cdr?.startedAt ?? 0)) / 1000)]).toEqual([3000, 1200]);
  });

  test('number 0 in every event: they are told apart by what they say', async () => {
    site = await startTestSite();
    const charger = await dial('BAY-1', 'ocpp2.0.1');
    const event = (eventType: string, triggerReason: string, seconds: number, more: object) =>
      charger.call('TransactionEvent', {
        eventType,
        triggerReason,
        timestamp: ago(seconds),
        seqNo: 0,
        transactionInfo: { transactionId: 'Z' },
        ...more,
      });
    await event('Started', 'Authorized', 60, { ...place, idToken: CARD, meterValue: [register(1, 60)] });
    await event('Updated', 'MeterValuePeriodic', 30, { meterValue: [register(2, 30)] });
    await event('Ended', 'StopAuthorized', 0, { meterValue: [register(3, 0)] });
    expect(transactions()).toMatchObject([{ wireId: 'Z', meterStop: 3000 }]);
  });

  test('an id that is given to another transaction after a reboot is another transaction', async () => {
    site = await startTestSite();
    const charger = await dial('BAY-1', 'ocpp2.0.1');
    for (const [from, to, seconds] of [
      [1, 2, 600],
      [2, 5, 60],
    ] as const) {
      const tell = teller(charger);
      await tell('Started', 'Authorized', seconds, { ...place, idToken: CARD, meterValue: [register(from, seconds)] })
        .answer;
      await tell('Ended', 'StopAuthorized', seconds - 30, { meterValue: [register(to, seconds - 30)] }).answer;
    }
    expect(transactions().map(({ meterStart, meterStop }) => [meterStart, meterStop])).toEqual([
      [1000, 2000],
      [2000, 5000],
    ]);
  });

  test('readings that come first where none was told at the start: what flowed before is the driver’s gain', async () => {
    site = await startTestSite();
    const charger = await dial('BAY-1', 'ocpp2.0.1');
    const tell = teller(charger);
    await tell('Started', 'Authorized', 60, { ...place, idToken: CARD }).answer;
    await tell('Updated', 'MeterValuePeriodic', 30, { meterValue: [register(5000, 30)] }).answer;
    await tell('Ended', 'StopAuthorized', 0, { meterValue: [register(5001, 0)] }).answer;
    expect(listCdrs(site.gateway, ALL).items).toMatchObject([{ energyWh: 1000 }]);
  });

  test('an event that cannot be read is acknowledged and kept', async () => {
    site = await startTestSite();
    const charger = await dial('BAY-1', 'ocpp2.0.1');
    expect((await charger.call('TransactionEvent', { eventType: 'Started' }))[2]).toEqual({});
    expect(listQuarantine(site.gateway, ALL).items).toMatchObject([{ action: 'TransactionEvent' }]);
    expect(await charger.call('Nonsense', {})).toMatchObject({ 0: 4, 2: 'NotImplemented' });
    expect(await charger.call('Authorize', {})).toMatchObject({ 0: 4, 2: 'OccurrenceConstraintViolation' });
  });
});
