import { assert, constantFrom, nat, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datexTable } from '../../adapters/ocpi/open/datex.ts';
import { WEEKDAYS, type ComponentType, type Restrictions, type Tariff } from '../../gateway/domain/tariff.ts';
import { UNSAID } from '../../gateway/domain/visitors.ts';
import type { EvseView } from '../../gateway/chargers.ts';
import type { OpenSite } from '../../gateway/open-data.ts';
import { SETTINGS } from '../ocpi/fixtures.ts';
import { BEGIN, tariffs } from '../ocpi/pricing-arbitraries.ts';
import { expectDatex } from './datex-contract.ts';
import { all, readXml, textOf, type Element } from './xml-reader.ts';

/** Stockholm in summer. */
const OFFSET = 7_200_000;

/** The one rate of a point whose connector has this tariff. */
function rateOf(tariff: Tariff): Element {
  const connector = {
    ...SETTINGS.defaultConnector,
    chargerId: 'CP1',
    evse: 1,
    tariffIds: [tariff.id],
    updatedAt: BEGIN,
  };
  const evse = {
    chargerId: 'CP1',
    evse: 1,
    uid: 'E1',
    evseId: '',
    visible: 'Available',
    connectors: [connector],
    visitors: UNSAID,
    updatedAt: BEGIN,
  } as unknown as EvseView;
  const open: OpenSite = {
    site: SETTINGS.site,
    chargers: [[evse]],
    tariffs: [tariff],
    updatedAt: BEGIN,
    describedAt: BEGIN,
    version: '1',
  };
  const table = readXml(datexTable(open, BEGIN, { version: null, table: [] }));
  expectDatex(table);
  return all(table, 'aegi:energyRate')[0]!;
}

interface Moment {
  at: number;
  minutes: number;
  kWh: number;
}

/** Empty where it is not there. */
const said = (element: Element, name: string): string => all(element, name)[0]?.text ?? '';
const child = ({ children }: Element, name: string): Element | undefined => children.find((each) => each.name === name);
const within = (range: Element | undefined, least: string, most: string, value: number): boolean =>
  !range || (value >= Number(said(range, least)) && value < Number(said(range, most) || Infinity));

/** As somebody reads it who knows DATEX II and the site's clock. */
function holds(price: Element, { at, minutes, kWh }: Moment): boolean {
  const whole = child(price, 'aegi:overallPeriod');
  const valid = whole ? whole.children.filter(({ name }) => name === 'com:validPeriod') : [];
  const except = whole ? whole.children.filter(({ name }) => name === 'com:exceptionPeriod') : [];
  return (
    within(child(price, 'aegi:timeBasedApplicability'), 'aegi:fromMinute', 'aegi:toMinute', minutes) &&
    within(child(price, 'aegi:energyBasedApplicability'), 'aegi:fromKWh', 'aegi:toKWh', kWh) &&
    (valid.length === 0 || valid.some((period) => isIn(period, at))) &&
    !except.some((period) => isIn(period, at))
  );
}

function isIn(period: Element, at: number): boolean {
  const [begin, end] = ['com:startOfPeriod', 'com:endOfPeriod'].map((name) => said(period, name));
  const local = new Date(at + OFFSET).toISOString();
  const days = all(period, 'com:applicableDay').map(({ text }) => text);
  const [from, to] = ['com:startTimeOfPeriod', 'com:endTimeOfPeriod'].map((name) => said(period, name));
  const time = local.slice(11, 19);
  return (
    (!begin || at >= Date.parse(begin)) &&
    (!end || at < Date.parse(end)) &&
    (days.length === 0 || days.includes(dayOf(local).toLowerCase())) &&
    (!from || (time >= from && (to === '00:00:00' || time < to!)))
  );
}

const dayOf = (local: string): (typeof WEEKDAYS)[number] => WEEKDAYS[(new Date(local).getUTCDay() + 6) % 7]!;

/** What OCPI says, but for power and current. */
function applies(r: Restrictions, { at, minutes, kWh }: Moment): boolean {
  const local = new Date(at + OFFSET).toISOString();
  const [date, time] = [local.slice(0, 10), local.slice(11, 16)];
  const [from, to] = [r.startTime ?? '00:00', r.endTime ?? '00:00'];
  const end = to === '00:00' ? '24:00' : to;
  const inTime = from === to || (from < end ? time >= from && time < end : time >= from || time < end);
  return (
    inTime &&
    (!r.startDate || date >= r.startDate) &&
    (!r.endDate || date < r.endDate) &&
    (!r.daysOfWeek?.length || r.daysOfWeek.includes(dayOf(local))) &&
    kWh >= Number(r.minKwh ?? 0) &&
    kWh < Number(r.maxKwh ?? Infinity) &&
    minutes * 60 >= (r.minDuration ?? 0) &&
    minutes * 60 < (r.maxDuration ?? Infinity)
  );
}

const isElectric = (r: Restrictions): boolean =>
  [r.minPower, r.maxPower, r.minCurrent, r.maxCurrent].some((each) => each !== undefined);

