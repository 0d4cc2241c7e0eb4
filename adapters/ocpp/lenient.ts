import type { JsonSchema, Problem, SchemaSet } from './schemas/load.ts';

/** What came of a payload: usable as it now stands, or not at all. */
export interface Reading {
  payload: unknown;
  /** Why it cannot be used: something required is missing or of a hopeless type. Empty: usable. */
  fatal: Problem[];
  /** What was left out because it cannot be read: optional fields, and entries of lists. */
  dropped: string[];
}

/** Words that chargers use instead of the standard's, by the path of the field (`StatusNotification.req/errorCode`). */
export interface Vocabulary {
  /** What a word, in lower case, means. */
  aliases: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What stands for every word that the standard does not have; a path without one keeps the charger's own. */
  otherwise: Readonly<Record<string, string>>;
  /** Fields of text that some fill with JSON as it is: kept as its text. */
  json: ReadonlySet<string>;
  /** What stands for a required field that is not there. */
  absent?: Readonly<Record<string, string | number>>;
}

/** A version without known aliases. */
const NO_WORDS: Vocabulary = { aliases: {}, otherwise: {}, json: new Set() };

/** What chargers print where they have nothing to say. */
const NOTHING = /^\s*(null|undefined|\(null\))?\s*$/;

/** Texts longer than the standard allows are taken in (Q20), but not without end. */
const MAX_TEXT = 2048;

/** Deviations after which a message still says what it wants to say (law 7). */
const TOLERABLE = new Set([
  'maxLength',
  'minLength',
  'format',
  'enum',
  'multipleOf',
  'additionalProperties',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
]);

/**
 * Reads a payload leniently: valid ones pass as they are; others are coerced towards the schema (numbers written as text,
 * text as numbers, null for absent, wrong case, extra fields, words of the charger's own), each deviation noted by its code.
 */
export function readLeniently(
  schemas: SchemaSet,
  name: string,
  payload: unknown,
  deviate: (code: string, sample: string) => void,
  words: Vocabulary = NO_WORDS,
): Reading {
  const schema = schemas.schema(name) ?? {};
  if (schemas.problems(name, payload).length === 0 && !saysNothing(schema, payload))
    return { payload, fatal: [], dropped: [] };
  const coerced = coerce(schema, payload, name, { note: deviate, words });
  const all = schemas.problems(name, coerced);
  const unreadable = [...new Set(all.filter(isFatal).flatMap(({ path }) => droppable(schema, coerced, path) ?? []))];
  const dropped = unreadable.map((path) => generic(path).slice(1));
  for (const path of unreadable) deviate(`DROPPED:${name}${generic(path)}`, sampleAt(payload, path));
  drop(coerced, unreadable);
  const left = dropped.length > 0 ? schemas.problems(name, coerced) : all;
  for (const problem of left)
    deviate(`${problem.keyword.toUpperCase()}:${name}${generic(problem.path)}`, sampleAt(coerced, problem.path));
  return { payload: coerced, fatal: left.filter(isFatal), dropped };
}

/** Is there an optional text that is there and says nothing? Schemas allow that (Q21). */
function saysNothing(schema: JsonSchema, payload: unknown): boolean {
  if (!isRecord(payload)) return false;
  for (const key in payload) {
    const value = payload[key];
    if (typeof value === 'string' && value.length <= 9 && NOTHING.test(value) && !schema.required?.includes(key))
      return true;
  }
  return false;
}

function isFatal(problem: Problem): boolean {
  return !TOLERABLE.has(problem.keyword);
}

/**
 * The smallest part around an unreadable place that a payload can do without: an optional field, or an entry of a list, so that one
 * bad reading does not take the others with it. Undefined: there is none.
 */
function droppable(schema: JsonSchema, payload: unknown, path: string): string | undefined {
  let at: JsonSchema | undefined = schema;
  let value = payload;
  let inside = '';
  let found: string | undefined;
  for (const step of path.split('/').slice(1)) {
    inside += `/${step}`;
    const there = Array.isArray(value)
      ? value[Number(step)] !== undefined
      : isRecord(value) && Object.hasOwn(value, step);
    if (!there) break;
    if (Array.isArray(value)) {
      found = inside;
      at = at?.items;
      value = value[Number(step)] as unknown;
    } else if (isRecord(value)) {
      if (!at?.required?.includes(step)) found = inside;
      at = at?.properties?.[step];
      value = value[step];
    }
  }
  return found;
}

