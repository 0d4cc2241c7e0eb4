import { createHash, timingSafeEqual } from 'node:crypto';

export interface BasicCredentials {
  user: string;
  password: Buffer;
}

/** Reads an HTTP Basic header in bytes: passwords are random bytes and may hold colons (Q6). Null when there is none. */
export function basicCredentials(header: string | undefined): BasicCredentials | null {
  const match = /^basic\s+([A-Za-z0-9+/_=-]+)\s*$/i.exec(header ?? '');
  if (!match?.[1]) return null;
  const bytes = Buffer.from(match[1], 'base64');
  const colon = bytes.indexOf(':');
  if (colon < 0) return null;
  return { user: bytes.subarray(0, colon).toString('utf8'), password: bytes.subarray(colon + 1) };
}

/** Is this the password? Chargers send an AuthorizationKey as its text or as the bytes that its hex digits stand for (Q6). */
export function passwordMatches(given: Buffer, expected: string): boolean {
  const asText = safeEqual(given, Buffer.from(expected, 'utf8'));
  const isHex = expected.length > 0 && expected.length % 2 === 0 && /^[0-9a-f]+$/i.test(expected);
  const asBytes = isHex && safeEqual(given, Buffer.from(expected, 'hex'));
  return asText || asBytes;
}

/** Hashed first, so that neither content nor length shows in the time it takes. */
function safeEqual(a: Buffer, b: Buffer): boolean {
  const digest = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(a), digest(b));
}
