import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';

/** Ticks of /proc/<pid>/stat per second: USER_HZ, which Linux has fixed at 100 on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;
const START_DEADLINE_MS = 30_000;
const canPin = existsSync('/usr/bin/taskset') && availableParallelism() >= 2;

export type Core = 0 | 1;

/** Starts Node 24 on one core, where the machine lets us choose. */
export function spawnNode(
  core: Core,
  args: string[],
  options: { env?: NodeJS.ProcessEnv; ipc?: boolean },
): ChildProcess {
  const command = canPin ? ['/usr/bin/taskset', '-c', String(core), process.execPath] : [process.execPath];
  const [program = process.execPath, ...rest] = command;
  return spawn(program, [...rest, ...args], {
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', ...(options.ipc ? (['ipc'] as const) : [])],
  });
}

/** Keeps the last of what the process printed, for the message when it fails. */
export function captureOutput(child: ChildProcess): () => string {
  let text = '';
  const add = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-4000);
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  return () => text;
}

/** Processor time that the process used so far, all threads, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Memory in RAM, megabytes. */
export function residentMegabytes(pid: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? Number.NaN) / 1024;
}

/** Resolves once the port takes connections. Rejects when the process ends before, or after 30 s. */
export async function untilListening(port: number, child: ChildProcess, output: () => string): Promise<void> {
  const deadline = performance.now() + START_DEADLINE_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended:\n${output()}`);
    if (performance.now() > deadline) throw new Error(`the server did not listen within 30 s:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Ends the process and waits until it is gone. */
export async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(timer);
}
