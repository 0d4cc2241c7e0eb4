/** `heartbeat-interval` as a type: `heartbeatInterval`. */
export type Camel<Key extends string> = Key extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Key;

/** A document's type with camelCase keys, without its `…-file` keys: what they name is in the key beside them. */
export type CamelKeys<T> = T extends readonly (infer Item)[]
  ? CamelKeys<Item>[]
  : T extends object
    ? { [Key in keyof T as Key extends `${string}-file` ? never : Camel<Key & string>]: CamelKeys<T[Key]> }
    : T;

/** `heartbeat-interval` becomes `heartbeatInterval`. */
export function camelCase(key: string): string {
  return key.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Renames every key of plain data, at any depth, and drops the `…-file` keys. */
export function camelKeys<T>(value: T): CamelKeys<T> {
  return rename(value) as CamelKeys<T>;
}

function rename(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rename);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key]) => !key.endsWith('-file'));
  return Object.fromEntries(entries.map(([key, item]) => [camelCase(key), rename(item)]));
}

/** One spelling for all of `heartbeatInterval`, `heartbeat_interval`, `Heartbeat Interval`: lower case with hyphens. */
export function kebabCase(text: string): string {
  return text
    .trim()
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .replace(/[_\s]+/g, '-')
    .toLowerCase();
}

/** The candidate that a mistyped word most likely meant; null where none is near enough to be worth naming. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const written = kebabCase(word.slice(0, 100));
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(written.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(written, kebabCase(candidate));
    // Two letters of a three-letter word are a different word.
    if (distance < bestDistance && distance < candidate.length / 2 + 0.5) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length] ?? 0;
}
