import { hostname, networkInterfaces } from 'node:os';

interface Address {
  family: string;
  address: string;
  internal: boolean;
}

/** Interfaces that lead into this machine's own containers and tunnels: no charger is out there. */
const VIRTUAL = /^(docker|br-|veth|virbr|tun|tap|wg|tailscale|zt|lxc|cni|flannel|podman)/;

/**
 * The address under which chargers in the same network reach this machine: its first real IPv4, else, where it has IPv6 alone, its
 * host name. Without any network only the machine itself comes here, by its loopback.
 */
export function lanAddress(interfaces: Record<string, Address[] | undefined> = networkInterfaces()): string {
  const outward = Object.entries(interfaces)
    .flatMap(([name, addresses = []]) => addresses.map((address) => ({ name, ...address })))
    .filter(({ internal }) => !internal);
  const found = outward
    .filter(({ family, address }) => family === 'IPv4' && !address.startsWith('169.254.'))
    .toSorted((a, b) => Number(VIRTUAL.test(a.name)) - Number(VIRTUAL.test(b.name)));
  return found[0]?.address ?? (outward.length > 0 ? hostname() : '127.0.0.1');
}

/** Names and addresses that this machine is reached under, its loopback included. IPv6 is left out: it changes too often. */
export function ownNames(interfaces: Record<string, Address[] | undefined> = networkInterfaces()): string[] {
  const addresses = Object.values(interfaces)
    .flatMap((list = []) => list)
    .filter(({ family, address }) => family === 'IPv4' && !address.startsWith('169.254.'))
    .map(({ address }) => address);
  return [...new Set([hostname(), 'localhost', ...addresses, '127.0.0.1'])];
}

/** Does a listener on this host serve every network of the machine? */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '[::]';
}

/**
 * A URL as people are told it: where the listener serves every network, this machine's own names in it (`127.0.0.1`,
 * `0.0.0.0`) give way to its address. A URL that names another host stays.
 */
export function urlForOthers(url: string, listenHost: string, address: string = lanAddress()): string {
  if (!isWildcard(listenHost)) return url;
  const own = /^([a-z]+:\/\/)(0\.0\.0\.0|127\.0\.0\.1|localhost|\[::1?\])(?=[:/]|$)/;
  return url.replace(own, (_, scheme: string) => `${scheme}${address}`);
}
