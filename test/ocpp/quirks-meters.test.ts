import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { at, meter, NOON, openDepot, start, status, stop, type Depot } from './charging-harness.ts';

let depot: Depot;
let charger: RawCharger;

beforeEach(async () => {
  depot = await openDepot();
  charger = await depot.dial();
});
afterEach(() => depot.close());

/** Lets it be that minute, and reports the register then. */
async function reads(minute: number, wattHours: number | string, more: unknown[] = []): Promise<void> {
  depot.setMinute(minute);
  await meter(charger, 1, minute, [{ value: String(wattHours) }, ...more]);
}

async function stops(minute: number, meterStop: number, fields: Record<string, unknown> = {}): Promise<void> {
  depot.setMinute(minute);
  await stop(charger, 1, { meterStop, timestamp: at(minute), ...fields });
}

const power = (watts: number) => ({ value: String(watts), measurand: 'Power.Active.Import', unit: 'W' });
const energyOf = (): (number | undefined)[] => depot.cdrs().map((cdr) => cdr.energyWh);
const periodsOf = (): number => (depot.cdrs()[0]?.periods ?? []).reduce((sum, { energyWh }) => sum + energyWh, 0);

describe('Q50: signed readings', () => {
  const blob = (what: string): string =>
    `OCMF|{"FV":"1.0","GI":"Ö\\u00df meter","PG":"T${what}","RD":[{"RV":0.10,"RU":"kWh"}]}|{"SD":"${'30460221'.repeat(2000)}"}`;
  const signed = (value: string, context: string) => ({ value, context, format: 'SignedData' });
  const exported = async (): Promise<{ items: { value: string; context: string; reportedAt: string }[] }> =>
    (await depot.api('GET', `/api/transactions/${depot.transactions()[0]?.id ?? ''}/signed-readings`)).body;

  test('Q50: begin and end in the stop, mixed with plain ones in one list, are kept to the byte and come out again', async () => {
    await start(charger);
    await stops(60, 11_000, {
      transactionData: [
        {
          timestamp: at(60),
          sampledValue: [
            { value: '1000', context: 'Transaction.Begin' },
            signed(blob('1'), 'Transaction.Begin'),
            signed(blob('2'), 'Transaction.End'),
            { value: '11000', context: 'Transaction.End' },
          ],
        },
      ],
    });
    expect(energyOf()).toEqual([10_000]);
    expect(depot.quarantined()).toEqual([]);
    expect(await exported()).toMatchObject({
      items: [
        { context: 'Transaction.Begin', value: blob('1'), reportedAt: '2026-11-21T13:00:00Z' },
        { context: 'Transaction.End', value: blob('2') },
      ],
    });
  });

  test('Q50: those of the running transaction too, also many a second and after a restart; the same twice is one', async () => {
    await start(charger);
    for (const second of [1, 2, 3, 3])
      await charger.call('MeterValues', {
        connectorId: 1,
        transactionId: 1,
        meterValue: [
          {
            timestamp: new Date(NOON + second * 1000).toISOString(),
            sampledValue: [{ value: String(1000 + second) }, signed(blob(String(second)), 'Sample.Periodic')],
          },
        ],
      });
    await depot.restart();
    expect((await exported()).items.map(({ value }) => value)).toEqual([blob('1'), blob('2'), blob('3')]);
  });
});

