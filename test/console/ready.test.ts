import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchLoopLag } from '../../gateway/loop-lag.ts';
import { startTestSite } from '../harness/gateway.ts';
import type { TestSite } from '../harness/gateway.ts';

let site: TestSite;
beforeEach(async () => {
  site = await startTestSite();
});
afterEach(() => site.cleanUp());

async function ready(): Promise<{ status: number; reasons: string[] }> {
  const answer = await fetch(`${site.urls.console}readyz`);
  return { status: answer.status, ...((await answer.json()) as { reasons: string[] }) };
}

describe('/readyz', () => {
  it('is good while every door that ought to be open is, and names the one that is not', async () => {
    expect([...site.gateway.doors.keys()]).toEqual([
      'the port for clouds (OCPI)',
      'the port for chargers',
      'the console',
    ]);
    expect(await ready()).toEqual({ status: 200, reasons: [] });
    site.gateway.doors.set('the port for chargers', () => false);
    expect(await ready()).toEqual({ status: 503, reasons: ['listeners: the port for chargers is not open'] });
    expect((await fetch(`${site.urls.console}healthz`)).status).toBe(200);
  });

  it('says so while the event loop keeps work waiting', async () => {
    site.gateway.loopLag?.close();
    site.gateway.loopLag = { worst: () => 6.25, close: () => undefined };
    expect(await ready()).toEqual({
      status: 503,
      reasons: ['event loop: work waited 6.3 s for its turn lately'],
    });
  });

  it('a loop that is held up is seen', async () => {
    const lag = watchLoopLag();
    // The monitor begins at a later turn of the loop: what held it up before that is not seen.
    await vi.waitFor(() => {
      const until = performance.now() + 150;
      while (performance.now() < until);
      expect(lag.worst()).toBeGreaterThan(0.1);
    }, 10_000);
    lag.close();
  });
});