/** Price of the first element that applies; null where there is none, and from the first on that goes by power or current. */
function first(tariff: Tariff, type: ComponentType, moment: Moment): string | null {
  for (const { components, restrictions = {} } of tariff.elements) {
    const component = components.find((each) => each.type === type);
    if (!component || restrictions.reservation || restrictions.booking) continue;
    if (isElectric(restrictions)) return null;
    if (applies(restrictions, moment)) return component.price;
  }
  return null;
}

const exactly = (price: Element): string =>
  /exactly ([\d.]+) /.exec(
    all(price, 'com:value')
      .map(({ text }) => text)
      .join(' '),
  )?.[1] ?? textOf(price, 'aegi:value');

/** Whole minutes and kWh, so that thresholds can be told. */
const whole = tariffs.map((tariff): Tariff => ({
  ...tariff,
  elements: tariff.elements.map(
    ({ components, restrictions: { minCurrent: _least, maxCurrent: _most, ...r } = {} }) => ({
      components,
      restrictions: {
        ...r,
        ...(r.minKwh && { minKwh: String(Math.floor(Number(r.minKwh))) }),
        ...(r.maxKwh && { maxKwh: String(Math.ceil(Number(r.maxKwh))) }),
        ...(r.minDuration !== undefined && { minDuration: Math.floor(r.minDuration / 60) * 60 }),
        ...(r.maxDuration !== undefined && { maxDuration: Math.ceil(r.maxDuration / 60) * 60 }),
      },
    }),
  ),
}));

const moments = tuple(nat(14 * 1440), nat(300), nat(45)).map(([minute, minutes, kWh]): Moment => ({
  at: BEGIN - 7 * 86_400_000 + minute * 60_000,
  minutes,
  kWh,
}));

describe('DATEX II prices of restricted tariffs', () => {
  it('at any moment at most one of a type holds, and it is the one that OCPI has', () => {
    assert(
      property(whole, constantFrom('ENERGY' as const, 'FLAT' as const), moments, (tariff, type, moment) => {
        const kind = { ENERGY: 'pricePerKWh', FLAT: 'basePrice' }[type];
        const prices = all(rateOf(tariff), 'aegi:energyPrice');
        const told = prices.filter((price) => textOf(price, 'aegi:priceType') === kind && holds(price, moment));
        const expected = first(tariff, type, moment);
        expect(told.map(exactly).map(Number)).toEqual(expected === null ? [] : [Number(expected)]);
      }),
      { numRuns: 1500 },
    );
  });

  it('what there is no exact way for is told in words, never as a price that always holds', () => {
    const energy = (price: string, restrictions?: Restrictions) => ({
      components: [{ type: 'ENERGY' as const, price, vat: null, step: 1 }],
      ...(restrictions && { restrictions }),
    });
    const rate = rateOf({
      id: 'T1',
      currency: 'CAD',
      taxIncluded: 'NO',
      altText: [],
      minPrice: null,
      maxPrice: null,
      updatedAt: BEGIN,
      taxes: [
        { name: 'GST', percentage: '5' },
        { name: 'QST', percentage: '9.975' },
      ],
      elements: [
        energy('0.20', { startTime: '22:00', endTime: '06:00', daysOfWeek: ['FRIDAY'] }),
        energy('0.60', { minPower: '50', maxKwh: '30' }),
        energy('0.40'),
        {
          components: [{ type: 'TIME', price: '3', vat: '0', step: 60 }],
          restrictions: { reservation: 'RESERVATION' },
        },
      ],
      startsAt: BEGIN,
      endsAt: BEGIN + 86_400_000,
    });
    const told = all(rate, 'aegi:energyPrice').map((price) => [
      textOf(price, 'aegi:priceType'),
      textOf(price, 'aegi:value'),
      textOf(price, 'aegi:taxRate'),
      all(price, 'com:value')
        .map(({ text }) => text)
        .join(),
    ]);
    expect(told).toEqual([
      ['pricePerKWh', '0.20', '14.975', ''],
      ['other', '0.60', '14.975', 'per kWh; up to 30 kWh charged, at 50 kW or more; where no price before it applies'],
      ['other', '0.40', '14.975', 'per kWh; where no price before it applies'],
      ['other', '3.00', '0', 'per hour for a reservation; in steps of 60 seconds'],
    ]);
    const windows = all(rate, 'com:validPeriod').map((period) => [
      textOf(period, 'com:startTimeOfPeriod'),
      textOf(period, 'com:endTimeOfPeriod'),
      textOf(period, 'com:applicableDay'),
    ]);
    expect(windows).toEqual([
      ['22:00:00', '00:00:00', 'friday'],
      ['00:00:00', '06:00:00', 'friday'],
    ]);
    expect(rate.children.at(-1)!.children.map(({ text }) => text)).toEqual([
      '2026-06-06T10:00:00Z',
      '2026-06-07T10:00:00Z',
    ]);
  });
});
