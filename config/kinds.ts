import { Type, type TUnsafe } from 'typebox';
import { kebabCase } from './names.ts';

/** How the text of a YAML value becomes what the schema describes. */
export type Kind =
  | 'text'
  | 'integer'
  | 'boolean'
  | 'choice'
  | 'decimal'
  | 'latitude'
  | 'longitude'
  | 'time-zone'
  | 'url'
  | 'instant'
  | 'file';

/** What every key's schema carries beyond JSON Schema's own keywords. */
export interface Leaf {
  kind: Kind;
  /** What is accepted, in the words of an error message: `a whole number from 0 to 65535`. */
  expects: string;
  description: string;
  default?: string | number | boolean | null;
  unit?: string;
  /** Never shown in a message. */
  secret?: boolean;
  enum?: (string | null)[];
}

interface Options<T> {
  description: string;
  /** Absent: the key must be given. Null: it may be left out, and then there is none. */
  default?: T | null;
}

type Value<T, O> = O extends { default: null } ? T | null : T;

function leaf<T, O>(kind: Kind, expects: string, json: object, options: O & Options<T>): TUnsafe<Value<T, O>> {
  const nullable = options.default === null;
  const keywords: Record<string, unknown> = { ...json };
  if (nullable) {
    keywords['type'] = [keywords['type'], 'null'];
    if (Array.isArray(keywords['enum'])) keywords['enum'] = [...(keywords['enum'] as unknown[]), null];
  }
  return Type.Unsafe<Value<T, O>>({ ...keywords, ...options, kind, expects });
}

interface TextOptions extends Options<string> {
  min?: number;
  max: number;
  pattern?: string;
  expects?: string;
  secret?: boolean;
  /** Printable ASCII only, as OCPI's CiString. */
  ascii?: boolean;
}

/** Text. A bare number counts as the text it was written as, so that `postal-code: 01234` keeps its nought. */
export function text<const O extends TextOptions>(options: O): TUnsafe<Value<string, O>> {
  const { min = 1, max, pattern, expects, ascii = false, ...rest } = options as TextOptions;
  const size = min === 0 ? `at most ${max}` : `${min} to ${max}`;
  const json = {
    type: 'string',
    minLength: min,
    maxLength: max,
    ...(pattern !== undefined || ascii ? { pattern: pattern ?? '^[\\x20-\\x7e]*$' } : {}),
  };
  const words = expects ?? `text of ${size} ${ascii ? 'plain ASCII ' : ''}characters`;
  return leaf<string, O>('text', words, json, rest as O & Options<string>);
}

interface IntegerOptions extends Options<number> {
  min: number;
  max: number;
  unit?: string;
}

/** A whole number within bounds. */
export function integer<const O extends IntegerOptions>(options: O): TUnsafe<Value<number, O>> {
  const { min, max } = options;
  return leaf<number, O>(
    'integer',
    `a whole number from ${min} to ${max}`,
    { type: 'integer', minimum: min, maximum: max },
    options,
  );
}

/** `true` or `false`. */
export function flag<const O extends Options<boolean>>(options: O): TUnsafe<Value<boolean, O>> {
  return leaf<boolean, O>('boolean', 'true or false', { type: 'boolean' }, options);
}

/** One of the domain's own values, written in lower case with hyphens: `PARKING_TIME` is `parking-time` in the file. */
export function choice<const T extends string, const O extends Options<NoInfer<T>>>(
  values: readonly T[],
  options: O,
): TUnsafe<Value<T, O>> {
  const spellings = values.map(kebabCase);
  const expects =
    spellings.length > 8
      ? `one of the ${spellings.length} values listed in config/reference.md, such as ${spellings[0]}`
      : [spellings.slice(0, -1).join(', '), spellings.at(-1)].filter(Boolean).join(' or ');
  return leaf<T, O>('choice', expects, { type: 'string', enum: [...values] }, options);
}

/** A number from 0 that is kept exactly as written, as OCPI has it: at most 4 decimals. */
export function decimal<const O extends Options<string>>(options: O): TUnsafe<Value<string, O>> {
  const json = { type: 'string', pattern: '^\\d{1,9}(\\.\\d{1,4})?$' };
  return leaf<string, O>('decimal', 'a number from 0 with at most 4 decimals, such as 0.45', json, options);
}

/** Degrees as exact text with 5 to 7 decimals (OCPI 2.3.0 mod_locations GeoLocation). */
export function coordinate<const O extends Options<string>>(
  kind: 'latitude' | 'longitude',
  options: O,
): TUnsafe<Value<string, O>> {
  const digits = kind === 'latitude' ? 2 : 3;
  const limit = kind === 'latitude' ? 90 : 180;
  const json = { type: 'string', pattern: `^-?\\d{1,${digits}}\\.\\d{5,7}$` };
  return leaf<string, O>(kind, `degrees from -${limit} to ${limit} with at most 7 decimals`, json, options);
}

/** A name of the IANA time zone database, as this runtime knows it. */
export function timeZone<const O extends Options<string>>(options: O): TUnsafe<Value<string, O>> {
  return leaf<string, O>('time-zone', 'an IANA time zone such as Europe/Stockholm', { type: 'string' }, options);
}

/** An absolute http or https URL. */
export function url<const O extends Options<string>>(options: O): TUnsafe<Value<string, O>> {
  return leaf<string, O>('url', 'an http:// or https:// URL', { type: 'string', maxLength: 255 }, options);
}

/** A time with its zone, read as epoch milliseconds. */
export function instant<const O extends Options<number>>(options: O): TUnsafe<Value<number, O>> {
  return leaf<number, O>('instant', 'a time with its zone, such as 2027-01-31T12:00:00Z', { type: 'integer' }, options);
}

/** The file that holds the value of the key beside it, so that a secret need not stand in the configuration. */
function file<const O extends Options<string>>(options: O): TUnsafe<Value<string, O>> {
  return leaf<string, O>('file', 'the path of a file', { type: 'string', minLength: 1, maxLength: 4096 }, options);
}

/** A secret without blanks, which may stand in a file of its own instead; default: none. Messages never show it. */
export function secret(min: number, max: number, description: string): TUnsafe<string | null> {
  return text({
    min,
    max,
    pattern: '^[\\x21-\\x7e]*$',
    expects: `${min} to ${max} printable ASCII characters without blanks`,
    secret: true,
    default: null,
    description,
  });
}

/** The `…-file` key beside a secret's key. */
export function secretFile(key: string): TUnsafe<string | null> {
  return file({
    default: null,
    description: `File that holds \`${key}\`, relative to this configuration; a newline at its end does not count.`,
  });
}

/** A file with a certificate or a key, which may be left out. */
export const pemFile = (description: string) =>
  text({
    max: 4096,
    expects: 'the path of a PEM file',
    default: null,
    description: `${description}. Relative to this file.`,
  });
