/** Letters that are not a plain one with a mark, and printers' punctuation. */
const LETTERS: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
};

/**
 * A wire object with every text in printable ASCII, as OCPI 2.1.1 has its strings (types, string): letters lose their
 * marks, what has no plain letter becomes `?`.
 */
export function inAscii<T extends object>(wire: T): T {
  return JSON.parse(JSON.stringify(wire), (_name, value: unknown) =>
    typeof value === 'string' ? toAscii(value) : value,
  ) as T;
}

function toAscii(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/\p{Zs}/gu, ' ')
    .replace(/[ßæœøłđ‘’“”–—]/gi, (letter) => LETTERS[letter] ?? '?')
    .replace(/[^\x20-\x7e]/gu, '?');
}
