import { WEEKDAYS, type Restrictions, type Weekday } from '../domain/tariff.ts';
import { timeOf } from '../pricing/calendar.ts';
import { dateText, durationText, fill, numberText } from './format.ts';
import type { RangeWords, Words } from './words.ts';

/** When restrictions hold, one short phrase for each; what the bay is kept for aside. */
export function conditionsInWords(r: Restrictions, words: Words): string[] {
  const amount = (unit: string) => (value: string) => `${numberText(value, words)} ${unit}`;
  const seconds = (value: number): string => durationText(value, words);
  return [
    ...daysInWords(r.daysOfWeek ?? [], words),
    ...clockInWords(r, words),
    ...range(
      words.dates,
      r.startDate,
      r.endDate,
      (date) => dateText(date, 0, words),
      // The end is exclusive; people say the last day.
      (date) => dateText(date, -1, words),
    ),
    ...range(words.duration, r.minDuration || undefined, r.maxDuration, seconds),
    ...range(words.energy, positive(r.minKwh), r.maxKwh, amount('kWh')),
    ...range(words.level, positive(r.minPower), r.maxPower, amount('kW')),
    ...range(words.level, positive(r.minCurrent), r.maxCurrent, amount('A')),
  ];
}

/** Three days and more in a row by the first and the last of them: `Mon-Fri`. */
function daysInWords(days: Weekday[], words: Words): string[] {
  const runs: number[][] = [];
  for (const [index, day] of WEEKDAYS.entries()) {
    if (!days.includes(day)) continue;
    const run = runs.at(-1);
    if (run?.at(-1) === index - 1) run.push(index);
    else runs.push([index]);
  }
  if (runs.length === 0 || runs[0]?.length === WEEKDAYS.length) return [];
  const name = (index: number | undefined): string => words.days[index ?? 0] ?? '';
  const told = runs.map((run) => (run.length > 2 ? `${name(run[0])}-${name(run.at(-1))}` : run.map(name).join(', ')));
  return [told.join(', ')];
}

function clockInWords({ startTime = '00:00', endTime = '00:00' }: Restrictions, words: Words): string[] {
  if (startTime === endTime) return [];
  const to = timeOf(endTime) === 0 ? '24:00' : endTime;
  return [fill(words.clock, { from: startTime, to })];
}

function positive(value: string | undefined): string | undefined {
  return value === undefined || /^[0.]*$/.test(value) ? undefined : value;
}

function range<Value>(
  words: RangeWords,
  from: Value | undefined,
  to: Value | undefined,
  text: (value: Value) => string,
  lastText = text,
): string[] {
  if (from !== undefined && to !== undefined) return [fill(words.both, { from: text(from), to: lastText(to) })];
  if (from !== undefined) return [fill(words.from, { from: text(from) })];
  return to === undefined ? [] : [fill(words.to, { to: lastText(to) })];
}
