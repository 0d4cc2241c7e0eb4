/** A part of a file, both ends inclusive. */
export interface Part {
  from: number;
  to: number;
}

/**
 * Which part of a file of `bytes` a Range header asks for (RFC 9110 §14): null the whole, also for several ranges and
 * for what is no byte range, which a server may ignore; `unsatisfiable` where it lies beyond the end.
 */
export function readRange(header: string | undefined, bytes: number): Part | null | 'unsatisfiable' {
  const match = /^\s*bytes\s*=\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/i.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (!match || (first === '' && last === '')) return null;
  if (first === '') return last === '0' || bytes === 0 ? 'unsatisfiable' : suffix(Number(last), bytes);
  const from = Number(first);
  if (last !== '' && Number(last) < from) return null;
  if (from >= bytes) return 'unsatisfiable';
  return { from, to: last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1) };
}

function suffix(length: number, bytes: number): Part {
  return { from: Math.max(0, bytes - length), to: bytes - 1 };
}

/** Holes of a file that are remembered; whoever fetches it in more scattered pieces is not believed to have all of it. */
const MOST_PIECES = 64;

/** Adds a part to the parts that were sent, which stay apart and in order. */
export function addPart(parts: readonly Part[], part: Part): Part[] {
  const merged: Part[] = [];
  for (const next of [...parts, part].toSorted((a, b) => a.from - b.from)) {
    const before = merged.at(-1);
    if (before && next.from <= before.to + 1) before.to = Math.max(before.to, next.to);
    else merged.push({ ...next });
  }
  return merged.slice(0, MOST_PIECES);
}

/** Is every byte of the file among the parts? */
export function isWhole(parts: readonly Part[], bytes: number): boolean {
  const [only] = parts;
  return parts.length === 1 && only?.from === 0 && only.to === bytes - 1;
}
