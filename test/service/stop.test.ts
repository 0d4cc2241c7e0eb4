import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePort } from '../harness/ports.ts';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import { createGateway } from '../../gateway/create-gateway.ts';
import { wallClock } from '../../gateway/domain/time.ts';
import { recoverSamples } from '../../gateway/samples.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startDaemon } from '../harness/daemon.ts';
import { testConfig } from '../harness/gateway.ts';
import { siteYaml } from './harness.ts';

const CHARGERS = 60;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chargegate-stop-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What one charger had acknowledged before its socket ended. */
interface Acknowledged {
  started: string[];
  stopped: string[];
  code: number;
}

/** Charges as fast as it can until its socket ends. `began` is told of the first acknowledged transaction. */
async function chargeOn(url: string, began: () => void): Promise<Acknowledged> {
  const charger = await createRawCharger(url, { protocols: ['ocpp1.6'] });
  const [started, stopped]: [string[], string[]] = [[], []];
  const at = (minute: number): string => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
  try {
    for (let n = 1; ; n += 1) {
      const begin = { connectorId: 1, idTag: 'CARD1', meterStart: n, timestamp: at(3 * n) };
      const [, , answer] = await charger.call('StartTransaction', begin);
      const { transactionId } = answer as { transactionId: number };
      started.push(String(transactionId));
      began();
      const meterValue = [{ timestamp: at(3 * n + 1), sampledValue: [{ value: String(n + 1) }] }];
      await charger.call('MeterValues', { connectorId: 1, transactionId, meterValue });
      await charger.call('StopTransaction', { transactionId, meterStop: n + 1, timestamp: at(3 * n + 2) });
      stopped.push(String(transactionId));
    }
  } catch {
    return { started, stopped, code: (await charger.closed).code };
  }
}

it('a stop under load answers what came, ends by itself, and loses nothing that was acknowledged', async () => {
  const port = await freePort();
  const file = join(directory, 'depot.yaml');
  writeFileSync(file, siteYaml(port, 'tokens: [{ uid: CARD1 }]\nlog: { level: error }'));
  const daemon = await startDaemon(file, { CHARGEGATE_DATA_DIR: directory });
  const all = Promise.withResolvers<void>();
  let busy = 0;
  const chargers = Array.from({ length: CHARGERS }, (_, index) => {
    let counted = false;
    return chargeOn(`ws://127.0.0.1:${port}/ocpp/BAY-${index}`, () => {
      if (counted) return;
      counted = true;
      if ((busy += 1) === CHARGERS) all.resolve();
    });
  });
  await all.promise;

  const asked = performance.now();
  expect(await daemon.stop()).toBe(0);
  const took = performance.now() - asked;
  const acknowledged = await Promise.all(chargers);
  // Told that the gateway is going away, not cut off.
  expect([...new Set(acknowledged.map(({ code }) => code))]).toEqual([1001]);

  const { settings } = testConfig(directory);
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const gw = createGateway({ settings, directory, maxBytes: 0, clock: wallClock, log: silent });
  await recoverSamples(gw);
  const stored = new Map(listTransactions(gw, { offset: 0, limit: 100_000 }).items.map((t) => [t.wireId, t]));
  gw.db.close();
  const started = acknowledged.flatMap((charger) => charger.started);
  const stopped = acknowledged.flatMap((charger) => charger.stopped);
  expect(started.filter((id) => !stored.has(id))).toEqual([]);
  expect(stopped.filter((id) => stored.get(id)?.stopReceivedAt === null)).toEqual([]);
  process.stdout.write(
    `stopped in ${Math.round(took)} ms: ${CHARGERS} chargers, ${started.length} transactions acknowledged, none lost\n`,
  );
});
