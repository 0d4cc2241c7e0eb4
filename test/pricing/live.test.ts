/** Prices of running sessions, from a charger's socket to what a cloud polls. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import type { Cdr, Session } from '../../gateway/domain/types.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { watchLimits } from '../../gateway/session-limits.ts';
import { followDue } from '../../gateway/samples.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 100 };
/** 16:30 in Stockholm. */
const BEGIN = Date.UTC(2026, 10, 20, 15, 30);
const MINUTE = 60_000;

let now: number;
let site: TestSite;
let charger: RawCharger;

const tariffs = (elements: string): string => `
tariffs:
  - id: standard
    currency: SEK
    tax-included: no
    elements:
${elements}
`;

const BY_CLOCK = tariffs(`
      - restrictions: { start-time: "17:00", end-time: "20:00" }
        components: [{ type: energy, price: 4, vat: 25 }]
      - components: [{ type: energy, price: 2, vat: 25 }, { type: time, price: 6, vat: 25 }]`);

const BY_ENERGY = tariffs(`
      - restrictions: { max-kwh: 5 }
        components: [{ type: energy, price: 1, vat: 25 }]
      - components: [{ type: energy, price: 3, vat: 25 }]`);

const BY_POWER = tariffs(`
      - restrictions: { min-power: 7 }
        components: [{ type: energy, price: 4, vat: 25 }]
      - components: [{ type: energy, price: 1, vat: 25 }]`);

const BY_TIME = tariffs(`
      - components: [{ type: time, price: 60, vat: 25 }]`);

beforeEach(() => {
  now = BEGIN;
});
afterEach(async () => {
  await charger.close();
  await site.cleanUp();
});

async function begin(yaml: string): Promise<number> {
  site = await startTestSite({ clock: () => now, yaml });
  charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'], onText: answer });
  const payload = { connectorId: 1, idTag: 'CARD1', meterStart: 1000, timestamp: at(0) };
  return ((await charger.call('StartTransaction', payload))[2] as { transactionId: number }).transactionId;
}

/** Accepts whatever the gateway orders. */
function answer(text: string): void {
  const [type, id] = JSON.parse(text) as [number, string];
  if (type === 2) charger.send(JSON.stringify([3, id, { status: 'Accepted' }]));
}

const at = (minute: number): string => new Date(BEGIN + minute * MINUTE).toISOString();

async function meter(transactionId: number, minute: number, register: number, watts?: number): Promise<void> {
  now = BEGIN + minute * MINUTE;
  await charger.call('MeterValues', {
    connectorId: 1,
    transactionId,
    meterValue: [
      {
        timestamp: at(minute),
        sampledValue: [
          { value: String(register) },
          ...(watts === undefined ? [] : [{ value: String(watts), measurand: 'Power.Active.Import', unit: 'W' }]),
        ],
      },
    ],
  });
  await followDue(site.gateway);
}

async function stop(transactionId: number, minute: number, register: number): Promise<Cdr> {
  now = BEGIN + minute * MINUTE;
  await charger.call('StopTransaction', { transactionId, meterStop: register, timestamp: at(minute) });
  return listCdrs(site.gateway, ALL).items.at(-1)!;
}

