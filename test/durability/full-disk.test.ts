import { afterEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { readiness } from '../../gateway/health.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 10_000 };

let site: TestSite;
afterEach(() => site.cleanUp());

const dial = (id: string): Promise<RawCharger> => createRawCharger(site.urls.ocpp + id, { protocols: ['ocpp1.6'] });

const started = (n: number): Record<string, unknown> => ({
  connectorId: 1,
  idTag: 'CARD1',
  meterStart: n,
  timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString(),
});

describe('law 2: a full disk', () => {
  test('leaves transaction messages unanswered, so that chargers keep them; heals without a restart', async () => {
    site = await startTestSite({ yaml: 'storage: { max-megabytes: 1 }' });
    const charger = await dial('BAY-1');
    const acknowledged: number[] = [];
    let failed = 0;
    // Until nothing more fits: the socket is closed instead of an answer.
    for (let n = 1; failed === 0; n += 1) {
      try {
        const [, , answer] = await charger.call('StartTransaction', started(n));
        acknowledged.push((answer as { transactionId: number }).transactionId);
      } catch {
        failed = n;
      }
    }
    expect((await charger.closed).code).toBe(1013);
    expect(readiness(site.gateway)).toMatchObject({ ready: false, reasons: [expect.stringContaining('no room left')] });
    expect(site.logged).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('answer withheld') }),
    );

    // Others are served with what needs no room.
    const other = await dial('BAY-1');
    expect((await other.call('Heartbeat', {}))[0]).toBe(3);
    const boot = await other.call('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    expect(boot[2]).toMatchObject({ status: 'Accepted' });
    expect((await other.call('Authorize', { idTag: 'CARD1' }))[2]).toEqual({ idTagInfo: { status: 'Accepted' } });

    site.gateway.db.one('PRAGMA max_page_count = 100000');
    const [, , answer] = await other.call('StartTransaction', started(failed));
    acknowledged.push((answer as { transactionId: number }).transactionId);
    expect(readiness(site.gateway).ready).toBe(true);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    const stored = listTransactions(site.gateway, ALL).items.map((transaction) => Number(transaction.wireId));
    expect(stored).toEqual(acknowledged);
    expect(listSessions(site.gateway, ALL).items.filter((session) => session.status === 'ACTIVE')).toHaveLength(1);
    await other.close();
  });
});
