/** The command line as people run it: a process of its own. */
import { fork, spawn } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LAUNCHER = join(ROOT, 'bin', 'chargegate.cjs');
const KEPT = join(ROOT, 'test', 'cli', 'kept-cli.ts');

export interface Done {
  code: number | null;
  signal: string | null;
  out: string;
  err: string;
}

/** A configuration and a data directory of their own, on free ports. */
export interface Place {
  config: string;
  data: string;
  env: Record<string, string>;
  remove(): void;
}

export function place(change: (yaml: string) => string = (yaml) => yaml): Place {
  const folder = mkdtempSync(join(tmpdir(), 'chargegate-cli-'));
  const config = join(folder, 'site.yaml');
  const example = readFileSync(join(ROOT, 'config', 'example.yaml'), 'utf8');
  writeFileSync(config, change(example.replaceAll(/port: 888\d/g, 'port: 0')));
  const data = join(folder, 'data');
  return {
    config,
    data,
    env: { CHARGEGATE_CONFIG: config, CHARGEGATE_DATA_DIR: data },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function start(args: string[], env: Record<string, string>, node = process.execPath): Child {
  return spawn(node, [LAUNCHER, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function ended(child: ChildProcessByStdio<Writable | null, Readable, Readable>): Promise<Done> {
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, out: out.join(''), err: err.join('') }));
  });
}

/** Runs a command to its end, as a program of its own: where that it starts, ends or is told by signals counts. */
export function chargegateStarted(args: string[], env: Record<string, string> = {}, node?: string): Promise<Done> {
  return ended(start(args, env, node));
}

/** Processes that wait for a command. */
const waiting: ChildProcess[] = [];

/** Runs a command to its end, in a process that stays for the next one. */
export function chargegate(args: string[], env: Record<string, string> = {}, cwd?: string): Promise<Done> {
  const child = waiting.pop() ?? keep();
  return new Promise((resolve, reject) => {
    const died = (code: number | null): void =>
      reject(new Error(`the command line ended with ${code}: ${args.join(' ')}`));
    child.once('exit', died);
    child.once('message', (done) => {
      child.off('exit', died);
      child.unref();
      child.channel?.unref();
      waiting.push(child);
      resolve(done as Done);
    });
    child.ref();
    child.channel?.ref();
    child.send({ args, env: { PATH: process.env['PATH'], ...env }, cwd });
  });
}

/** A process that takes commands, and ends with this one. */
function keep(): ChildProcess {
  return fork(KEPT, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
}

/** Runs a command to its end with this on its stdin. */
export function chargegateReading(input: string, args: string[], env: Record<string, string> = {}): Promise<Done> {
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(input);
  return ended(child);
}

/** Starts a command that runs until Ctrl-C; `line` is the first output that matches. */
export function watch(args: string[], env: Record<string, string>, until: RegExp) {
  const child = start(args, env);
  const done = ended(child);
  let text = '';
  const matched = new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = until.exec(text);
      if (found) resolve(found[0]);
    });
  });
  const early = done.then((end) => {
    throw new Error(`it ended with ${end.code} before ${until}: ${end.out}${end.err}`);
  });
  return {
    line: Promise.race([matched, early]),
    interrupt(): Promise<Done> {
      child.kill('SIGINT');
      return done;
    },
  };
}

export interface Daemon {
  urls: { ocpp: string; ocpi: string; console: string };
  child: Child;
  done: Promise<Done>;
}

/** Starts a daemon and waits until it says where it is. */
export async function daemon({ env }: Place, node?: string): Promise<Daemon> {
  const child = start(['run', '--json'], env, node);
  const done = ended(child);
  let text = '';
  const announced = new Promise<Daemon['urls']>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const line = text.split('\n').find((candidate) => candidate.startsWith('{"urls"') && candidate.endsWith('}'));
      if (line !== undefined) resolve((JSON.parse(line) as { urls: Daemon['urls'] }).urls);
    });
  });
  const failed = done.then((end) => {
    throw new Error(`the daemon ended with ${end.code}: ${end.err}`);
  });
  return { urls: await Promise.race([announced, failed]), child, done };
}
