import { hostname, networkInterfaces } from 'node:os';

interface Address {
  family: string;
  address: string;
  internal: boolean;
}

/** Interfaces that lead into this machine's own containers and tunnels: no charger is out there. */
const VIRTUAL = /^(docker|br-|veth|virbr|tun|tap|wg|tailscale|zt|lxc|cni|flannel|podman)/;

/** The address under which chargers in the same network reach this machine: its first real IPv4, else its host name. */
export function lanAddress(interfaces: Record<string, Address[] | undefined> = networkInterfaces()): string {
  const found = Object.entries(interfaces)
    .flatMap(([name, addresses = []]) => addresses.map((address) => ({ name, ...address })))
    .filter(({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'))
    .toSorted((a, b) => Number(VIRTUAL.test(a.name)) - Number(VIRTUAL.test(b.name)));
  return found[0]?.address ?? hostname();
}

/** The same URL as others reach it: a listener on every address (`0.0.0.0`, `::`) is no place to point a charger at. */
export function reachableUrl(url: string, address: string = lanAddress()): string {
  return url.replace(/^([a-z]+:\/\/)(0\.0\.0\.0|\[::\])(?=[:/]|$)/, (_, scheme: string) => `${scheme}${address}`);
}
