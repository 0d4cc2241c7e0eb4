import { Big } from 'big.js';
import { Temporal } from 'temporal-polyfill';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { ComponentType, PriceComponent, Restrictions, Tariff } from '../../../gateway/domain/tariff.ts';
import { isOfClock } from '../../../gateway/pricing/calendar.ts';
import { el, type Xml } from './xml.ts';

const MIDNIGHT = '00:00';

/** The work grows with the fourth power of that. */
const MOST_EXACT = 24;

/** From inclusive, to exclusive; `to` null: without end. */
interface Range {
  from: number;
  to: number | null;
}

/** A price and when it applies, so that no two of a type ever apply at once: all prices of a rate add up there. */
export interface Applied {
  component: PriceComponent;
  minutes: Range;
  kWh: Range;
  /** By clock and calendar; null: always. */
  when: Restrictions | null;
  /** But not then: another price comes first. */
  unless: Restrictions[];
}

/** A price that DATEX II has no exact way to restrict, or whose place others leave open is not known there. */
export interface Untold {
  component: PriceComponent;
  restrictions: Restrictions;
  /** Others of its type come first. */
  isFallback: boolean;
}

interface Rule {
  component: PriceComponent;
  restrictions: Restrictions;
  minutes: Range;
  kWh: Range;
}

/**
 * When each price of a type applies. OCPI goes by the first element that applies (OCPI 2.3.0 mod_tariffs Tariff), DATEX II adds
 * up all that do (aegi:EnergyPrice): so each has what comes before it taken out. `untold`: from the first one on that is
 * restricted by power or current, or by parts of a minute or kWh, or comes after too many.
 */
export function applicationsOf(tariff: Tariff, type: ComponentType): { applied: Applied[]; untold: Untold[] } {
  const rules = rulesOf(tariff, type);
  const hidden = rules.findIndex(({ restrictions }, index) => index >= MOST_EXACT || !isExact(restrictions));
  const exact = hidden < 0 ? rules : rules.slice(0, hidden);
  return {
    applied: exact.flatMap((rule, index) => spread(rule, exact.slice(0, index), exact)),
    untold: rules
      .slice(exact.length)
      .map(({ component, restrictions }, index) => ({ component, restrictions, isFallback: exact.length + index > 0 })),
  };
}

/** Up to the first one that always applies. */
function rulesOf({ elements }: Tariff, type: ComponentType): Rule[] {
  const rules = elements.flatMap((element) => {
    const restrictions = withoutAllDay(element.restrictions ?? {});
    const component = element.components.find((each) => each.type === type);
    if (!component || restrictions.reservation !== undefined || restrictions.booking !== undefined) return [];
    const { minDuration = 0, maxDuration, minKwh = '0', maxKwh } = restrictions;
    return [
      {
        component,
        restrictions,
        minutes: { from: minDuration / 60, to: maxDuration === undefined ? null : maxDuration / 60 },
        kWh: { from: Number(minKwh), to: maxKwh === undefined ? null : Number(maxKwh) },
      },
    ];
  });
  const last = rules.findIndex(({ restrictions }) => Object.keys(restrictions).length === 0);
  return last < 0 ? rules : rules.slice(0, last + 1);
}

/** What says that it is always so says nothing. */
function withoutAllDay({ startTime, endTime, daysOfWeek, ...rest }: Restrictions): Restrictions {
  const allDay = (startTime ?? MIDNIGHT) === (endTime ?? MIDNIGHT);
  return {
    ...rest,
    ...(startTime !== undefined && !allDay && { startTime }),
    ...(endTime !== undefined && !allDay && { endTime }),
    ...(daysOfWeek?.length && { daysOfWeek }),
  };
}

/** DATEX II has whole minutes and kWh, and neither power nor current. */
function isExact(r: Restrictions): boolean {
  const electric = [r.minPower, r.maxPower, r.minCurrent, r.maxCurrent];
  const seconds = [r.minDuration, r.maxDuration].filter((each) => each !== undefined);
  const energy = [r.minKwh, r.maxKwh].filter((each) => each !== undefined);
  return (
    electric.every((each) => each === undefined) &&
    seconds.every((each) => each % 60 === 0) &&
    energy.every((each) => new Big(each).mod(1).eq(0))
  );
}

/** A rule in the ranges between all thresholds, without those that come before it; ranges that are alike are joined again. */
function spread(rule: Rule, before: Rule[], all: Rule[]): Applied[] {
  const rows = rangesOf(all.map(({ kWh }) => kWh)).filter((kWh) => covers(rule.kWh, kWh));
  return rows
    .flatMap((kWh) =>
      rangesOf(all.map(({ minutes }) => minutes))
        .filter((minutes) => covers(rule.minutes, minutes))
        .flatMap((minutes) => cell(rule, before, minutes, kWh) ?? [])
        .reduce<Applied[]>((joined, next) => join(joined, next, 'minutes', 'kWh'), []),
    )
    .reduce<Applied[]>((joined, next) => join(joined, next, 'kWh', 'minutes'), []);
}