const session = (): Session => listSessions(site.gateway, ALL).items.at(-1)!;
const api = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${site.urls.console.replace(/\/$/, '')}${path}`, {
    ...init,
    headers: { 'content-type': 'application/json' },
  });
const stops = (): unknown[] => charger.texts.filter((text) => text.includes('RemoteStopTransaction'));

describe('the running cost', () => {
  test('follows each sample; the period is split where the clock changes the price, with the energy interpolated', async () => {
    const transaction = await begin(BY_CLOCK);
    await meter(transaction, 20, 3000);
    expect(session().cost?.total.beforeTaxes).toBe('6.00');
    // 17:00 lies between the readings: at 30 minutes the register stood at 5000.
    await meter(transaction, 40, 7000);
    expect(session().periods).toEqual([
      { kind: 'charging', from: BEGIN, to: BEGIN + 30 * MINUTE, energyWh: 4000 },
      {
        kind: 'charging',
        from: BEGIN + 30 * MINUTE,
        to: BEGIN + 40 * MINUTE,
        energyWh: 2000,
        interpolated: true,
      },
    ]);
    // 4 kWh at 2, 2 kWh at 4; time costs 6 an hour all along, as no element of the evening prices it otherwise.
    expect(session().cost?.total.beforeTaxes).toBe('20.00');
    const cdr = await stop(transaction, 60, 11_000);
    expect(cdr.cost.total).toEqual({
      beforeTaxes: '38.00',
      taxes: [{ percentage: '25', amount: '9.50' }],
      afterTaxes: '47.50',
    });
    const { body } = await site.ocpiGet('/cpo/2.3.0/cdrs');
    const [told] = body.data as { charging_periods: { start_date_time: string }[]; total_cost: object }[];
    expect(told?.charging_periods.map((period) => period.start_date_time)).toEqual([
      '2026-11-20T15:30:00Z',
      '2026-11-20T16:00:00Z',
    ]);
  });

  test('a threshold of energy is met between two readings', async () => {
    const transaction = await begin(BY_ENERGY);
    await meter(transaction, 20, 5000);
    await meter(transaction, 40, 9000);
    expect(session().cost?.total.beforeTaxes).toBe('14.00');
    expect(session().periods.map(({ from, energyWh }) => [(from - BEGIN) / MINUTE, energyWh])).toEqual([
      [0, 5000],
      [25, 3000],
    ]);
    expect((await stop(transaction, 60, 9000)).cost.total.beforeTaxes).toBe('14.00');
  });

  test('where the price goes by power, what the charger reported decides, else the mean', async () => {
    const transaction = await begin(BY_POWER);
    await meter(transaction, 10, 3000, 3000);
    await meter(transaction, 20, 5000, 11_000);
    await meter(transaction, 30, 6000);
    const cdr = await stop(transaction, 30, 6000);
    // 12 kW in the mean at 4, then 3 kW as reported at 1, then 11 kW as reported at 4.
    expect(cdr.cost.lines.map(({ quantity, price }) => [price, quantity])).toEqual([
      ['1', '2'],
      ['4', '3'],
    ]);
  });

  test('how it came about can be asked for', async () => {
    const transaction = await begin(BY_ENERGY);
    await meter(transaction, 40, 9000);
    const explained = (await (await api(`/api/sessions/${session().id}/price`)).json()) as {
      lines: { arithmetic: string }[];
      trace: { kwh: string; answers: { because: string }[] }[];
    };
    expect(explained.lines.map(({ arithmetic }) => arithmetic)).toEqual([
      '5 kWh × 1 SEK/kWh = 5.00 SEK + 25% VAT 1.25 = 6.25 SEK',
      '3 kWh × 3 SEK/kWh = 9.00 SEK + 25% VAT 2.25 = 11.25 SEK',
    ]);
    expect(explained.trace.map(({ kwh, answers }) => [kwh, answers[0]?.because])).toEqual([
      ['5', 'the first element that prices it and applies (energy until 5 kWh)'],
      ['3', 'the first element that prices it and applies (no restriction)'],
    ]);
  });
});

describe('a session stops itself at its limit', () => {
  const limit = (body: object): Promise<Response> =>
    api(`/api/sessions/${session().id}/limit`, { method: 'PUT', body: JSON.stringify(body) });

  test('of money, at the first sample that comes to it', async () => {
    const transaction = await begin(BY_ENERGY);
    expect((await limit({ cost: '10.00' })).status).toBe(200);
    await meter(transaction, 10, 6000);
    expect(stops()).toEqual([]);
    // 6.25 + 1 × 3.75 = 10.00
    await meter(transaction, 20, 7000);
    const frame = await charger.waitFor((each) => each[2] === 'RemoteStopTransaction');
    expect(frame[3]).toEqual({ transactionId: transaction });
    const cdr = await stop(transaction, 21, 7000);
    expect(cdr.remark).toBe('stopped at its limit of 10.00 SEK');
  });

  test('of energy; a charger that does not stop is asked again', async () => {
    const transaction = await begin(BY_ENERGY);
    expect((await limit({ kwh: '2.5' })).status).toBe(200);
    await meter(transaction, 10, 3500);
    await charger.waitFor((each) => each[2] === 'RemoteStopTransaction');
    await meter(transaction, 11, 3600);
    expect(stops()).toHaveLength(2);
    expect((await stop(transaction, 12, 3600)).remark).toBe('stopped at its limit of 2500 Wh');
  });

  test('also where the price rises with time alone, between two readings', async () => {
    const transaction = await begin(BY_TIME);
    await limit({ cost: '12.50' });
    await meter(transaction, 5, 1000);
    now = BEGIN + 9 * MINUTE;
    watchLimits(site.gateway);
    expect(stops()).toEqual([]);
    now = BEGIN + 10 * MINUTE;
    watchLimits(site.gateway);
    await charger.waitFor((each) => each[2] === 'RemoteStopTransaction');
    await stop(transaction, 10, 1000);
  });

  test('one that has come to it already is stopped when the limit is set; one that ended is refused', async () => {
    const transaction = await begin(BY_ENERGY);
    await meter(transaction, 10, 6000);
    await limit({ kwh: '4' });
    await charger.waitFor((each) => each[2] === 'RemoteStopTransaction');
    await stop(transaction, 11, 6000);
    const refused = await limit({ kwh: '9' });
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([409, 'SESSION_ENDED']);
  });
});

describe('an accepted quote', () => {
  test('is kept with the session that it was accepted for, which has its limit', async () => {
    site = await startTestSite({ clock: () => now, yaml: BY_ENERGY });
    charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'], onText: answer });
    const made = await api('/api/quotes', {
      method: 'POST',
      body: JSON.stringify({ charger: 'BAY-1', kwh: '10', minutes: 60, limit: { cost: '25' }, tokenUid: 'card1' }),
    });
    expect(made.status).toBe(201);
    const quote = (await made.json()) as { id: string; price: { total: { afterTaxes: string } } };
    expect(quote.price.total.afterTaxes).toBe('25.00');
    const payload = { connectorId: 1, idTag: 'CARD1', meterStart: 1000, timestamp: at(0) };
    const started = (await charger.call('StartTransaction', payload))[2] as { transactionId: number };
    expect(session()).toMatchObject({ quoteId: quote.id, limit: { cost: '25' } });
    const kept = (await (await api(`/api/quotes/${quote.id}`)).json()) as { sessionId: string };
    expect(kept.sessionId).toBe(session().id);
    await stop(started.transactionId, 10, 2000);
    // The next session of the card is another matter.
    await charger.call('StartTransaction', { ...payload, meterStart: 2000, timestamp: at(20) });
    expect(session().quoteId).toBeUndefined();
  });
});

describe('a quote', () => {
  test('says what a charge will cost before it starts, and what it assumed', async () => {
    await begin(BY_CLOCK);
    const quote = async (query: string) =>
      (await (await api(`/api/quote?charger=BAY-1&${query}`)).json()) as {
        kwh: string;
        minutes: string;
        price: { total: { afterTaxes: string } };
        notes: string[];
        words: { cost: string[]; tariff: string[] };
      };
    const evening = await quote('kwh=10&minutes=60&start=2026-11-21T16:30:00%2B01:00');
    // 5 kWh before 17:00 at 2 and 5 after at 4, an hour at 6.
    expect(evening.price.total.afterTaxes).toBe('45.00');
    expect(evening.notes).toEqual([]);
    expect(evening.words.cost.at(-1)).toMatch(/45\.00/);
    const parked = await quote('kwh=10&minutes=60&parkingMinutes=30&start=2026-11-21T10:00:00Z');
    expect(parked.price.total.afterTaxes).toBe('32.50');
    const half = await quote('minutes=30&powerKw=10&start=2026-11-21T10:00:00Z');
    expect(half).toMatchObject({
      kwh: '5',
      minutes: '30',
      notes: ['the energy is what flows in this time at a steady 10 kW'],
    });
    const refused = await api('/api/quote?charger=BAY-1');
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([400, 'QUOTE_INVALID']);
    expect((await api('/api/quote?charger=NONE&kwh=1')).status).toBe(422);
  });
});
