import { WEEKDAYS, type Tariff } from '../domain/tariff.ts';
import { parseDecimal, ratio, share, toText } from './decimal.ts';
import type { Finding } from './finding.ts';
import { dimensionsOf, regionsOf, unusedIn, type Dimension, type Entry, type Unused } from './reach.ts';
import { AXES, isEmpty, meet, without, type Axis, type Range, type Region, type Week } from './region.ts';

/**
 * Where prices hide each other, or leave something free.
 *
 * @param dates the local dates that matter, as midnights, ms as if they were UTC
 */
export function lintReach(tariff: Tariff, dates: Range): Finding[] {
  const { week, dimensions } = dimensionsOf(tariff);
  const unused = dimensions.flatMap((dimension) => unusedIn(dimension));
  const hidden = new Set(unused.map(({ entry }) => entry));
  return [
    ...tariff.elements.flatMap((_, element) => tellUnused(tariff, element, unused)),
    ...dimensions.flatMap((dimension) => overlaps(dimension, hidden, week, dates)),
    ...dimensions.flatMap((dimension) => gap(dimension, dates, week)),
  ];
}

/** An element that is never used as one finding, else each of its components. */
function tellUnused({ elements }: Tariff, element: number, all: Unused[]): Finding[] {
  const unused = all.filter(({ entry }) => entry.element === element);
  const [first] = unused;
  if (!first) return [];
  const isWhole = unused.length === elements[element]?.components.length;
  if (isWhole && unused.every(({ why }) => why === first.why)) {
    const by = [...new Set(unused.flatMap((each) => each.by))].toSorted((one, other) => one - other);
    return [tell({ ...first, by }, `elements[${element}]`, 'the element')];
  }
  return unused.map((each) => tell(each, placeOf(each.entry), each.entry.component.type));
}

const CODES = { never: 'never', covered: 'unreachable', due: 'flat-once' } as const;

function tell({ why, by }: Unused, path: string, what: string): Finding {
  const names = by.map((place) => `elements[${place}]`).join(', ');
  const text = {
    never: `${what} never applies: its restrictions never hold together. While a bay is kept there is no energy, power or current`,
    covered: `${what} is never used: ${names} always comes first. Put what is more particular before what is general, or remove it`,
    due: `${what} is never used: the flat fee is due once, and that of ${names} is due when a session begins`,
  };
  return { code: CODES[why], path, text: text[why] };
}

/** Pairs of which neither is an exception to the other: an element that lies within a later one is meant as one. */
function overlaps({ type, entries, space }: Dimension, hidden: Set<Entry>, week: Week, dates: Range): Finding[] {
  const open = entries.filter((entry) => !hidden.has(entry));
  return open.flatMap((later, place): Finding[] => {
    const clash = open.slice(0, place).find((earlier, before) => {
      const common = meet(meet(earlier.region, later.region), space);
      if (isEmpty(common) || isSamePrice(earlier, later)) return false;
      const isException = isWithin(meet(earlier.region, space), later.region);
      return !isException && (without(common, regionsOf(open.slice(0, before)))?.length ?? 0) > 0;
    });
    if (!clash) return [];
    const when = whenOf(meet(meet(clash.region, later.region), space), week, dates);
    const text = `${type} is priced by elements[${clash.element}] as well ${when}: elements[${clash.element}] wins there, since it comes first`;
    return [{ code: 'overlap', path: placeOf(later), text }];
  });
}

function isSamePrice({ component: one }: Entry, { component: other }: Entry): boolean {
  return parseDecimal(one.price).equals(parseDecimal(other.price)) && one.vat === other.vat && one.step === other.step;
}

function isWithin(inner: Region, outer: Region): boolean {
  return without(inner, [outer])?.length === 0;
}

/**
 * When a dimension that is priced at other times is free. Free first hours and first kWh are meant; a dimension that becomes free later, or
 * at times of the week or of the year, is told once. A price of 0 says that it is meant.
 */
function gap({ rule, type, entries, space }: Dimension, dates: Range, week: Week): Finding[] {
  if (rule !== 'SESSION' || entries.every(({ component }) => parseDecimal(component.price).n === 0n)) return [];
  const ranges = { date: dates, milliWh: POSITIVE, millis: POSITIVE, milliW: POSITIVE, milliA: POSITIVE };
  const free = (without({ ...space, ranges }, regionsOf(entries)) ?? []).filter((each) => !isGrace(each));
  const first = free.find((each) => MEASURED.every((axis) => isWhole(each, axis))) ?? free[0];
  if (!first) return [];
  const text = `no element prices ${type} ${whenOf(first, week, dates)}: it is free then. If that is meant, say so with a price of 0`;
  return [{ code: 'gap', path: 'elements', text }];
}

const POSITIVE: Range = { from: 0, to: Infinity };
const MEASURED = ['milliWh', 'millis', 'milliW', 'milliA'] as const;

function isGrace({ ranges: { milliWh, millis } }: Region): boolean {
  return [milliWh, millis].some(({ from, to }) => from <= 0 && to !== Infinity);
}

function isWhole({ ranges }: Region, axis: Axis): boolean {
  return ranges[axis].from <= 0 && ranges[axis].to === Infinity;
}

/** A region in words: the first of its times of the week, and its limits; those of the dates that matter aside. */
function whenOf(region: Region, week: Week, dates: Range): string {
  const limits = AXES.flatMap((axis) => {
    const { from, to } = region.ranges[axis];
    const base = axis === 'date' ? dates : POSITIVE;
    return [
      ...(from > base.from ? [`from ${inUnits(axis, from)} on`] : []),
      ...(to >= base.to ? [] : [`${axis === 'date' ? 'before' : 'below'} ${inUnits(axis, to)}`]),
    ];
  });
  const clock = region.week === week.all ? [] : [firstTime(region.week, week)];
  const all = [...clock, ...limits];
  return all.length === 0 ? 'at any time' : all.join(', ');
}

const UNITS: Record<Exclude<Axis, 'date'>, [number, string]> = {
  milliWh: [1_000_000, 'kWh'],
  millis: [60_000, 'min'],
  milliW: [1_000_000, 'kW'],
  milliA: [1000, 'A'],
};

function inUnits(axis: Axis, value: number): string {
  if (axis === 'date') return new Date(value).toISOString().slice(0, 10);
  const [unit, name] = UNITS[axis];
  return `${toText(ratio(value, unit), 6)} ${name}`;
}

/** The first time of the week, from Monday on, that is in a set of cells: `from Saturday 00:00 to Monday 00:00`. */
function firstTime(cells: bigint, { cells: begins }: Week): string {
  const isIn = (cell: number): boolean => ((cells >> BigInt(cell)) & 1n) === 1n;
  const first = begins.findIndex((_, cell) => isIn(cell));
  const after = begins.findIndex((_, cell) => cell > first && !isIn(cell));
  return `from ${timeOfWeek(begins[first] ?? 0)} to ${timeOfWeek(begins[after] ?? 0)} (the first such time of the week)`;
}

const MINUTE = 60_000;

function timeOfWeek(millis: number): string {
  const minutes = share(millis, 1, MINUTE);
  const day = WEEKDAYS[share(minutes, 1, 1440)] ?? 'MONDAY';
  const two = (value: number): string => `${value}`.padStart(2, '0');
  return `${day.slice(0, 1)}${day.slice(1).toLowerCase()} ${two(share(minutes % 1440, 1, 60))}:${two(minutes % 60)}`;
}

function placeOf({ element, index }: Entry): string {
  return `elements[${element}].components[${index}]`;
}
