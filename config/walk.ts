import { IsArray, IsObject, IsUnion, type TArray, type TObject, type TSchema } from 'typebox';
import { isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';
import type { YamlDocument } from './document.ts';
import type { Leaf } from './kinds.ts';
import { complaint, describeNode, readLeaf, readLeafText } from './leaf.ts';
import { kebabCase, nearest } from './names.ts';

/** A problem before its offset has become a line: offsets count characters of the file. */
export interface Fault {
  offset: number;
  path: string;
  message: string;
}

/** What the walk found: values with kebab-case keys, where faulty ones are simply absent. */
export interface Walked {
  value: unknown;
  faults: Fault[];
  /** Where the values stand that the file gives, by path. */
  offsets: Map<string, number>;
}

/** Reads a secret's file, named as in the configuration. Throws as node:fs does. */
export type ReadSecret = (name: string) => string;

type YamlPair = Pair<Node | null, Node | null>;

interface Walk extends Walked {
  yaml: YamlDocument;
  schema: TObject;
  readSecret: ReadSecret;
}

/**
 * Goes through document and schema side by side: checks each value, fills in what is left out, and collects every fault
 * with its place. One mistake yields one fault: what hangs on a faulty value is passed over.
 */
export function walkDocument(schema: TObject, yaml: YamlDocument, readSecret: ReadSecret): Walked {
  const walk: Walk = { value: undefined, faults: [], offsets: new Map(), yaml, schema, readSecret };
  walk.value = visit(walk, schema, yaml.contents, '', 0);
  return { value: walk.value, faults: walk.faults, offsets: walk.offsets };
}

function visit(walk: Walk, schema: TSchema, raw: Node | null, path: string, keyOffset: number): unknown {
  const node = isAlias(raw) ? (walk.yaml.aliases.get(raw) ?? null) : raw;
  const offset = raw?.range?.[0] ?? keyOffset;
  walk.offsets.set(path, offset);
  if (raw !== null && node === null) return fault(walk, offset, path, 'refers to an anchor that is not there');
  if (IsUnion(schema)) {
    if (isNothing(node)) return null;
    return visit(walk, schema.anyOf[0] ?? schema, node, path, keyOffset);
  }
  if (IsObject(schema)) {
    if (isNothing(node)) return visitObject(walk, schema, [], path, offset);
    if (isMap(node)) return visitObject(walk, schema, node.items as YamlPair[], path, offset);
    return fault(walk, offset, path, `must be a group of keys, not ${describeNode(node)}`);
  }
  if (IsArray(schema)) {
    if (isSeq(node)) return visitArray(walk, schema, node.items as (Node | null)[], path, offset);
    if (isNothing(node)) return visitArray(walk, schema, [], path, offset);
    return fault(walk, offset, path, `must be a list, each item after a hyphen, not ${describeNode(node)}`);
  }
  const leaf = schema as Leaf;
  if (node === null) return fault(walk, offset, path, `must be ${leaf.expects}, not nothing`);
  const value = readLeaf(leaf, node);
  return value === undefined ? fault(walk, offset, path, complaint(leaf, node)) : value;
}

function visitArray(walk: Walk, schema: TArray, items: (Node | null)[], path: string, offset: number): unknown {
  const minimum = 'minItems' in schema ? Number(schema.minItems) : 0;
  if (items.length < minimum) return fault(walk, offset, path, 'must have at least one item');
  return items.map((item, index) => visit(walk, schema.items, item, `${path}[${index}]`, offset));
}

function visitObject(walk: Walk, schema: TObject, pairs: YamlPair[], path: string, offset: number): unknown {
  const required = requiredKeys(schema);
  if (pairs.length === 0 && required.length > 0) return fault(walk, offset, path, `must have ${required.join(', ')}`);
  const given = new Map<string, YamlPair>();
  // Keys that a mistyped one stands for: not reported as missing too.
  const meant = new Set<string>();
  for (const pair of pairs) {
    const key = keyText(pair.key);
    const keyPath = join(path, key);
    const keyOffset = pair.key?.range?.[0] ?? offset;
    if (!Object.hasOwn(schema.properties, key)) {
      const guess = nearest(key, Object.keys(schema.properties));
      if (guess !== null) meant.add(guess);
      fault(walk, keyOffset, keyPath, `is not a known key; ${advice(walk.schema, schema, path, key, guess)}`);
    } else if (given.has(key)) {
      const first = walk.yaml.place(given.get(key)?.key?.range?.[0] ?? 0);
      fault(walk, keyOffset, keyPath, `is given twice, first in line ${first.line}`);
    } else {
      given.set(key, pair);
    }
  }
  const values: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(schema.properties)) {
    const pair = given.get(key);
    const keyPath = join(path, key);
    const keyOffset = pair?.key?.range?.[0] ?? offset;
    if (pair) values[key] = visit(walk, property, pair.value, keyPath, keyOffset);
    else if (!meant.has(key)) values[key] = absent(walk, property, keyPath, offset);
  }
  for (const key of given.keys()) if (key.endsWith('-file')) useSecretFile(walk, schema, values, path, key);
  return values;
}

function absent(walk: Walk, schema: TSchema, path: string, offset: number): unknown {
  if (IsObject(schema)) return visitObject(walk, schema, [], path, offset);
  if ('default' in schema) return schema.default;
  const words = IsArray(schema) ? 'a list with at least one item' : (schema as Leaf).expects;
  return fault(walk, offset, path, `is missing; it must be ${words}`);
}

function useSecretFile(
  walk: Walk,
  schema: TObject,
  values: Record<string, unknown>,
  path: string,
  fileKey: string,
): void {
  const key = fileKey.slice(0, -'-file'.length);
  const name = values[fileKey];
  const property = schema.properties[key];
  if (typeof name !== 'string' || property === undefined) return;
  const filePath = join(path, fileKey);
  const offset = walk.offsets.get(filePath) ?? 0;
  if (values[key] !== null) {
    fault(walk, offset, filePath, `and ${join(path, key)} are both given; keep one of them`);
    return;
  }
  try {
    const secret = readLeafText(property as Leaf, walk.readSecret(name).replace(/\r?\n$/, ''));
    if (secret === undefined) fault(walk, offset, filePath, `must hold ${(property as Leaf).expects}`);
    values[key] = secret;
  } catch (error) {
    values[key] = undefined;
    fault(walk, offset, filePath, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What to do about an unknown key: the near one here, the same one elsewhere, or all that fit here. */
function advice(root: TObject, schema: TObject, path: string, key: string, guess: string | null): string {
  if (guess !== null) return `did you mean ${join(path, guess)}?`;
  const elsewhere = Object.entries(root.properties).find(
    ([, section]) => IsObject(section) && Object.hasOwn(section.properties, kebabCase(key)),
  );
  if (elsewhere) return `did you mean ${elsewhere[0]}.${kebabCase(key)}?`;
  return `${path === '' ? 'the file' : path} takes ${Object.keys(schema.properties).join(', ')}`;
}

function requiredKeys(schema: TObject): string[] {
  return Object.entries(schema.properties)
    .filter(([, property]) => !('default' in property) && !IsObject(property))
    .map(([key]) => key);
}

function fault(walk: Walk, offset: number, path: string, message: string): undefined {
  walk.faults.push({ offset, path, message });
  return undefined;
}

/** A key as it is written; quoted and cut short where it could not be one of ours. */
function keyText(node: Node | null): string {
  const text = isScalar(node) ? (node.source ?? '') : describeNode(node);
  return /^[\w.-]{1,60}$/.test(text) ? text : JSON.stringify(text.slice(0, 60));
}

function isNothing(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
