import { afterEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
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

async function dial(id: string): Promise<RawCharger> {
  const charger = await createRawCharger(site.urls.ocpp + id, { protocols: ['ocpp1.6'] });
  open.push(charger);
  return charger;
}

const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

describe('a charging session over OCPP 1.6', () => {
  test('goes from plug to frozen CDR, and OCPI shows each step', async () => {
    site = await startTestSite();
    const charger = await dial('BAY-1');
    expect(await charger.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' })).toMatchObject([
      3,
      expect.anything(),
      { status: 'Accepted', interval: 300 },
    ]);
    await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Preparing' });
    expect(await charger.call('Authorize', { idTag: 'card1' })).toMatchObject([
      3,
      expect.anything(),
      { idTagInfo: { status: 'Accepted' } },
    ]);
    const start = await charger.call('StartTransaction', {
      connectorId: 1,
      idTag: 'CARD1',
      meterStart: 1000,
      timestamp: ago(3600),
    });
    expect(start[2]).toEqual({ transactionId: 1, idTagInfo: { status: 'Accepted' } });
    await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging' });
    await charger.call('MeterValues', {
      connectorId: 1,
      transactionId: 1,
      meterValue: [{ timestamp: ago(1800), sampledValue: [{ value: '6.000', unit: 'kWh' }] }],
    });
    expect(listSessions(site.gateway, ALL).items).toMatchObject([{ status: 'ACTIVE', energyWh: 5000 }]);
    const running = await site.ocpiGet('/cpo/2.3.0/sessions?date_from=2020-01-01T00:00:00Z');
    expect(running.body.data).toMatchObject([{ status: 'ACTIVE', kwh: 5, cdr_token: { uid: 'CARD1' } }]);

    const stop = await charger.call('StopTransaction', {
      transactionId: 1,
      meterStop: 21000,
      timestamp: ago(0),
      idTag: 'CARD1',
    });
    expect(stop[2]).toEqual({ idTagInfo: { status: 'Accepted' } });
    expect(listTransactions(site.gateway, ALL).items).toMatchObject([{ meterStop: 21000, stopReason: 'Local' }]);
    expect(listCdrs(site.gateway, ALL).items).toMatchObject([
      { energyWh: 20000, cost: { total: { beforeTaxes: '69.00', afterTaxes: '86.25' } } },
    ]);
    const bill = await site.ocpiGet('/cpo/2.2.1/cdrs');
    expect(bill.body.data).toMatchObject([{ total_energy: 20, total_cost: { excl_vat: 69, incl_vat: 86.25 } }]);
  });
});