/** Takes these places out of a payload that `coerce` made. */
function drop(coerced: unknown, paths: readonly string[]): void {
  // From the end, so that what is still to go stands where it stood.
  for (const path of paths.toSorted(byPlace).toReversed()) {
    const steps = path.split('/').slice(1);
    const last = steps.pop() ?? '';
    let holder: unknown = coerced;
    for (const step of steps)
      holder = Array.isArray(holder) ? holder[Number(step)] : isRecord(holder) ? holder[step] : undefined;
    if (Array.isArray(holder)) holder.splice(Number(last), 1);
    else if (isRecord(holder)) delete holder[last];
  }
}

const byPlace = (one: string, other: string): number => one.localeCompare(other, 'en', { numeric: true });

/** How deviations are noted, and what the charger's own words mean. */
interface Way {
  note: (code: string, sample: string) => void;
  words: Vocabulary;
}

function coerce(schema: JsonSchema, value: unknown, path: string, way: Way): unknown {
  if (schema.type === 'object') return isRecord(value) ? coerceObject(schema, value, path, way) : value;
  if (schema.type === 'array' && schema.items) {
    const items = schema.items;
    return Array.isArray(value) ? value.map((item: unknown) => coerce(items, item, path, way)) : value;
  }
  const coerced = coerceScalar(schema, value, path, way.words);
  if (coerced !== value) way.note(`COERCED:${path}`, JSON.stringify(value));
  return cut(schema, coerced, path, way);
}

function cut(schema: JsonSchema, value: unknown, path: string, way: Way): unknown {
  if (typeof value !== 'string' || schema.maxLength === undefined) return value;
  const most = Math.max(MAX_TEXT, 2 * schema.maxLength);
  if (value.length <= most) return value;
  way.note(`CUT:${path}`, value);
  return value.slice(0, most);
}

function coerceObject(
  schema: JsonSchema,
  value: Record<string, unknown>,
  path: string,
  way: Way,
): Record<string, unknown> {
  const properties = schema.properties ?? {};
  const result: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (!known) way.note(`EXTRA:${path}/${key}`, JSON.stringify(field));
    else if (field === null || isBlank(schema, key, field))
      way.note(`${field === null ? 'NULL' : 'BLANK'}:${path}/${key}`, JSON.stringify(field));
    else result[key] = coerce(known, field, `${path}/${key}`, way);
  }
  for (const key of schema.required ?? []) {
    const stands = Object.hasOwn(result, key) ? undefined : way.words.absent?.[`${path}/${key}`];
    if (stands === undefined) continue;
    way.note(`ABSENT:${path}/${key}`, '');
    result[key] = stands;
  }
  return result;
}

/** Nothing was said, or the word for nothing, where nothing needs to be said (Q21). */
function isBlank(schema: JsonSchema, key: string, field: unknown): boolean {
  return typeof field === 'string' && NOTHING.test(field) && !schema.required?.includes(key);
}

function coerceScalar(schema: JsonSchema, value: unknown, path: string, words: Vocabulary): unknown {
  if (schema.type === 'string') {
    if (typeof value === 'object' && words.json.has(path)) return JSON.stringify(value);
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    return typeof text === 'string' && schema.enum ? inWords(schema.enum, text, path, words) : text;
  }
  if (schema.type === 'integer' || schema.type === 'number') {
    const number = typeof value === 'string' && /^\s*-?\d+([.,]\d+)?\s*$/.test(value) ? toNumber(value) : value;
    return schema.type === 'integer' && typeof number === 'number' ? Math.round(number) : number;
  }
  if (schema.type === 'boolean' && typeof value === 'string' && /^(true|false)$/i.test(value))
    return value.toLowerCase() === 'true';
  return value;
}

function toNumber(text: string): number {
  return Number(text.trim().replace(',', '.'));
}

/** The standard's word for what was said: whatever its case, or by what is known to be meant (Q19). */
function inWords(allowed: unknown[], text: string, path: string, words: Vocabulary): string {
  if (allowed.includes(text)) return text;
  const wanted = text.trim().toLowerCase();
  const match = allowed.find((option) => typeof option === 'string' && option.toLowerCase() === wanted);
  if (typeof match === 'string') return match;
  const aliases = words.aliases[path];
  return (aliases && Object.hasOwn(aliases, wanted) ? aliases[wanted] : words.otherwise[path]) ?? text;
}

/** Array positions do not make a new kind of deviation. */
function generic(path: string): string {
  return path.replace(/\/\d+(?=\/|$)/g, '');
}

function sampleAt(value: unknown, path: string): string {
  let at: unknown = value;
  for (const step of path.split('/').slice(1))
    at = Array.isArray(at) ? at[Number(step)] : isRecord(at) ? at[step] : undefined;
  return JSON.stringify(at) ?? 'absent';
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
