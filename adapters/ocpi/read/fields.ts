import { Big } from 'big.js';
import type { Decimal } from '../../../gateway/domain/tariff.ts';
import { parseTime, type Millis } from '../../../gateway/domain/time.ts';
import { isDecimal } from '../../../gateway/pricing/decimal.ts';

/*
 * Reads wire objects of others, field by field. What is wrong is gathered with its place, so that all of it is told at once;
 * a value that could not be read has a stand-in, and nothing that was read may be used once there is a problem.
 */

/** What reading found, of which place: why it cannot be used, and what had to be assumed. */
export interface Findings {
  problems: Finding[];
  notes: Finding[];
}

interface Finding {
  path: string;
  says: string;
}

/** A value, and where it stands. */
export interface Place {
  value: unknown;
  /** As `elements[0].price_components[1].price`; empty for the whole. */
  path: string;
  found: Findings;
}

/** The whole of what came, with no findings yet. */
export function whole(value: unknown): Place {
  return { value, path: '', found: { problems: [], notes: [] } };
}

/** A field of an object; what is no object has none. */
export function field({ value, path, found }: Place, name: string): Place {
  const own = isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return { value: own, path: path === '' ? name : `${path}.${name}`, found };
}

/** Is there something? Null says that there is nothing. */
export function isGiven({ value }: Place): boolean {
  return value !== undefined && value !== null;
}

/** What `read` makes of it; undefined where there is nothing. */
export function maybe<T>(at: Place, read: (at: Place) => T): T | undefined {
  return isGiven(at) ? read(at) : undefined;
}

/** Sets `target[key]` to what `read` makes of it; leaves it alone where there is nothing. */
export function take<T, K extends keyof T>(target: T, key: K, at: Place, read: (at: Place) => T[K]): void {
  if (isGiven(at)) target[key] = read(at);
}

/** Tells why a value cannot be used. */
export function refuse({ path, found }: Place, why: string): void {
  found.problems.push({ path, says: why });
}

/** Tells what had to be assumed of it. */
export function remark({ path, found }: Place, what: string): void {
  found.notes.push({ path, says: what });
}

/** Places named in one sentence. */
const NAMED = 3;

/** Findings as sentences that begin with the place; what is said of many places is one sentence. */
export function sentencesOf(findings: readonly Finding[]): string[] {
  const alike = Map.groupBy(findings, ({ says }) => says);
  return [...alike].map(([says, places]) => {
    const named = places.slice(0, NAMED).flatMap(({ path }) => (path === '' ? [] : [path]));
    const more = places.length > NAMED ? ` and ${places.length - NAMED} more` : '';
    return named.length === 0 ? says : `${named.join(', ')}${more}: ${says}`;
  });
}

/** Is it an object? Tells so where it is none. */
export function isObject(at: Place): boolean {
  const right = isRecord(at.value);
  if (!right) refuse(at, expected(at, 'an object'));
  return right;
}

/** The names of an object's fields. */
export function namesOf({ value }: Place): string[] {
  return isRecord(value) ? Object.keys(value) : [];
}

/** Items of a list, at most so many. */
export function list(at: Place, most: number): Place[] {
  const { value, path, found } = at;
  if (!Array.isArray(value)) {
    refuse(at, expected(at, 'a list'));
    return [];
  }
  if (value.length > most) {
    refuse(at, `${value.length} are more than the ${most} that are read`);
    return [];
  }
  return value.map((item: unknown, index) => ({ value: item, path: `${path}[${index}]`, found }));
}

/** Text of 1 to `most` characters. */
export function text(at: Place, most = 255): string {
  const { value } = at;
  if (typeof value !== 'string' || value.trim() === '') refuse(at, expected(at, 'text'));
  else if (value.length <= most) return value;
  else refuse(at, `${value.length} characters are more than ${most}`);
  return '';
}

/** One of the names. */
export function choice<const T extends string>(at: Place, names: readonly [T, ...T[]]): T {
  const found = names.find((name) => name === at.value);
  if (found === undefined) refuse(at, expected(at, `one of ${names.join(', ')}`));
  return found ?? names[0];
}

/** Yes or no. */
export function flag(at: Place): boolean {
  if (typeof at.value !== 'boolean') refuse(at, expected(at, 'true or false'));
  return at.value === true;
}

/** A number as exact text. Digits in quotes are taken for it, as old platforms write them, and noted. */
export function decimal(at: Place): Decimal {
  const { value } = at;
  const written = typeof value === 'number' ? decimalOf(value) : null;
  const quoted = typeof value === 'string' && isDecimal(value.trim()) ? value.trim() : null;
  if (quoted !== null) remark(at, 'text stands where a number belongs; it is read as one');
  const read = written ?? quoted;
  if (read !== null && isDecimal(read)) return read;
  refuse(at, `${expected(at, 'a number')}, with at most 12 digits before and 10 after the point`);
  return '0';
}

/** A whole number from 0. */
export function integer(at: Place): number {
  const read = decimal(at);
  const number = Number(read);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  refuse(at, expected(at, 'a whole number from 0'));
  return 0;
}

/** An instant; UTC where it names no zone (OCPI 2.3.0 types, DateTime). */
export function instant(at: Place): Millis {
  const parsed = typeof at.value === 'string' ? parseTime(at.value) : null;
  if (!parsed) refuse(at, expected(at, 'a time such as 2026-11-21T04:09:22Z'));
  return parsed?.at ?? 0;
}

/** A JSON number as the shortest decimal that is it, without exponent. */
function decimalOf(value: number): Decimal | null {
  if (!Number.isFinite(value)) return null;
  return value === 0 ? '0' : new Big(value).toFixed();
}

const SHOWN = 60;

/** What is wrong with it, told with what stands there. */
function expected(at: Place, what: string): string {
  if (!isGiven(at)) return `missing; ${what} belongs here`;
  const shown = JSON.stringify(at.value);
  return `${shown.length > SHOWN ? `${shown.slice(0, SHOWN)}…` : shown} is not ${what}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
