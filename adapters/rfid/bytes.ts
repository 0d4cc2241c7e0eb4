/** Capital hex, first byte first. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}

/** The bytes that an even number of hex digits stands for, in either case; null for any other text. */
export function bytesOfHex(text: string): Uint8Array | null {
  if (!/^([0-9A-Fa-f]{2})*$/.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Each byte as the character of that number (ISO 8859-1), so that nothing is lost or joined. */
export function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

/** The reverse of `textOf`; of other characters only the low eight bits stay. */
export function bytesOfText(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0) & 0xff);
}

/** One after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Where `wanted` first stands in `bytes`, from `from` on; -1: nowhere. */
export function indexOfBytes(bytes: Uint8Array, wanted: Uint8Array, from = 0): number {
  for (let at = from; at + wanted.length <= bytes.length; at += 1) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
