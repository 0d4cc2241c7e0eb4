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
