/** A service manager of ours: the socket that systemd would listen on. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function runs(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Can messages be sent and received here? */
export const canNotify = runs('systemd-notify', '--version') && runs('perl', '-MSocket', '-e', '1');

/** Whether a program of systemd's is here. */
export const has = (program: string): boolean => runs(program, '--version');

export interface Manager {
  /** Where the service finds it. */
  env: Record<string, string>;
  /** All that came, as it came. */
  heard(): string;
  /** The next text for which this holds, from character `from` on; gives where it ends. */
  hears(text: string, from?: number): Promise<number>;
  close(): Promise<void>;
}

/** Prints each datagram and an empty line. What comes with it, a descriptor that says "handled" when closed, is closed by that. */
const LISTEN = `
  $| = 1;
  socket(my $socket, AF_UNIX, SOCK_DGRAM, 0) or die $!;
  bind($socket, sockaddr_un($ARGV[0])) or die $!;
  while (defined recv($socket, my $text, 8192, 0)) { print "$text\\n\\n" }`;

/** Listens as systemd does, with perl, which Debian always has; `watchdogMs`: what it asks of the service. */
export async function startManager(watchdogMs: number): Promise<Manager> {
  const folder = mkdtempSync(join(tmpdir(), 'chargegate-notify-'));
  const path = join(folder, 'notify');
  const child = spawn('perl', ['-MSocket', '-e', LISTEN, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let heard = '';
  const waiting = new Set<() => void>();
  child.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
    for (const look of waiting) look();
  });
  while (!existsSync(path) && child.exitCode === null) await new Promise((resolve) => setImmediate(resolve));
  return {
    env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: String(watchdogMs * 1000) },
    heard: () => heard,
    hears(text, from = 0) {
      return new Promise((resolve) => {
        const look = (): void => {
          const at = heard.indexOf(text, from);
          if (at < 0) return;
          waiting.delete(look);
          resolve(at + text.length);
        };
        waiting.add(look);
        look();
      });
    },
    async close() {
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A small site; `more` goes below it. */
export function siteYaml(port: number, more = ''): string {
  return `
site: { address: A, city: C, country: SWE, latitude: "59.1", longitude: "15.1", time-zone: Europe/Stockholm, country-code: SE, party-id: DEP }
ocpp: { host: 127.0.0.1, port: ${port}, unknown-chargers: accept, provisioning: false }
ocpi: { host: 127.0.0.1, port: 0 }
console: { port: 0 }
${more}`;
}
