/** What was mended in a text: each kind once, in the order of its first find. */
export interface Repair {
  text: string;
  repairs: RepairKind[];
}

export type RepairKind = 'BOM' | 'NUL' | 'CONTROL' | 'COMMA' | 'EMPTY_VALUE' | 'NAN';

/** Longer texts are not looked at: what chargers get wrong stands in small frames, and a flood of junk must stay cheap. */
const MAX_CHARS = 262_144;

/** More finds than these are no slip but another language. */
const MAX_REPAIRS = 1000;

/** How C and JavaScript print numbers that are none. */
const NO_NUMBER = /-?(?:nan|inf(?:inity)?|undefined)(?![A-Za-z0-9_])/iy;

/** What one of them can begin with. */
const NO_NUMBER_STARTS = new Set('-nNiIuU');

const BLANK = new Set([' ', '\t', '\n', '\r']);

/**
 * Mends what firmware gets wrong when it prints JSON (Q16): commas without a value before or after them, a name without
 * a value, NaN and its like (both become null), line breaks and other control characters within strings, a byte order
 * mark before or NULs after the text. Meant for texts that JSON.parse refused. What stands in strings is left as it is,
 * but for control characters, which are escaped. Null: nothing that we know how to mend.
 */
export function repairJson(text: string): Repair | null {
  if (text.length > MAX_CHARS) return null;
  const found = new Set<RepairKind>();
  const out: string[] = [];
  let count = 0;
  let at = 0;
  /** The last character of the structure that was kept; commas are judged by what stands around them. */
  let last = '';

  function mend(kind: RepairKind): void {
    found.add(kind);
    count += 1;
  }

  function keep(piece: string, character: string): void {
    out.push(piece);
    last = character;
  }

  while (at < text.length && count <= MAX_REPAIRS) {
    const character = text.charAt(at);
    if (character === '"') {
      const { end, mended, broken } = readString(text, at);
      if (broken) mend('CONTROL');
      keep(mended, '"');
      at = end;
      continue;
    }
    NO_NUMBER.lastIndex = at;
    const none = NO_NUMBER_STARTS.has(character) ? NO_NUMBER.exec(text) : null;
    if (none && (last === ':' || last === ',' || last === '[')) {
      mend('NAN');
      keep('null', 'v');
      at += none[0].length;
      continue;
    }
    at += 1;
    if (BLANK.has(character)) out.push(character);
    else if (character === '\uFEFF') mend('BOM');
    else if (character === '\0') mend('NUL');
    else if (character === ',') comma();
    else if (character === ']' || character === '}') close(character);
    else keep(character, character);
  }
  return found.size > 0 && count <= MAX_REPAIRS ? { text: out.join(''), repairs: [...found] } : null;

  function comma(): void {
    if (last === ':') {
      mend('EMPTY_VALUE');
      out.push('null');
    } else if (last === '[' || last === '{' || last === ',') return mend('COMMA');
    keep(',', ',');
  }

  function close(bracket: string): void {
    if (last === ':') {
      mend('EMPTY_VALUE');
      out.push('null');
    } else if (last === ',') {
      mend('COMMA');
      out.splice(out.lastIndexOf(','), 1);
    }
    keep(bracket, bracket);
  }
}

/** A string from its opening quote on; control characters within, which JSON does not allow, are escaped. */
function readString(text: string, start: number): { end: number; mended: string; broken: boolean } {
  let at = start + 1;
  let mended = '"';
  let copied = at;
  let broken = false;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at += 1;
    else if (code === 0x22) break;
    else if (code < 0x20) {
      broken = true;
      mended += `${text.slice(copied, at)}\\u${code.toString(16).padStart(4, '0')}`;
      copied = at + 1;
    }
  }
  const end = Math.min(at + 1, text.length);
  return { end, mended: mended + text.slice(copied, end), broken };
}
