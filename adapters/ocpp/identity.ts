const MAX_IDENTITY = 48;

/**
 * The charger's identity from the URL it dialled: the last segment of any path, percent-decoded, NFC (OCPP-J 1.6 §3.1.1).
 * Null when there is none: broken escapes, a bare `/`, control characters, more than 48 characters. Never throws (Q5).
 */
export function identityOf(url: string): string | null {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  const segments = path.split('/').filter((part) => part !== '');
  const segment = segments.at(-1);
  // The bare door that we print: the charger's id was forgotten behind it.
  if (segment === undefined || (segments.length === 1 && segment === 'ocpp')) return null;
  const decoded = decode(segment);
  if (decoded === null || hasControl(decoded)) return null;
  const identity = decoded.normalize('NFC').trim();
  if (identity === '' || identity.length > MAX_IDENTITY) return null;
  return identity;
}

function decode(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    // A malformed escape names nobody.
    return null;
  }
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 32 || code === 127) return true;
  }
  return false;
}
