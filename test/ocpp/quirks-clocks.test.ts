/** Q32 to Q35: chargers whose clocks lie. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { findCharger } from '../../gateway/chargers.ts';
import type { Cdr, Transaction } from '../../gateway/domain/types.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 100 };
const NOON = Date.UTC(2026, 10, 21, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const anything: unknown = expect.anything();

let now: number;
let site: TestSite;
let charger: RawCharger;

beforeEach(() => {
  now = NOON;
});
afterEach(async () => {
  await charger.close();
  await site.cleanUp();
});

async function connect(yaml = ''): Promise<void> {
  site = await startTestSite({ clock: () => now, yaml });
  await dial();
}

async function dial(): Promise<void> {
  charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
}

/** What the clock of a charger shows that is so many hours ahead; `zone` is what it puts behind. */
const shows = (hours: number, zone = 'Z', at = now): string =>
  new Date(at + hours * HOUR).toISOString().slice(0, 19) + zone;

const say = async (action: string, payload: object): Promise<never> =>
  (await charger.call(action, payload))[2] as never;

const status = (timestamp: string, word = 'Available'): Promise<never> =>
  say('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: word, timestamp });

const start = (timestamp: string, idTag = 'CARD1'): Promise<{ transactionId: number }> =>
  say('StartTransaction', { connectorId: 1, idTag, meterStart: 0, timestamp });

const meter = (transactionId: number, value: number, ...timestamps: string[]): Promise<never> =>
  say('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: timestamps.map((timestamp) => ({ timestamp, sampledValue: [{ value: String(value) }] })),
  });

const stop = (transactionId: number, meterStop: number, timestamp: string): Promise<never> =>
  say('StopTransaction', { transactionId, meterStop, timestamp });

const transactions = (): Transaction[] => listTransactions(site.gateway, ALL).items;
const cdrs = (): Cdr[] => listCdrs(site.gateway, ALL).items;
const learnt = () => site.gateway.db.one('SELECT offset_minutes AS minutes FROM charger_clock')?.['minutes' as never];

async function deviations(): Promise<{ code: string; sample: string }[]> {
  await flushDiagnostics(site.gateway);
  return findCharger(site.gateway, 'BAY-1')?.deviations ?? [];
}

const codes = async (): Promise<string[]> => (await deviations()).map(({ code }) => code);

/** Three live messages, a minute apart. */
async function showsThrice(hours: number, zone?: string): Promise<void> {
  for (const word of ['Available', 'Preparing', 'Available']) {
    await status(shows(hours, zone), word);
    now += MINUTE;
  }
}

