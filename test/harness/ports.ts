import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LOWEST = 10_240;
const RANGE = '/proc/sys/net/ipv4/ip_local_port_range';
/** Where the system's own begin; the usual number of Linux where it does not say, and lower than anybody else's. */
const SYSTEMS = existsSync(RANGE) ? Number(readFileSync(RANGE, 'utf8').split(/\s/)[0]) : 32_768;

/**
 * A port of the loopback that is free, and stays so until whoever asked takes it: none of those that the system gives to
 * outgoing connections and to servers that name none, which other tests make all the time.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (SYSTEMS - LOWEST));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
