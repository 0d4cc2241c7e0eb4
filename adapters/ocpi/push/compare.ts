/** A difference deeper than this is told as one of the whole. */
const DEEPEST = 12;
/** Fields told of one object; more say no more. */
const MOST_FIELDS = 20;

/** By which of its fields an item of a list is known again. */
const NAMES = ['uid', 'id', 'evse_uid', 'name', 'language'];

/** When something changed says nothing of what it is. */
const PASSED_OVER = new Set(['last_updated']);

/**
 * Where a peer's copy of an object deviates from ours, by the paths of the fields; empty: nowhere. Not a deviation: fields
 * that we do not send, the order of lists, how numbers and times are written, upper and lower case, and absent, null and
 * empty beside each other (OCPI 2.3.0 terminology, cardinality).
 */
export function deviations(ours: unknown, theirs: unknown): string[] {
  return differ(ours, theirs, '', 0).slice(0, MOST_FIELDS);
}

function differ(ours: unknown, theirs: unknown, path: string, depth: number): string[] {
  if (isNothing(ours) && isNothing(theirs)) return [];
  const here = [path === '' ? '(all of it)' : path];
  if (isNothing(ours) || isNothing(theirs) || depth > DEEPEST) return here;
  if (Array.isArray(ours)) return Array.isArray(theirs) ? differLists(ours, theirs, path, depth) : here;
  if (isRecord(ours)) {
    if (!isRecord(theirs)) return here;
    return Object.entries(ours)
      .filter(([name]) => !PASSED_OVER.has(name))
      .flatMap(([name, value]) => differ(value, theirs[name], path === '' ? name : `${path}.${name}`, depth + 1));
  }
  return sameValue(ours, theirs) ? [] : here;
}

function differLists(ours: unknown[], theirs: unknown[], path: string, depth: number): string[] {
  const left = [...theirs];
  const found = ours.flatMap((item, index) => {
    const name = nameOf(item);
    const at = left.findIndex((other) =>
      name === null ? differ(item, other, '', depth + 1).length === 0 : nameOf(other) === name,
    );
    const where = `${path}[${name ?? index}]`;
    if (at < 0) return [where];
    return differ(item, left.splice(at, 1)[0], where, depth + 1);
  });
  return left.length === 0 ? found : [...found, `${path} (${left.length} more)`];
}

function nameOf(item: unknown): string | null {
  if (!isRecord(item)) return null;
  for (const name of NAMES) {
    const value = item[name];
    if (typeof value === 'string') return value.toUpperCase();
  }
  return null;
}

function sameValue(ours: unknown, theirs: unknown): boolean {
  if (ours === theirs) return true;
  const [one, other] = [textOf(ours), textOf(theirs)];
  if (one === null || other === null) return false;
  if (one.toUpperCase() === other.toUpperCase()) return true;
  if (isNumber(one) && isNumber(other)) return Math.abs(Number(one) - Number(other)) < 0.00005;
  return isTime(one) && isTime(other) && instant(one) === instant(other);
}

function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value.trim();
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

/** A number as such or as text; an id of figures alone is compared to the letter. */
function isNumber(text: string): boolean {
  return /^-?\d{1,15}(\.\d+)?$/.test(text) && !/^0\d/.test(text);
}

function isTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text);
}

/** To the second: that is how exact most platforms keep them. Without a zone it is UTC (OCPI 2.3.0 types, DateTime). */
function instant(text: string): number {
  const zoned = /(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`;
  return Math.floor(Date.parse(zoned) / 1000);
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