describe('Q51: energy in the wrong unit', () => {
  test('Q51: kWh that are labelled Wh contradict the power: noted and on the bill, and nothing is scaled', async () => {
    await start(charger, { meterStart: 1 });
    for (const minute of [15, 30, 45]) await reads(minute, Math.round(1 + minute / 6), [power(10_000)]);
    await stops(60, 11);
    expect(await depot.deviations()).toContain('ENERGY_IMPLAUSIBLE');
    expect(depot.cdrs()).toMatchObject([
      { energyWh: 10, remark: expect.stringMatching(/^to be checked: 10 Wh contradict .* 10000 W/) },
    ]);
  });

  test('Q51: right registers with wrongly labelled readings are found too', async () => {
    await start(charger);
    for (const minute of [15, 30, 45]) await reads(minute, Math.round(1 + minute / 6), [power(10_000)]);
    await stops(60, 11_000);
    expect(energyOf()).toEqual([10_000]);
    expect(await depot.deviations()).toContain('ENERGY_IMPLAUSIBLE');
  });

  test("Q51: more than the connector can deliver is noted, by the site's own description of it", async () => {
    await start(charger);
    await stops(60, 10_001_000);
    expect(depot.cdrs()).toMatchObject([{ energyWh: 10_000_000, remark: expect.stringContaining('gives in 60 min') }]);
    expect(await depot.deviations()).toContain('ENERGY_IMPLAUSIBLE');
  });

  test('Q51: an ordinary session, parked for a day after charging, is no contradiction', async () => {
    await start(charger);
    for (const minute of [15, 30, 45, 60]) await reads(minute, 1000 + (minute * 10_000) / 60, [power(10_000)]);
    await status(charger, 'SuspendedEV');
    await stops(24 * 60, 11_000);
    expect(depot.cdrs()).toMatchObject([{ energyWh: 10_000, remark: null }]);
    expect(await depot.deviations()).not.toContain('ENERGY_IMPLAUSIBLE');
  });

  test('Q51: energy-unit says what readings are in, whatever they are labelled', async () => {
    await depot.close();
    depot = await openDepot(
      'chargers: [{ id: BAY-1, quirks: { energy-unit: KWH }, evses: [{ id: 1, connectors: [{ id: 1 }] }] }]\n',
    );
    charger = await depot.dial();
    await start(charger);
    await reads(15, '3.5');
    expect(depot.sessions()).toMatchObject([{ energyWh: 2500 }]);
    depot.setMinute(30);
    await meter(charger, 1, 30, [{ value: '6.25', unit: 'Wh', measurand: 'Energy.Active.Import.Register' }]);
    expect(depot.sessions()).toMatchObject([{ energyWh: 5250 }]);
    await stops(60, 11_000);
    expect(energyOf()).toEqual([10_000]);
  });
});

describe('Q52: registers that begin anew', () => {
  test('Q52: a reboot in the middle: what was measured before and after is added, and the bill says so', async () => {
    await start(charger);
    await reads(10, 3000);
    await reads(20, 5000);
    await reads(25, 200);
    expect(depot.sessions()).toMatchObject([{ status: 'ACTIVE' }]);
    await reads(35, 2000);
    expect(depot.sessions()).toMatchObject([{ energyWh: 6000 }]);
    await stops(40, 3500);
    expect(depot.cdrs()).toMatchObject([{ energyWh: 7500, remark: expect.stringContaining('began anew') }]);
    expect(periodsOf()).toBe(7500);
    expect(await depot.deviations()).toContain('REGISTER_RESET');
  });

  test('Q52: twice, across a restart of the gateway, with the message after it sent again', async () => {
    await start(charger);
    await reads(20, 5000);
    await reads(21, 100);
    await depot.restart();
    charger = await depot.dial();
    await reads(30, 1100);
    await reads(30, 1100);
    await reads(31, 50);
    await stops(40, 1050);
    expect(energyOf()).toEqual([4000 + 1100 + 1050]);
  });

  test('Q52: a register that counts the session, between a start and a stop of the lifetime', async () => {
    await start(charger, { meterStart: 123_456 });
    await reads(10, 1000);
    await reads(20, 2000);
    expect(depot.sessions()).toMatchObject([{ energyWh: 2000 }]);
    await reads(50, 4950);
    await stops(60, 128_456);
    expect(energyOf()).toEqual([5000]);
    expect(periodsOf()).toBe(5000);
  });

  test('Q52: the same with a stop of the session', async () => {
    await start(charger, { meterStart: 123_456 });
    await reads(10, 1000);
    await reads(20, 2000);
    await stops(60, 5000);
    expect(energyOf()).toEqual([5000]);
  });

  test('Q52: one low reading alone is a glitch', async () => {
    await start(charger);
    await reads(10, 3000);
    await reads(20, 0);
    await reads(30, 5000);
    await stops(60, 11_000);
    expect(depot.cdrs()).toMatchObject([{ energyWh: 10_000, remark: null }]);
  });

  test('Q52: the end of a reading that was far too high is no reset', async () => {
    await start(charger);
    await reads(10, 900_000);
    await reads(20, 4000);
    await reads(30, 5000);
    await stops(60, 11_000);
    expect(depot.cdrs()).toMatchObject([{ energyWh: 10_000, remark: null }]);
    expect(await depot.deviations()).not.toContain('REGISTER_RESET');
  });

  test('Q52: readings that come late or again are no reset', async () => {
    await start(charger);
    await reads(30, 5000);
    await reads(30, 5000);
    await meter(charger, 1, 10, [{ value: '2000' }]);
    await meter(charger, 1, 20, [{ value: '3000' }]);
    await stops(60, 11_000);
    expect(depot.cdrs()).toMatchObject([{ energyWh: 10_000, remark: null }]);
  });

  test('Q52: a meter that begins anew with each session bills each by its own', async () => {
    await start(charger, { meterStart: 0 });
    await stops(30, 4000);
    depot.setMinute(40);
    const { transactionId } = await start(charger, { meterStart: 0, timestamp: at(40) });
    depot.setMinute(60);
    await stop(charger, transactionId, { meterStop: 2500, timestamp: at(60) });
    expect(energyOf()).toEqual([4000, 2500]);
    expect(await depot.deviations()).toContain('REGISTER_RESET');
  });

  test('Q52: a transaction that the operator closes after a reset keeps both parts', async () => {
    await start(charger);
    await reads(20, 5000);
    await reads(25, 200);
    await reads(35, 2000);
    await depot.api('POST', `/api/transactions/${depot.transactions()[0]?.id ?? ''}/close`);
    expect(energyOf()).toEqual([6000]);
  });
});

