import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../gateway/cli.ts', import.meta.url));

/** The daemon as a process of its own, as `chargegate run` starts it. */
export interface Daemon {
  process: ChildProcess;
  /** Everything it printed so far. */
  output(): string;
  /** Power cut: no signal handler runs, nothing is flushed. */
  kill(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `chargegate run`; resolves once it serves, rejects with its output when it ends before. */
export async function startDaemon(configFile: string, env: NodeJS.ProcessEnv = {}): Promise<Daemon> {
  const child = spawn(process.execPath, [CLI, 'run', '--config', configFile], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const serving = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('/ocpp/')) resolve();
    });
  });
  await Promise.race([
    serving,
    ended.then((code) => {
      throw new Error(`the daemon ended with ${code} before it served:\n${output}`);
    }),
  ]);
  return {
    process: child,
    output: () => output,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
