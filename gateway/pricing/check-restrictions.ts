import { WEEKDAYS, type Restrictions, type TariffElement } from '../domain/tariff.ts';
import { isDecimal, parseDecimal } from './decimal.ts';

/** Why an element's restrictions can never be judged, or never hold: a sentence each, beginning with the place. */
export function checkRestrictions({ components, restrictions = {} }: TariffElement, place: string): string[] {
  const problems = [...checkClock(restrictions), ...checkBounds(restrictions), ...checkHold(restrictions)];
  const kept = restrictions.reservation ?? restrictions.booking;
  const misplaced = components.filter(({ type }) => kept !== undefined && type !== 'FLAT' && type !== 'TIME');
  return [
    ...problems.map((problem) => `${place}.restrictions.${problem}`),
    ...misplaced.map(({ type }) => `${place}.components: ${type} has no meaning under ${kept}; FLAT and TIME have`),
  ];
}

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

function checkClock({ startTime, endTime, startDate, endDate, daysOfWeek = [] }: Restrictions): string[] {
  const problems = [
    ...[{ startTime }, { endTime }].flatMap((each) =>
      wrong(each, (text) => TIME.test(text), 'is no time of day such as 08:30'),
    ),
    ...[{ startDate }, { endDate }].flatMap((each) => wrong(each, isDate, 'is no date such as 2026-12-31')),
  ];
  if (problems.length === 0 && startDate !== undefined && endDate !== undefined && endDate <= startDate)
    problems.push(`endDate: ${endDate} is not after startDate, ${startDate}: the element would never apply`);
  const unknown = daysOfWeek.filter((day) => !WEEKDAYS.includes(day));
  return [...problems, ...unknown.map((day) => `daysOfWeek: ${day} is no day; write ${WEEKDAYS.join(', ')}`)];
}

function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function wrong(given: Record<string, string | undefined>, isRight: (text: string) => boolean, what: string): string[] {
  return Object.entries(given).flatMap(([key, text]) =>
    text === undefined || isRight(text) ? [] : [`${key}: "${text}" ${what}`],
  );
}

/** Each pair: least inclusive, most exclusive (OCPI 2.3.0 mod_tariffs TariffRestrictions). */
function checkBounds(r: Restrictions): string[] {
  const pairs = [
    ['minKwh', 'maxKwh'],
    ['minCurrent', 'maxCurrent'],
    ['minPower', 'maxPower'],
    ['minDuration', 'maxDuration'],
  ] as const;
  return pairs.flatMap(([least, most]) => {
    const problems = [least, most].flatMap((key) => {
      const value = r[key];
      return value === undefined || isBound(value) ? [] : [`${key}: ${value} is no number from 0`];
    });
    const [low, high] = [r[least], r[most]];
    if (problems.length > 0 || high === undefined) return problems;
    const over = parseDecimal(`${high}`);
    return over.n === 0n || (low !== undefined && over.lte(parseDecimal(`${low}`)))
      ? [`${most}: nothing is both from ${low ?? 0} and below ${high}: the element would never apply`]
      : [];
  });
}

function isBound(value: string | number): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 && value <= 1_000_000_000;
  return isDecimal(value) && parseDecimal(value).s >= 0n;
}

function checkHold({ reservation, booking }: Restrictions): string[] {
  return reservation !== undefined && booking !== undefined
    ? ['booking: an element is for reservations or for bookings, not for both; make two of it']
    : [];
}
