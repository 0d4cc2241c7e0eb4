import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import type { KeepDays } from '../../gateway/domain/upkeep.ts';
import { forgetOld } from '../../gateway/retention.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { followDue } from '../../gateway/samples.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const DAY = 86_400_000;
const NEVER: KeepDays = { samples: 0, meterLog: 0, frames: 0, decisions: 0, quarantine: 0, deadLetters: 0 };

let now: number;
let site: TestSite;
let charger: RawCharger;

beforeEach(async () => {
  now = Date.UTC(2026, 0, 1);
  site = await startTestSite({ clock: () => now });
  charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
});
afterEach(async () => {
  await charger.close();
  await site.cleanUp();
});

const time = (): string => new Date(now).toISOString();
const count = (sql: string): number => site.gateway.db.one<{ n: number }>(`SELECT count(*) AS n FROM ${sql}`)?.n ?? 0;
const forget = (keep: Partial<KeepDays>) => forgetOld(site.gateway, { ...NEVER, ...keep }, now);

async function begin(connectorId: number, meterStart: number): Promise<number> {
  const payload = { connectorId, idTag: 'CARD1', meterStart, timestamp: time() };
  return ((await charger.call('StartTransaction', payload))[2] as { transactionId: number }).transactionId;
}

async function measure(connectorId: number, transactionId: number, value: number, signed = false): Promise<void> {
  now += 60_000;
  const sampledValue = [
    { value: String(value) },
    ...(signed ? [{ value: 'AA'.repeat(20), format: 'SignedData' }] : []),
  ];
  await charger.call('MeterValues', { connectorId, transactionId, meterValue: [{ timestamp: time(), sampledValue }] });
}

async function charge(connectorId: number, meter: number, signed = false): Promise<void> {
  const id = await begin(connectorId, meter);
  for (let n = 1; n <= 5; n += 1) await measure(connectorId, id, meter + n * 100, signed);
  now += 60_000;
  await charger.call('StopTransaction', { transactionId: id, meterStop: meter + 600, timestamp: time() });
  await followDue(site.gateway);
}

describe('what is old is forgotten', () => {
  test('readings of billed transactions go; the bill, and what runs or is young, stays to the letter', async () => {
    await charge(1, 1000);
    const running = await begin(2, 5000);
    await measure(2, running, 5100);
    await followDue(site.gateway);
    now += 40 * DAY;
    await charge(1, 2000);
    const before = listCdrs(site.gateway, { offset: 0, limit: 10 }).items;
    const of = (seq: number): number => count(`sample WHERE transaction_seq = ${seq}`);
    const [log, ofRunning, ofYoung] = [count('meter_log'), of(2), of(3)];
    expect([of(1) > 0, ofRunning > 0, ofYoung > 0]).toEqual([true, true, true]);

    const { forgotten } = await forget({ samples: 30, meterLog: 30 });
    expect([of(1), of(2), of(3)]).toEqual([0, ofRunning, ofYoung]);
    expect(forgotten.samples).toBeGreaterThanOrEqual(5);
    expect(forgotten.meterLog).toBeGreaterThan(0);
    expect(count('meter_log')).toBe(log - forgotten.meterLog);
    expect(count("meter_log WHERE lines LIKE '%[2,%'")).toBeGreaterThan(0);
    expect(listCdrs(site.gateway, { offset: 0, limit: 10 }).items).toEqual(before);

    // What was running is billed as it would have been.
    now += DAY;
    await charger.call('StopTransaction', { transactionId: running, meterStop: 9000, timestamp: time() });
    expect(listCdrs(site.gateway, { offset: 0, limit: 10 }).items.map(({ energyWh }) => energyWh)).toContain(4000);
  });

  test('an ended session without its bill keeps its readings, whatever its age', async () => {
    await charge(1, 1000);
    await site.gateway.db.write(() => {
      site.gateway.db.run('DROP TRIGGER cdr_kept');
      site.gateway.db.run('DELETE FROM outbox');
      site.gateway.db.run('DELETE FROM cdr');
    });
    now += 4000 * DAY;
    expect((await forget({ samples: 1, meterLog: 1 })).forgotten).toMatchObject({ samples: 0, meterLog: 0 });
  });

  test('readings that the meter signed stay readable', async () => {
    await charge(1, 1000, true);
    now += 40 * DAY;
    const { forgotten } = await forget({ samples: 30, meterLog: 30 });
    expect(forgotten.samples).toBeGreaterThan(0);
    expect(count("meter_log WHERE lines LIKE '%SignedData%'")).toBeGreaterThan(0);
  });

  test('numbers of the meter log go on after all of it was forgotten', async () => {
    await charge(1, 1000);
    const last = site.gateway.db.stats().lastAppended;
    now += 40 * DAY;
    await forget({ meterLog: 30 });
    expect(count('meter_log')).toBe(0);
    const { directory } = site;
    await charger.close();
    await site.stop();
    site = await startTestSite({ clock: () => now, directory });
    charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
    expect(site.gateway.db.append('[]').number).toBe(last + 1);
  });

  test('messages, decisions, quarantine and refused objects go by their days; a refused bill never does', async () => {
    const { db } = site.gateway;
    const put = (at: number): Promise<void> =>
      db.write(() => {
        db.run("INSERT INTO frame (charger_id, at, direction, text) VALUES ('BAY-1', ?, 'in', '[]')", at);
        db.run(
          "INSERT INTO decision (at, uid_key, uid, verdict, source) VALUES (?, 'A', 'A', 'accepted', 'site-list')",
          at,
        );
        db.run(
          "INSERT INTO quarantine (charger_id, action, reason, payload, received_at) VALUES ('BAY-1', 'A', 'r', ?, ?)",
          String(at),
          at,
        );
        for (const module of ['sessions', 'cdrs'])
          db.run(
            "INSERT INTO outbox (peer, module, object, state, changed_at, since, next_at) VALUES ('cloud', ?, ?, 'dead', 0, ?, 0)",
            module,
            String(at),
            at,
          );
      });
    for (const age of [50, 40, 31, 29, 1]) await put(now - age * DAY);
    const { forgotten } = await forget({ frames: 30, decisions: 30, quarantine: 30, deadLetters: 30 });
    expect(forgotten).toMatchObject({ frames: 3, decisions: 3, quarantine: 3, deadLetters: 3 });
    expect(count("outbox WHERE module = 'cdrs' AND state = 'dead'")).toBe(5);
    expect((await forget({})).forgotten).toEqual({ ...NEVER });
  });

  test('a long history goes in small steps, while chargers are answered', async () => {
    const { db } = site.gateway;
    await charge(1, 1000);
    for (let part = 0; part < 20; part += 1)
      await db.write(() => {
        for (let n = 0; n < 1500; n += 1)
          db.run(
            `INSERT INTO sample (transaction_seq, reported_at, hash, received_at, line, energy_wh) VALUES (1, ?, 0, 0, 0, 0)`,
            part * 1500 + n,
          );
      });
    now += 40 * DAY;
    let finished = false;
    const forgetting = forget({ samples: 30 }).finally(() => (finished = true));
    let beats = 0;
    const beat = async (): Promise<void> => {
      await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
      beats += 1;
      if (!finished) await beat();
    };
    await beat();
    const { forgotten, longestStep } = await forgetting;
    expect(forgotten.samples).toBeGreaterThan(30_000);
    expect(count('sample')).toBe(0);
    expect(beats).toBeGreaterThan(5);
    expect(longestStep).toBeLessThan(50);
  });
});
