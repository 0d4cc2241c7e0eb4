import type { IncomingMessage } from 'node:http';
import type { Gateway } from '../../gateway/gateway.ts';
import { recognise } from '../../gateway/identities.ts';
import { basicCredentials } from './basic-auth.ts';

const MAX_IDENTITY = 48;

/**
 * Who dials: by the path, else by the user name of its password where the path names nobody (Q1); in the case in which we
 * know that charger (Q5). Null: nobody that could be told. What it says has yet to be proved. By address nobody is
 * recognised: those change hands, and prove nothing.
 */
export function identityFor(gw: Gateway, request: IncomingMessage): string | null {
  const named = identityOf(request.url ?? '/') ?? clean(basicCredentials(request.headers.authorization)?.user ?? '');
  return named === null ? null : recognise(gw, named);
}

/**
 * The charger's identity from the URL it dialled: the last segment of any path, percent-decoded, NFC (OCPP-J 1.6 §3.1.1);
 * also where the segment is a whole URL again, or UTF-8 that was read as Latin-1 on its way (Q5). Null when there is none:
 * broken escapes, a bare `/`, control characters, more than 48 characters. Never throws.
 */
export function identityOf(url: string): string | null {
  const segment = lastSegment(utf8(url));
  const decoded = segment === null ? null : decode(segment);
  if (decoded === null) return null;
  return clean(/^wss?:\/\//i.test(decoded) ? (lastSegment(decoded) ?? '') : decoded);
}

/** Null for the bare door that we print: the charger's id was forgotten behind it. */
function lastSegment(url: string): string | null {
  // A charger that was given a whole URL for its id puts that behind the path.
  const path = (url.split(/[?#]/, 1)[0] ?? '').replace(/^.*wss?:\/\/[^/]*/i, '');
  const segments = path.split('/').filter((part) => part !== '');
  return segments.length === 1 && segments[0] === 'ocpp' ? null : (segments.at(-1) ?? null);
}

function clean(text: string): string | null {
  const read = utf8(text);
  const identity = read.normalize('NFC').trim();
  return identity === '' || identity.length > MAX_IDENTITY || hasControl(read) ? null : identity;
}

/** Node reads a request's bytes as Latin-1; some chargers do so with their own id: `Â` before a blank or a sign is UTF-8. */
function utf8(text: string): string {
  if (!/[\u0080-\u00ff]/.test(text) || /[^\0-\u00ff]/.test(text)) return text;
  const read = Buffer.from(text, 'latin1').toString('utf8');
  return read.includes('\uFFFD') ? text : read;
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
