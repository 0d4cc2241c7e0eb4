import type { JsonSchema, Problem, SchemaSet } from './schemas/load.ts';

/** What came of a payload: usable as it now stands, or not at all. */
export interface Reading {
  payload: unknown;
  /** Why it cannot be used: something required is missing or of a hopeless type. Empty: usable. */
  fatal: Problem[];
  /** Optional fields that were left out because they cannot be read. */
  dropped: string[];
}

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
 * text as numbers, null for absent, wrong case, extra fields), each deviation noted by its code.
 */
export function readLeniently(
  schemas: SchemaSet,
  name: string,
  payload: unknown,
  deviate: (code: string, sample: string) => void,
): Reading {
  if (schemas.problems(name, payload).length === 0) return { payload, fatal: [], dropped: [] };
  const schema = schemas.schema(name) ?? {};
  const coerced = coerce(schema, payload, name, deviate);
  const all = schemas.problems(name, coerced);
  const dropped = dropUnreadable(schema, coerced, all.filter(isFatal));
  for (const key of dropped) deviate(`DROPPED:${name}/${key}`, sampleAt(payload, `/${key}`));
  const left = dropped.length > 0 ? schemas.problems(name, coerced) : all;
  for (const problem of left)
    deviate(`${problem.keyword.toUpperCase()}:${name}${generic(problem.path)}`, sampleAt(coerced, problem.path));
  return { payload: coerced, fatal: left.filter(isFatal), dropped };
}

function isFatal(problem: Problem): boolean {
  return !TOLERABLE.has(problem.keyword);
}

/** Takes optional fields with hopeless contents out of a payload that `coerce` made; tells which. */
function dropUnreadable(schema: JsonSchema, coerced: unknown, fatal: Problem[]): string[] {
  if (!isRecord(coerced)) return [];
  const keys = new Set(fatal.map((problem) => problem.path.split('/')[1] ?? ''));
  const optional = [...keys].filter((key) => Object.hasOwn(coerced, key) && !schema.required?.includes(key));
  for (const key of optional) delete coerced[key];
  return optional;
}

type Note = (code: string, sample: string) => void;

function coerce(schema: JsonSchema, value: unknown, path: string, note: Note): unknown {
  if (schema.type === 'object') return isRecord(value) ? coerceObject(schema, value, path, note) : value;
  if (schema.type === 'array' && schema.items) {
    const items = schema.items;
    return Array.isArray(value) ? value.map((item: unknown) => coerce(items, item, path, note)) : value;
  }
  const coerced = coerceScalar(schema, value);
  if (coerced !== value) note(`COERCED:${path}`, JSON.stringify(value));
  return coerced;
}

function coerceObject(
  schema: JsonSchema,
  value: Record<string, unknown>,
  path: string,
  note: Note,
): Record<string, unknown> {
  const properties = schema.properties ?? {};
  const result: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (!known) note(`EXTRA:${path}/${key}`, JSON.stringify(field));
    else if (field === null || (field === '' && !schema.required?.includes(key) && known.type === 'string'))
      note(`${field === null ? 'NULL' : 'BLANK'}:${path}/${key}`, JSON.stringify(field));
    else result[key] = coerce(known, field, `${path}/${key}`, note);
  }
  return result;
}

function coerceScalar(schema: JsonSchema, value: unknown): unknown {
  if (schema.type === 'string') {
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    return typeof text === 'string' && schema.enum ? inCase(schema.enum, text) : text;
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

function inCase(allowed: unknown[], text: string): string {
  if (allowed.includes(text)) return text;
  const wanted = text.trim().toLowerCase();
  const match = allowed.find((option) => typeof option === 'string' && option.toLowerCase() === wanted);
  return typeof match === 'string' ? match : text;
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
