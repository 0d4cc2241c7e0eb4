import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { chargegate, type Done } from './harness.ts';

const STARTED = Date.UTC(2026, 10, 21, 12);

let site: TestSite;
let charger: RawCharger;
let now = STARTED;

beforeAll(async () => {
  site = await startTestSite({ clock: () => now });
  charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
});
afterAll(async () => {
  await charger.close();
  await site.cleanUp();
});

const run = (...args: string[]): Promise<Done> => chargegate(['transactions', ...args, '--url', site.urls.console]);

describe('Q43: transactions at the command line', () => {
  it('shows a stop that is owed, and closes it', async () => {
    const timestamp = new Date(STARTED).toISOString();
    await charger.call('StartTransaction', { connectorId: 1, idTag: 'CARD1', meterStart: 1000, timestamp });
    now += 60_000;
    await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
    expect(findCharger(site.gateway, 'BAY-1')?.evses[0]?.status).toBe('Available');
    now += 120_000;
    expect(await run()).toMatchObject({
      code: 0,
      out: expect.stringMatching(/BAY-1 .* stop pending since 2026-11-21/),
    });
    const [open] = listTransactions(site.gateway, { offset: 0, limit: 1 }).items;
    expect(await run('close', open?.id ?? '')).toMatchObject({
      code: 0,
      out: `transaction ${open?.id} ended, by estimate, at 1000 Wh\n`,
    });
    expect(await run('close', open?.id ?? '')).toMatchObject({
      code: 1,
      err: expect.stringContaining('[TRANSACTION_ENDED]'),
    });
    const { out } = await run('--json');
    expect(JSON.parse(out)).toMatchObject({ items: [{ stopReason: 'ClosedByOperator', stopEstimated: true }] });
  });
});
