import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIPv4 } from 'node:net';
import { refusal } from './errors.ts';
import type { Refusal } from './errors.ts';

/** What is looked at of a request before anything of it is served. */
export interface Visitor {
  method: string;
  headers: IncomingHttpHeaders;
}

/** Decides on a request: null when it may go on, else the refusal. */
export type Gatekeeper = (visitor: Visitor) => Refusal | null;

/**
 * The door of the operator API. With a token: a bearer token, compared in constant time. Without one (loopback only):
 * no foreign Host, so that no web page reaches us through a name that it lets point at 127.0.0.1, and no foreign Origin
 * on requests that change something.
 */
export function createGatekeeper(token: string | null): Gatekeeper {
  if (token === null) return (visitor) => foreignHost(visitor) ?? foreignOrigin(visitor);
  const expected = digest(token);
  return (visitor) => {
    const given = /^Bearer +(\S+) *$/i.exec(visitor.headers.authorization ?? '')?.[1];
    if (given === undefined)
      return refusal('NOT_AUTHORIZED', 'this console asks for its token: send it as "Authorization: Bearer …"');
    if (!timingSafeEqual(digest(given), expected))
      return refusal('NOT_AUTHORIZED', "this is not the console's token: take the one from the configuration");
    return foreignOrigin(visitor);
  };
}

/** Does a listener on this address serve this machine only? */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}

function foreignHost({ headers }: Visitor): Refusal | null {
  const name = (headers.host ?? '').replace(/:\d+$/, '');
  if (isLoopback(name)) return null;
  return refusal(
    'NOT_AUTHORIZED',
    `the console answers as localhost, not as ${JSON.stringify(name)}: set a console token to use another name`,
    403,
  );
}

function foreignOrigin({ method, headers }: Visitor): Refusal | null {
  if (method === 'GET' || method === 'HEAD') return null;
  const site = headers['sec-fetch-site'];
  const ours = headers.origin === undefined || hostOf(headers.origin) === headers.host;
  if (ours && site !== 'cross-site') return null;
  return refusal('NOT_AUTHORIZED', 'another web site may not change anything here', 403);
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
