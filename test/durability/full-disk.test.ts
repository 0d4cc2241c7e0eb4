import { afterEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { readiness } from '../../gateway/health.ts';
import { followDue } from '../../gateway/samples.ts';
import { filedUpTo } from '../../gateway/store/meter-log.ts';
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

  test('forgets readings that were refused, and numbers the next ones above what it counts as filed', async () => {
    site = await startTestSite();
    const { gateway } = site;
    const charger = await dial('BAY-1');
    await charger.call('StartTransaction', started(1));
    const reading = (n: number): Record<string, unknown> => ({
      connectorId: 1,
      transactionId: 1,
      meterValue: [
        {
          timestamp: new Date(Date.UTC(2026, 0, 1, 1, 0, n)).toISOString(),
          sampledValue: [{ value: String(1000 + n) }],
        },
      ],
    });
    await charger.call('MeterValues', reading(1));
    const limit = gateway.db.one<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0;
    gateway.db.one(`PRAGMA max_page_count = ${limit}`);
    let n = 1;
    const refused = async (): Promise<void> => {
      for (;;) await charger.call('MeterValues', reading((n += 1)));
    };
    await expect(refused()).rejects.toThrow('ended before');
    expect(gateway.held.of(1).some((sample) => sample.energyWh === 1000 + n)).toBe(false);
    gateway.db.one('PRAGMA max_page_count = 100000');
    const again = await dial('BAY-1');
    await again.call('MeterValues', reading(n));
    await followDue(gateway);
    const filed = filedUpTo(gateway.db);
    expect(gateway.db.append('[]').number).toBeGreaterThan(filed);
    await again.close();
  });
});
