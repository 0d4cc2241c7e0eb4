import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { expectContract } from '../contract/ocpi/check.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

let site: TestSite;
let charger: RawCharger;

beforeEach(async () => {
  site = await startTestSite();
  charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
});
afterEach(async () => {
  await charger.close();
  await site.cleanUp();
});

const signed = (reading: number): string =>
  `OCMF|{"FV":"1.0","GI":"Größe","RD":[{"RV":${reading},"RU":"kWh"}]}|{"SD":"3046"}`;

test('what the meter signed goes into the CDR to the byte, with whether it is of the start or the end', async () => {
  const value = (reading: number, context: string) => ({ value: signed(reading), context, format: 'SignedData' });
  const timestamp = new Date(Date.now() - 60_000).toISOString();
  const started = await charger.call('StartTransaction', { connectorId: 1, idTag: 'CARD1', meterStart: 0, timestamp });
  const { transactionId } = started[2] as { transactionId: number };
  await charger.call('StopTransaction', {
    transactionId,
    meterStop: 5000,
    timestamp: new Date().toISOString(),
    transactionData: [
      { timestamp, sampledValue: [value(0.1, 'Transaction.Begin')] },
      { timestamp: new Date().toISOString(), sampledValue: [value(5.1, 'Transaction.End')] },
    ],
  });
  const { body } = await site.ocpiGet('/cpo/2.3.0/cdrs');
  const [cdr] = body.data as { signed_data: { encoding_method: string; signed_values: Record<string, string>[] } }[];
  expectContract('2.3.0', 'cdr', cdr);
  expect(cdr?.signed_data.encoding_method).toBe('OCMF');
  expect(
    cdr?.signed_data.signed_values.map(({ nature, signed_data = '' }) => [
      nature,
      Buffer.from(signed_data, 'base64').toString('utf8'),
    ]),
  ).toEqual([
    ['Start', signed(0.1)],
    ['End', signed(5.1)],
  ]);
});

test('a CDR of a meter that signs nothing has none', async () => {
  const timestamp = new Date().toISOString();
  const started = await charger.call('StartTransaction', { connectorId: 1, idTag: 'CARD1', meterStart: 0, timestamp });
  const { transactionId } = started[2] as { transactionId: number };
  await charger.call('StopTransaction', { transactionId, meterStop: 10, timestamp });
  const { body } = await site.ocpiGet('/cpo/2.2.1/cdrs');
  expect((body.data as object[])[0]).not.toHaveProperty('signed_data');
});