describe('Q53: a stop that fell', () => {
  test('Q53: below the start: never less than nothing; the last reading counts, what was said is kept', async () => {
    await start(charger);
    await reads(10, 3000);
    await stops(60, 0);
    expect(depot.cdrs()).toMatchObject([{ energyWh: 2000, remark: expect.stringContaining('ended at 0 Wh') }]);
    expect(depot.transactions()).toMatchObject([{ meterStart: 1000, meterStop: 0 }]);
    expect(await depot.deviations()).toContain('METER_FELL');
  });

  test('Q53: without any reading nothing is billed for energy', async () => {
    await start(charger);
    await stops(60, 10);
    expect(energyOf()).toEqual([0]);
  });

  test('Q53: below the last reading, above the start: the stop counts', async () => {
    await start(charger);
    await reads(10, 3000);
    await stops(60, 2900);
    expect(energyOf()).toEqual([1900]);
  });

  test('Q53: the next start below the last stop bills no negative energy', async () => {
    await start(charger);
    depot.setMinute(30);
    await start(charger, { meterStart: 400, timestamp: at(30) });
    expect(depot.cdrs()).toMatchObject([{ energyWh: 0, remark: expect.stringContaining('next start') }]);
  });
});

describe('Q54: no meter values at all', () => {
  test('Q54: start and stop are enough for a bill', async () => {
    await start(charger);
    await stops(60, 11_000);
    expect(depot.cdrs()).toMatchObject([
      { energyWh: 10_000, remark: null, cost: { energy: { beforeTaxes: '32.00' } } },
    ]);
    expect(await depot.deviations()).toEqual([]);
  });

  test('Q54: values without a number are no reading of zero', async () => {
    await start(charger);
    depot.setMinute(10);
    await meter(charger, 1, 10, [{ value: '' }, { value: 'n/a', measurand: 'Power.Active.Import' }]);
    await stops(60, 11_000);
    expect(energyOf()).toEqual([10_000]);
  });
});

describe('Q55: phases', () => {
  const register = (phase: string, value: number, more: object = {}) => ({
    value: String(value),
    phase,
    measurand: 'Energy.Active.Import.Register',
    ...more,
  });

  test.each([
    ['one phase only', [register('L2', 3000)], 2000],
    ['two of three', [register('L1', 1500), register('L3', 1500)], 2000],
    ['the same phase as L1 and as L1-N', [register('L1', 3000), register('L1-N', 3000)], 2000],
    [
      'at the inlet and at the outlet',
      ['L1', 'L2', 'L3'].flatMap((phase) => [
        register(phase, 1000, { location: 'Inlet' }),
        register(phase, 1000, { location: 'Outlet' }),
      ]),
      2000,
    ],
    ['neutral and line to line do not count', [register('L1', 3000), register('N', 5), register('L1-L2', 9999)], 2000],
    ['phases beside their sum', [register('L1', 1500), register('L2', 1500), { value: '3000' }], 2000],
  ])('Q55: %s', async (_rule, values, energyWh) => {
    await start(charger);
    depot.setMinute(10);
    await meter(charger, 1, 10, values);
    expect(depot.sessions()).toMatchObject([{ energyWh }]);
  });

  test('Q55: power claimed for three phases while one charges is shown, and never billed', async () => {
    await start(charger);
    await reads(20, 2000, [power(22_000), { value: '13', measurand: 'Current.Import', phase: 'L1', unit: 'A' }]);
    const { body } = await depot.api('GET', '/api/sessions/running');
    expect(body).toMatchObject({ items: [{ powerW: 22_000, kwh: 1 }] });
    await stops(60, 4000);
    expect(energyOf()).toEqual([3000]);
  });
});
