/** Which OCPP version a charger is spoken with, and what becomes of transactions when that changes under way. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { listQuarantine } from '../../gateway/quarantine.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 100 };

let site: TestSite;
const open: RawCharger[] = [];

beforeEach(async () => {
  site = await startTestSite();
});
afterEach(async () => {
  for (const charger of open.splice(0)) await charger.close();
  await site.cleanUp();
});

async function dial(...protocols: string[]): Promise<RawCharger> {
  const charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols });
  open.push(charger);
  return charger;
}

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

const boot16 = (charger: RawCharger) =>
  charger.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
const boot2 = (charger: RawCharger) =>
  charger.call('BootNotification', { reason: 'PowerUp', chargingStation: { model: 'M', vendorName: 'V' } });

async function start16(charger: RawCharger, meterStart: number, seconds: number): Promise<number> {
  const start = { connectorId: 1, idTag: 'CARD1', meterStart, timestamp: ago(seconds) };
  const [, , answer] = await charger.call('StartTransaction', start);
  return (answer as { transactionId: number }).transactionId;
}

async function tell(
  charger: RawCharger,
  id: string,
  eventType: string,
  value: number,
  seconds: number,
  more: object = {},
) {
  const payload = {
    eventType,
    triggerReason: 'Trigger',
    timestamp: ago(seconds),
    seqNo: 0,
    transactionInfo: { transactionId: id },
    meterValue: [{ timestamp: ago(seconds), sampledValue: [{ value, unitOfMeasure: { unit: 'Wh' } }] }],
    ...more,
  };
  expect((await charger.call('TransactionEvent', payload))[0]).toBe(3);
}

const begun = { evse: { id: 1, connectorId: 1 }, idToken: { idToken: 'CARD1', type: 'Central' } };
const bills = () => listCdrs(site.gateway, ALL).items.map(({ energyWh }) => energyWh);
const wireIds = () => listTransactions(site.gateway, ALL).items.map(({ wireId }) => wireId);

describe('several versions are offered', () => {
  test('in the order of its preference, in its own spelling', async () => {
    expect((await dial('ocpp2.1', 'ocpp2.0.1', 'ocpp1.6')).protocol).toBe('ocpp2.1');
    expect((await dial('OCPP2.0.1J', 'ocpp1.6')).protocol).toBe('OCPP2.0.1J');
    expect((await dial('ocpp2.2', 'ocpp201')).protocol).toBe('ocpp201');
  });

  test('Q3: what it spoke last, while it offers that; else in its own order again', async () => {
    await boot16(await dial('ocpp1.6'));
    const both = ['ocpp2.0.1', 'ocpp1.6'];
    expect((await dial(...both)).protocol).toBe('ocpp1.6');
    const updated = await dial('ocpp2.1', 'ocpp2.0.1');
    expect(updated.protocol).toBe('ocpp2.1');
    await boot2(updated);
    expect((await dial('ocpp1.6', 'ocpp2.0.1', 'ocpp2.1')).protocol).toBe('ocpp2.1');
    expect((await dial(...both)).protocol).toBe('ocpp2.0.1');
  });

  test('one that offers nothing speaks what it spoke last', async () => {
    await boot2(await dial('ocpp2.1'));
    const silent = await dial();
    expect(silent.protocol).toBe('');
    expect((await boot2(silent))[2]).toMatchObject({ status: 'Accepted' });
    expect(
      await silent.call('StatusNotification', {
        timestamp: ago(0),
        connectorStatus: 'Available',
        evseId: 1,
        connectorId: 1,
      }),
    ).toMatchObject({ 0: 3, 2: {} });
  });

  test('default-protocol goes where nothing is known; `protocol` of a charger whatever it offers', async () => {
    const other = await startTestSite({
      yaml: `ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, default-protocol: ocpp2.1, provisioning: false }
chargers:
  - { id: PINNED, evses: [{ id: 1, connectors: [{ id: 1 }] }], quirks: { protocol: ocpp2.0.1 } }
`,
    });
    const of = async (id: string, protocols: string[]) => {
      const charger = await createRawCharger(other.urls.ocpp + id, { protocols });
      await charger.call('Heartbeat', {});
      const spoken = other.gateway.connections.find(id)?.protocol;
      await charger.close();
      return [charger.protocol, spoken];
    };
    expect(await of('NEW', [])).toEqual(['', 'ocpp2.1']);
    expect(await of('PINNED', ['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'])).toEqual(['ocpp2.0.1', 'ocpp2.0.1']);
    expect(await of('PINNED', ['ocpp1.6'])).toEqual(['ocpp1.6', 'ocpp2.0.1']);
    await other.cleanUp();
  });
});

describe('another version than before, while a transaction runs', () => {
  test('1.6 to 2.0.1: the end under the number that we gave ends that one, and is billed once', async () => {
    const number = await start16(await dial('ocpp1.6'), 1000, 3600);
    const updated = await dial('ocpp2.0.1');
    await boot2(updated);
    await tell(updated, String(number), 'Updated', 2000, 1800);
    await tell(updated, String(number), 'Ended', 4000, 10);
    await tell(updated, String(number), 'Ended', 4000, 10);
    expect([wireIds(), bills()]).toEqual([[String(number)], [3000]]);
  });

  test('1.6 to 2.0.1: where its end is never told, the next one tells where the meter stood', async () => {
    const number = await start16(await dial('ocpp1.6'), 1000, 3600);
    const updated = await dial('ocpp2.0.1');
    await boot2(updated);
    await tell(updated, 'T', 'Started', 4000, 60, begun);
    await tell(updated, 'T', 'Ended', 5000, 10);
    expect([wireIds(), bills()]).toEqual([
      [String(number), 'T'],
      [3000, 1000],
    ]);
  });

  test('1.6 to 2.0.1: a transaction of its own under a number that we gave once is another one', async () => {
    const before = await dial('ocpp1.6');
    const number = await start16(before, 1000, 3600);
    await before.call('StopTransaction', { transactionId: number, meterStop: 2000, timestamp: ago(3000) });
    const updated = await dial('ocpp2.0.1');
    await tell(updated, String(number), 'Started', 2000, 600, begun);
    await tell(updated, String(number), 'Ended', 5000, 10);
    expect(bills()).toEqual([1000, 3000]);
    expect(listQuarantine(site.gateway, ALL).items).toEqual([]);
  });

  test('2.0.1 to 1.6: a number that the charger used itself is given to nobody', async () => {
    const before = await dial('ocpp2.0.1');
    for (const id of ['1', '2', '3']) {
      await tell(before, id, 'Started', 1000 * Number(id), 600 - Number(id), begun);
      await tell(before, id, 'Ended', 1000 * Number(id) + 500, 500 - Number(id));
    }
    const back = await dial('ocpp1.6');
    const number = await start16(back, 4000, 60);
    expect(['1', '2', '3']).not.toContain(String(number));
    await back.call('StopTransaction', { transactionId: number, meterStop: 4700, timestamp: ago(1) });
    expect(bills()).toEqual([500, 500, 500, 700]);
  });

  test('2.0.1 to 1.6: what runs is ended by the next start, at its register', async () => {
    await tell(await dial('ocpp2.0.1'), 'T', 'Started', 1000, 3600, begun);
    const back = await dial('ocpp1.6');
    await boot16(back);
    await start16(back, 3000, 10);
    expect(bills()).toEqual([2000]);
  });
});
