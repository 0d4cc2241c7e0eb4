import type { LookupAddress } from 'node:dns';
import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { BlockList, isIP } from 'node:net';
import { GatewayError } from '../../gateway/domain/errors.ts';

const LONGEST_URL = 255;

/** Not the public internet: IANA's special-purpose registries, IPv4 and IPv6. */
const PRIVATE = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(net, prefix, 'ipv6');

/** Is this address one that a peer must not make us call: loopback, link-local, private, carrier NAT, unique local? */
export function isPrivateAddress(address: string): boolean {
  const bare = address.split('%')[0] ?? address;
  const family = isIP(bare);
  if (family === 0) return true;
  const embedded = family === 6 ? embeddedIpv4(bare) : null;
  if (embedded !== null) return PRIVATE.check(embedded, 'ipv4');
  return PRIVATE.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * A URL that a peer gave us, if we may call it. Names are only judged by what they resolve to, at the moment of
 * connecting (`guardedLookup`). Errors: URL_REFUSED.
 */
export function checkUrl(text: string, allowPrivate: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || text.length > LONGEST_URL || !['http:', 'https:'].includes(url.protocol) || url.username || url.password)
    throw refused(text, `it must be an http or https URL of at most ${LONGEST_URL} characters, without a user name`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && isIP(host) !== 0 && isPrivateAddress(host)) throw refused(text, 'it leads to a private address');
  return url;
}

/**
 * Resolves names for the socket itself, so that what was checked is what is connected to: a name of which any address is
 * private fails with URL_REFUSED.
 */
export function guardedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const fault = error ?? judge(hostname, addresses, allowPrivate);
      const first = addresses?.[0];
      if (fault || !first) callback(fault ?? refused(hostname, 'it has no address'), '', 0);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function judge(hostname: string, addresses: LookupAddress[], allowPrivate: boolean): GatewayError | null {
  if (allowPrivate || !addresses.some(({ address }) => isPrivateAddress(address))) return null;
  return refused(hostname, 'it resolves to a private address');
}

/** The IPv4 address inside `::ffff:a.b.c.d` and `64:ff9b::a.b.c.d`, by which such a packet really travels. */
function embeddedIpv4(address: string): string | null {
  const host = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const match = /^(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (!match) return null;
  const [high, low] = [Number.parseInt(match[1] ?? '', 16), Number.parseInt(match[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function refused(what: string, why: string): GatewayError {
  return new GatewayError(
    'URL_REFUSED',
    `will not call ${what.slice(0, LONGEST_URL)}: ${why} (ocpi.allow-private-urls lifts this for test sites)`,
  );
}