function cell(rule: Rule, before: Rule[], minutes: Range, kWh: Range): Applied | null {
  const first = before.filter((other) => covers(other.minutes, minutes) && covers(other.kWh, kWh));
  if (first.some(({ restrictions }) => !isOfClock(restrictions))) return null;
  const { component, restrictions } = rule;
  return {
    component,
    minutes,
    kWh,
    when: isOfClock(restrictions) ? restrictions : null,
    unless: first.map((other) => other.restrictions),
  };
}

type Axis = 'minutes' | 'kWh';

/** Adds a range to one that it goes on from, where all else is alike. */
function join(joined: Applied[], next: Applied, along: Axis, across: Axis): Applied[] {
  const index = joined.findIndex(
    (each) =>
      each[along].to === next[along].from &&
      each[across].from === next[across].from &&
      each[across].to === next[across].to &&
      each.unless.length === next.unless.length &&
      each.unless.every((other, at) => other === next.unless[at]),
  );
  const found = joined[index];
  if (!found) return [...joined, next];
  return joined.with(index, { ...found, [along]: { from: found[along].from, to: next[along].to } });
}

function rangesOf(ranges: Range[]): Range[] {
  const ends = ranges.flatMap(({ from, to }) => (to === null ? [from] : [from, to]));
  const edges = [...new Set([0, ...ends])].toSorted((a, b) => a - b);
  return edges.map((from, index) => ({ from, to: edges[index + 1] ?? null }));
}

function covers(range: Range, part: Range): boolean {
  return range.from <= part.from && (range.to === null || (part.to !== null && part.to <= range.to));
}

/** com:OverallPeriod, aegi:TimeBasedApplicability and aegi:EnergyBasedApplicability of a price. */
export function applicability({ when, unless, minutes, kWh }: Applied, tariff: Tariff, zone: string): (Xml | null)[] {
  const always = when === null && unless.length === 0;
  return [
    always
      ? null
      : overallPeriod(tariff, [
          ...(when === null ? [] : periodsOf('com:validPeriod', when, zone)),
          ...unless.flatMap((other) => periodsOf('com:exceptionPeriod', other, zone)),
        ]),
    range('aegi:timeBasedApplicability', 'aegi:fromMinute', 'aegi:toMinute', minutes),
    range('aegi:energyBasedApplicability', 'aegi:fromKWh', 'aegi:toKWh', kWh),
  ];
}

/** com:OverallPeriod: while the tariff is in force, and only at certain times where some are given. */
export function overallPeriod({ startsAt, endsAt, updatedAt }: Tariff, periods: Xml[]): Xml {
  return el('aegi:overallPeriod', [
    el('com:overallStartTime', toUtc(startsAt ?? updatedAt)),
    endsAt === undefined ? null : el('com:overallEndTime', toUtc(endsAt)),
    ...periods,
  ]);
}

function range(name: string, least: string, most: string, { from, to }: Range): Xml | null {
  if (from === 0 && to === null) return null;
  return el(name, [from === 0 ? null : el(least, from), to === null ? null : el(most, to)]);
}

/** com:Period; times of day are the site's own, and days those of the local date at each moment, so midnight parts them. */
function periodsOf(name: string, r: Restrictions, zone: string): Xml[] {
  const days = r.daysOfWeek ?? [];
  const frame = [dateIn('com:startOfPeriod', r.startDate, zone), dateIn('com:endOfPeriod', r.endDate, zone)];
  const week =
    days.length === 0
      ? null
      : el(
          'com:recurringDayWeekMonthPeriod',
          days.map((day) => el('com:applicableDay', day.toLowerCase())),
        );
  const times = windowsOf(r).map(([from, to]) =>
    el('com:recurringTimePeriodOfDay', [
      el('com:startTimeOfPeriod', `${from}:00`),
      el('com:endTimeOfPeriod', `${to}:00`),
    ]),
  );
  return (times.length === 0 ? [null] : times).map((time) => el(name, [...frame, time, week]));
}

/** None: all day. An end at midnight is `00:00`, which is before no time of its own day. */
function windowsOf({ startTime: from = MIDNIGHT, endTime: to = MIDNIGHT }: Restrictions): [string, string][] {
  if (from === to) return [];
  if (from < to || to === MIDNIGHT) return [[from, to]];
  return [
    [from, MIDNIGHT],
    [MIDNIGHT, to],
  ];
}

/** The beginning of a local date. */
function dateIn(name: string, date: string | undefined, zone: string): Xml | null {
  if (date === undefined) return null;
  return el(name, toUtc(Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds));
}
