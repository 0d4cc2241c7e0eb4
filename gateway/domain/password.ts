/**
 * How a charger writes its password into HTTP Basic (Q6): as it was given, as the text of hex digits that stand for
 * bytes, or as those bytes.
 */
export type PasswordForm = 'text' | 'hex' | 'bytes';

/** More than this no charger sends; bytes. */
export const LONGEST_PASSWORD = 256;

/** Hex digits of a key as OCPP has it: at least 16 bytes (security whitepaper ed. 3, AuthorizationKey). */
const KEY_DIGITS = 32;

/**
 * What a password comes to however it is written (Q6): hex digits become the bytes that they stand for, until none are
 * left. So text, hex text and raw bytes of one key are equal, and one hash serves them all.
 */
export function canonicalPassword(bytes: Uint8Array): Uint8Array {
  let canonical = bytes;
  while (isHex(canonical)) canonical = Buffer.from(asciiOf(canonical), 'hex');
  return canonical;
}

/** The same of a password as a person or a file gives it. */
export function canonicalText(password: string): Uint8Array {
  return canonicalPassword(new TextEncoder().encode(password));
}

/** Is this a key as OCPP writes them: hex digits of at least 16 bytes? */
export function isHexKey(password: string): boolean {
  return isKeyInHex(new TextEncoder().encode(password));
}

/** In which form a password that was right has come; `hexKey`: was it given as such a key? */
export function formOf(hexKey: boolean, sent: Uint8Array): PasswordForm {
  if (isKeyInHex(sent)) return 'hex';
  return hexKey ? 'bytes' : 'text';
}

function isKeyInHex(bytes: Uint8Array): boolean {
  return bytes.length >= KEY_DIGITS && isHex(bytes);
}

function isHex(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.length % 2 === 0 && bytes.every(isHexDigit);
}

function isHexDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}

function asciiOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
