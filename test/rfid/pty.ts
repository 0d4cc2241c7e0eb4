/** Pairs of pseudo-terminals that stand for a serial cable: what is written to the one end is read at the other. */
import type { ChildProcess } from 'node:child_process';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Is socat there? Tests that need a cable are skipped with a notice where it is not; CI installs it. */
export const hasSocat = spawnSync('socat', ['-V'], { stdio: 'ignore' }).status === 0;
if (!hasSocat) process.stderr.write('socat is not installed: the tests on pseudo-terminals are skipped.\n');

/** A cable that can be pulled out and put back; both ends keep their paths. */
export interface Cable {
  /** Where the gateway opens its port. */
  host: string;
  /** Where the reader sits. */
  device: string;
  plug(): Promise<void>;
  /** Settles when both ends are gone. */
  unplug(): Promise<void>;
  /** Pulls it out and removes what it left. */
  dispose(): Promise<void>;
}

/** A cable that is not plugged in yet. */
export function createCable(): Cable {
  const directory = mkdtempSync(join(tmpdir(), 'chargegate-pty-'));
  const host = join(directory, 'host');
  const device = join(directory, 'device');
  let socat: ChildProcess | null = null;

  async function unplug(): Promise<void> {
    const process = socat;
    socat = null;
    if (process === null || process.exitCode !== null) return;
    const gone = once(process, 'exit');
    process.kill('SIGTERM');
    await gone;
  }

  return {
    host,
    device,
    unplug,
    async plug() {
      await unplug();
      const ends = [host, device].map((path) => `pty,raw,echo=0,link=${path}`);
      const process = spawn('socat', ['-d', '-d', ...ends], { stdio: ['ignore', 'ignore', 'pipe'] });
      socat = process;
      await ready(process);
    },
    async dispose() {
      await unplug();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** socat says so when both ends stand. */
function ready(process: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4096);
      if (said.includes('starting data transfer loop')) resolve();
    });
    process.once('error', reject);
    process.once('exit', (code) => reject(new Error(`socat ended with ${code}: ${said}`)));
  });
}