describe('Q32: local time', () => {
  test.each([
    ['without a zone', 8, ''],
    ['marked as UTC', 8, 'Z'],
    ['behind UTC', -5, 'Z'],
    ['of half an hour', 5.5, 'Z'],
  ])(
    'Q32: %s: three live messages that agree make it known, and times are UTC from then on',
    async (_what, hours, zone) => {
      await connect();
      await showsThrice(hours, zone);
      expect(learnt()).toBe(hours * 60);
      const { transactionId } = await start(shows(hours, zone));
      expect(transactions()).toMatchObject([{ startReportedAt: now, startReceivedAt: now }]);
      now += HOUR;
      await meter(transactionId, 5000, shows(hours, zone));
      await stop(transactionId, 10_000, shows(hours, zone));
      expect(cdrs()).toMatchObject([{ startedAt: now - HOUR, endedAt: now, seconds: 3600, energyWh: 10_000 }]);
      const noted = (await deviations()).find(({ code }) => code === 'CLOCK_OFFSET');
      expect(noted?.sample).toBe(`${hours > 0 ? '+' : ''}${hours * 60} min`);
    },
  );

  test('Q32: what is learnt while a charge runs corrects what is stored of it already', async () => {
    await connect();
    const began = now;
    const { transactionId } = await start(shows(-6));
    await status(shows(-6), 'Charging');
    expect(transactions()).toMatchObject([{ startReportedAt: began - 6 * HOUR }]);
    for (const value of [1000, 2000, 3000]) {
      now += 10 * MINUTE;
      await meter(transactionId, value, shows(-6));
    }
    expect(learnt()).toBe(-360);
    expect(transactions()).toMatchObject([{ startReportedAt: began }]);
    await status(shows(-6), 'SuspendedEV');
    now += 10 * MINUTE;
    await stop(transactionId, 3000, shows(-6));
    expect(cdrs()).toMatchObject([{ startedAt: began, seconds: 2400, parkingSeconds: 600, energyWh: 3000 }]);
    const samples = site.gateway.db.all('SELECT reported_at AS at FROM sample ORDER BY reported_at');
    expect(samples).toEqual([10, 20, 30].map((minutes) => ({ at: began + minutes * MINUTE })));
  });

  test('Q32: a start that is sent again is the same one, before and after', async () => {
    await connect();
    const timestamp = shows(2);
    const first = await start(timestamp);
    now += MINUTE;
    await status(shows(2), 'Charging');
    now += MINUTE;
    await status(shows(2), 'SuspendedEV');
    expect(learnt()).toBe(120);
    expect(await start(timestamp)).toEqual(first);
    expect(transactions()).toHaveLength(1);
  });

  test('Q32: a burst is one witness: nothing is learnt of what was stored while disconnected', async () => {
    await connect();
    const stored = shows(-2);
    for (const word of ['Available', 'Preparing', 'Charging', 'Finishing', 'Available']) {
      await status(stored, word);
      now += 1000;
    }
    const { transactionId } = await start(stored);
    await stop(transactionId, 1000, stored);
    expect(learnt()).toBeUndefined();
    expect(transactions()).toMatchObject([{ startReportedAt: NOON - 2 * HOUR }]);
  });

  test('Q32: nor of a day that is replayed, however slowly', async () => {
    await connect();
    const { transactionId } = await start(shows(0, 'Z', NOON - 24 * HOUR));
    for (let quarter = 1; quarter <= 90; quarter += 1) {
      now += 40_000;
      await meter(transactionId, quarter * 10, shows(0, 'Z', NOON - 24 * HOUR + quarter * 15 * MINUTE));
    }
    expect(learnt()).toBeUndefined();
    expect(await codes()).not.toContain('CLOCK_OFFSET');
  });

  test('Q32: nor of readings that bear the beginning of their hour', async () => {
    await connect();
    const { transactionId } = await start(shows(0));
    for (const value of [1, 2, 3, 4, 5]) {
      now += HOUR;
      await meter(transactionId, value * 1000, shows(-1));
    }
    expect(learnt()).toBeUndefined();
    await stop(transactionId, 5000, shows(0));
    expect(cdrs()).toMatchObject([{ seconds: 5 * 3600 }]);
  });

  test('Q32: only the last of several readings is live', async () => {
    await connect();
    const { transactionId } = await start(shows(0));
    for (let n = 1; n <= 4; n += 1) {
      now += 15 * MINUTE;
      await meter(transactionId, n, ...[-2, -1, 0].map((hours) => shows(hours)));
    }
    expect(learnt()).toBeUndefined();
  });

  test('Q32: a clock that is wrong by no zone is left alone', async () => {
    await connect();
    await showsThrice(0.12);
    await showsThrice(0.25);
    await showsThrice(-20);
    expect(learnt()).toBeUndefined();
  });

  test('Q32: summer time, and a clock that is mended', async () => {
    await connect();
    await showsThrice(1, '');
    expect(learnt()).toBe(60);
    await showsThrice(2, '');
    expect(learnt()).toBe(120);
    await showsThrice(0);
    expect(learnt()).toBe(0);
    await start(shows(0));
    expect(transactions()).toMatchObject([{ startReportedAt: now }]);
  });

  test('Q32: what was learnt survives a restart', async () => {
    await connect();
    await showsThrice(8);
    await charger.close();
    await site.stop();
    site = await startTestSite({ clock: () => now, directory: site.directory });
    await dial();
    await start(shows(8));
    expect(transactions()).toMatchObject([{ startReportedAt: now }]);
  });

  test('Q32: the configuration counts at once, whatever the messages say', async () => {
    await connect('chargers: [{ id: BAY-1, quirks: { clock-offset: 120 } }]');
    await start(shows(2));
    expect(transactions()).toMatchObject([{ startReportedAt: now }]);
    await showsThrice(0);
    expect(learnt()).toBe(120);
  });

  test('Q32: a make that is known for it is corrected from its boot on', async () => {
    await connect('models: [{ vendor: "Local*", quirks: { clock-offset: 480 } }]');
    await say('BootNotification', { chargePointVendor: 'LocalTime AG', chargePointModel: 'M' });
    await start(shows(8));
    expect(transactions()).toMatchObject([{ startReportedAt: now }]);
  });
});

