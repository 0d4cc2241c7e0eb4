import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { pause, seededRandom } from '../../adapters/simulator/driver.ts';
import { charge, typicalCurve } from '../../adapters/simulator/power.ts';
import { QUIRK_NAMES, applyQuirks, transformText } from '../../adapters/simulator/quirks.ts';
import { drawScreen } from '../../adapters/simulator/screen.ts';
import type { DemoState } from '../../adapters/simulator/screen.ts';
import { openPainter } from '../../adapters/simulator/terminal.ts';
import { createSteppedTime } from '../../adapters/simulator/ticker.ts';

describe('stepped time', () => {
  test('calls back in order of due time, each at its own instant', () => {
    const { clock, ticker, step } = createSteppedTime(1000);
    const seen: string[] = [];
    ticker.after(25, () => seen.push(`after ${clock()}`));
    const cancel = ticker.every(10, () => seen.push(`every ${clock()}`));
    step(30);
    cancel();
    step(100);
    expect(seen).toEqual(['every 1010', 'every 1020', 'after 1025', 'every 1030']);
    expect(clock()).toBe(1130);
  });

  test('a pause ends by time or by the signal', async () => {
    const { ticker, step } = createSteppedTime(0);
    const ending = new AbortController();
    const first = pause(ticker, 10, ending.signal);
    step(10);
    expect(await first).toBe(true);
    const second = pause(ticker, 10, ending.signal);
    ending.abort();
    expect(await second).toBe(false);
    expect(await pause(ticker, 10, ending.signal)).toBe(false);
  });
});

describe('power', () => {
  test('ramps up, holds, tapers, ends when the battery is full', () => {
    const curve = typicalCurve(10_000);
    expect(curve(0, 0.3)).toBe(0);
    expect(curve(60, 0.3)).toBe(10_000);
    expect(curve(600, 0.9)).toBeCloseTo(5_000);
    expect(curve(600, 1)).toBe(0);
  });

  test('a battery never takes more than it has room for', () => {
    const vehicle = { capacityWh: 10_000, soc: 0.9, chargedSeconds: 0 };
    expect(charge(vehicle, () => 22_000, 7200)).toBeCloseTo(1_000);
    expect(vehicle.soc).toBeCloseTo(1);
  });
});

test('the same seed gives the same sequence, another one another', () => {
  const draw = (seed: number) => Array.from({ length: 5 }, seededRandom(seed));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(7).every((value) => value >= 0 && value < 1)).toBe(true);
});

describe('quirks', () => {
  const reading = {
    connectorId: 1,
    transactionId: 5,
    meterValue: [{ timestamp: '2026-03-01T08:00:00Z', sampledValue: [{ value: '1500', unit: 'Wh' }] }],
  };

  test('change a copy, by name', () => {
    const original = structuredClone(reading);
    expect(applyQuirks(['Q51-kwh-register', 'Q32-no-zone', 'Q36-transaction-id-zero'], 'MeterValues', reading)).toEqual(
      {
        connectorId: 1,
        transactionId: 0,
        meterValue: [{ timestamp: '2026-03-01T08:00:00', sampledValue: [{ value: '1.500', unit: 'kWh' }] }],
      },
    );
    expect(reading).toEqual(original);
    expect(applyQuirks(['Q18-numeric-values'], 'MeterValues', reading)).toMatchObject({
      meterValue: [{ sampledValue: [{ value: 1500 }] }],
    });
    expect(applyQuirks(['Q49-colons-in-card'], 'Authorize', { idTag: '04A1B2' })).toEqual({ idTag: '04:A1:B2' });
    expect(
      applyQuirks(['Q42-no-stop-reason'], 'StopTransaction', { idTag: 'X', reason: 'Local', meterStop: 1 }),
    ).toEqual({
      meterStop: 1,
    });
  });

  test('change the frame itself', () => {
    expect(transformText(['Q16-leading-comma'], '[2,"a","Heartbeat",{}]')).toBe('[,2,"a","Heartbeat",{}]');
    expect(transformText(['Q23-null-payload'], '[2,"a","Heartbeat",{}]')).toBe('[2,"a","Heartbeat",null]');
    expect(transformText([], 'x')).toBe('x');
  });

  test('leave alone what they are not about', () => {
    for (const name of QUIRK_NAMES.filter((each) => each !== 'Q22-extra-properties')) {
      expect(applyQuirks([name as 'Q32-no-zone'], 'Heartbeat', {})).toEqual({});
    }
  });
});

describe('the demo’s screen', () => {
  const state: DemoState = {
    seconds: 75,
    speed: 60,
    urls: { ocpp: 'ws://h/ocpp/', ocpi: 'http://h/ocpi/versions', console: 'http://h/' },
    chargers: [
      { id: 'BAY-1', status: 'Charging', card: 'ANNA', powerW: 22_000, energyWh: 4_500, cost: '24.50 SEK' },
      { id: 'BAY-2', status: 'Available', card: null, powerW: 0, energyWh: null, cost: null },
    ],
    cloud: {
      name: 'cloud',
      version: '2.3.0',
      polls: 3,
      evses: [{ id: 'SE*DEP*E1', status: 'CHARGING' }],
      sessionsRunning: 1,
      sessionsEnded: 2,
      cdrs: 2,
      lastCdr: '1.00 kWh, 5.00 SEK for BO',
    },
    events: Array.from({ length: 20 }, (_unused, index) => `event ${index}`),
  };

  test('shows chargers, the cloud’s view and the newest events', () => {
    const lines = drawScreen(state, { columns: 100, rows: 40 });
    expect(lines[0]).toBe('chargegate demo   01:15   energy flows 60 times as fast as the clock');
    expect(lines[2]).toBe('charger   status             power      energy          cost  card');
    expect(lines[3]).toBe('BAY-1     Charging         22.0 kW    4.50 kWh     24.50 SEK  ANNA');
    expect(lines[4]).toBe('BAY-2     Available');
    expect(lines).toContain('  sessions  1 running, 2 ended');
    expect(lines).toContain('  CDRs      2, last: 1.00 kWh, 5.00 SEK for BO');
    expect(lines.filter((line) => line.startsWith('event'))).toEqual(
      Array.from({ length: 8 }, (_unused, index) => `event ${index + 12}`),
    );
    expect(lines.at(-1)).toBe('console   http://h/   Ctrl-C ends the demo');
  });

  test('never wraps nor scrolls, however small the terminal', () => {
    for (const columns of [0, 1, 10, 40, 80]) {
      for (const rows of [1, 5, 20]) {
        const lines = drawScreen(state, { columns, rows });
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
      }
    }
  });

  test('is painted in one write over the old one, and not at all when nothing changed', () => {
    const writes: string[] = [];
    const painter = openPainter({ write: (text) => writes.push(text), size: () => ({ columns: 80, rows: 24 }) });
    painter.paint(['title', 'BAY-1 Charging']);
    painter.paint(['title', 'BAY-1 Charging']);
    painter.leave();
    expect(writes).toHaveLength(3);
    expect(writes[1]).not.toContain('\u001B[2J');
    expect(writes[1]).toContain('\u001B[32mCharging\u001B[0m');
    expect(writes[2]).toContain('\u001B[?1049l');
  });
});

test('everything loads in Node itself, not only in the test runner', async () => {
  const modules = ['simulate', 'demo', 'raw-charger', 'peer'].map(
    (name) => new URL(`../../adapters/simulator/${name}.ts`, import.meta.url).href,
  );
  const script = `for (const url of ${JSON.stringify(modules)}) await import(url);`;
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(await run).toMatchObject({ stderr: '' });
});
