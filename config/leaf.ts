import { isMap, isScalar, isSeq, type Node } from 'yaml';
import { Check } from 'typebox/schema';
import { parseTime } from '../gateway/domain/time.ts';
import type { Kind, Leaf } from './kinds.ts';
import { kebabCase, nearest } from './names.ts';

/** A YAML scalar as it was written and as YAML understands it. */
interface Written {
  source: string;
  value: unknown;
}

type Reader = (written: Written, leaf: Leaf) => unknown;

const asText: Reader = ({ source, value }) =>
  typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'bigint' ? source : undefined;

const readers: Record<Kind, Reader> = {
  text: asText,
  file: asText,
  integer: ({ value }) => value,
  boolean: ({ value }) => value,
  choice: ({ value }, leaf) =>
    typeof value === 'string'
      ? leaf.enum?.find((item) => item !== null && kebabCase(item) === kebabCase(value))
      : undefined,
  decimal: (written, leaf) => shortestDecimal(asText(written, leaf)),
  latitude: (written, leaf) => degrees(asText(written, leaf), 90),
  longitude: (written, leaf) => degrees(asText(written, leaf), 180),
  'time-zone': ({ value }) => (typeof value === 'string' ? timeZoneName(value) : undefined),
  url: ({ value }) => (typeof value === 'string' && isHttpUrl(value) ? value : undefined),
  instant: ({ value }) => {
    const time = typeof value === 'string' ? parseTime(value) : null;
    return time?.zoned ? time.at : undefined;
  },
};

/** What a YAML node says under this schema; undefined where it is not what the schema expects. */
export function readLeaf(leaf: Leaf, node: Node): unknown {
  if (!isScalar(node)) return undefined;
  if (node.value === null) return leaf.default === null ? null : undefined;
  return checkedLeaf(leaf, { source: node.source ?? '', value: node.value });
}

/** What a file's text says under this schema; undefined where it is not what the schema expects. */
export function readLeafText(leaf: Leaf, content: string): unknown {
  return checkedLeaf(leaf, { source: content, value: content });
}

function checkedLeaf(leaf: Leaf, written: Written): unknown {
  const value = readers[leaf.kind](written, leaf);
  return value !== undefined && Check(leaf, value) ? value : undefined;
}

/** Says of a node what it must be and what it is: `must be a whole number from 0 to 65535, not the text "eight"`. */
export function complaint(leaf: Leaf, node: Node): string {
  const text = isScalar(node) ? (node.source ?? '') : '';
  const found = leaf.secret && text !== '' ? `the ${text.length} characters given` : describeNode(node);
  const meant = nearest(text, suggestions(leaf));
  return `must be ${leaf.expects}, not ${found}${meant === null ? '' : `; did you mean ${meant}?`}`;
}

function suggestions(leaf: Leaf): string[] {
  if (leaf.kind === 'time-zone') return Intl.supportedValuesOf('timeZone');
  return (leaf.enum ?? []).filter((item) => item !== null).map(kebabCase);
}

/** A node in the words of an error message, cut short. */
export function describeNode(node: Node | null): string {
  if (isMap(node)) return 'a group of keys';
  if (isSeq(node)) return 'a list';
  if (!isScalar(node) || node.value === null) return 'nothing';
  if (typeof node.value === 'string') return `the text ${shorten(JSON.stringify(node.value))}`;
  return shorten(node.source ?? '');
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** `4.50` and `+04.5` become `4.5`: one spelling for one number, and no binary float on the way. */
function shortestDecimal(text: unknown): string | undefined {
  const match = typeof text === 'string' ? /^\+?(\d*)(?:\.(\d*))?$/.exec(text) : null;
  if (!match) return undefined;
  const [, whole = '', fraction = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = fraction.replace(/0+$/, '');
  const units = whole.replace(/^0+/, '') || '0';
  return digits === '' ? units : `${units}.${digits}`;
}

/** Degrees with at least the 5 decimals that OCPI asks for. */
function degrees(text: unknown, limit: number): string | undefined {
  const match = typeof text === 'string' ? /^([+-]?)0*(\d{1,3})(?:\.(\d{0,7})0*)?$/.exec(text) : null;
  if (!match || Math.abs(Number(text)) > limit) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  return `${sign === '-' ? '-' : ''}${whole}.${fraction.replace(/0+$/, '').padEnd(5, '0')}`;
}

/** The zone's name in its proper case; undefined where this runtime does not know it. */
function timeZoneName(name: string): string | undefined {
  // An offset such as +01:00 is taken by Intl, but knows no summer time.
  if (!/^[A-Za-z]/.test(name)) return undefined;
  try {
    const resolved = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    return resolved.toLowerCase() === name.toLowerCase() ? resolved : name;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function isHttpUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:');
}