describe('Q33: a clock that was never set', () => {
  test.each(['1970-01-01T00:00:05Z', '2000-01-01T00:00:00Z', '2035-06-01T00:00:00Z'])(
    'Q33: %s: noted, kept as reported, and billed by our clock',
    async (timestamp) => {
      await connect();
      const { transactionId } = await start(timestamp);
      now += HOUR;
      await stop(transactionId, 10_000, new Date(Date.parse(timestamp) + HOUR).toISOString());
      expect(transactions()).toMatchObject([{ startReportedAt: Date.parse(timestamp), startReceivedAt: NOON }]);
      expect(cdrs()).toMatchObject([{ startedAt: NOON, endedAt: NOON + HOUR, seconds: 3600 }]);
      expect(await codes()).toContain('CLOCK_WRONG');
      expect(learnt()).toBeUndefined();
    },
  );
});

describe('Q34: fractions of a second', () => {
  const reserve = {
    kind: 'reserve',
    reservationId: 1,
    evse: 1,
    tokenUid: 'CARD1',
    groupId: null,
    expiresAt: NOON,
  } as const;

  async function sent(): Promise<unknown> {
    const order = site.gateway.connections.find('BAY-1')?.order(reserve);
    const frame = await charger.waitFor((f) => f[2] === 'ReserveNow');
    charger.send(JSON.stringify([3, frame[1], { status: 'Accepted' }]));
    await order;
    return frame[3];
  }

  test('Q34: we send none', async () => {
    await connect();
    now = NOON + 123;
    expect(await say('Heartbeat', {})).toEqual({ currentTime: '2026-11-21T12:00:00Z' });
    const boot = await say('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    expect(boot).toMatchObject({ currentTime: '2026-11-21T12:00:00Z' });
    expect(await sent()).toMatchObject({ expiryDate: '2026-11-21T12:00:00Z' });
  });

  test('Q34: but to chargers that want them', async () => {
    await connect('chargers: [{ id: BAY-1, quirks: { fractional-seconds: true } }]');
    now = NOON + 123;
    expect(await say('Heartbeat', {})).toEqual({ currentTime: '2026-11-21T12:00:00.123Z' });
    const boot = await say('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    expect(boot).toMatchObject({ currentTime: '2026-11-21T12:00:00.123Z' });
    expect(await sent()).toMatchObject({ expiryDate: '2026-11-21T12:00:00.000Z' });
  });

  test('Q34: theirs are read, however many digits', async () => {
    await connect();
    await start('2026-11-21T12:00:00.1234567Z');
    expect(transactions()).toMatchObject([{ startReportedAt: NOON + 123 }]);
  });
});

describe('Q35: a charger that sets its clock by heartbeats only', () => {
  test('Q35: is asked for one at least every five minutes, and told the time with each', async () => {
    await connect();
    const boot = await say('BootNotification', { chargePointVendor: 'V', chargePointModel: 'M' });
    expect(boot).toEqual({ status: 'Accepted', currentTime: anything, interval: 300 });
    now += 299_000;
    expect(await say('Heartbeat', {})).toEqual({ currentTime: '2026-11-21T12:04:59Z' });
  });
});
