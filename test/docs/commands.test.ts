import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chargegate } from '../cli/harness.ts';
import { startTestSite } from '../harness/gateway.ts';
import type { TestSite } from '../harness/gateway.ts';
import { dialScripted } from '../harness/scripted-charger.ts';
import type { ScriptedCharger } from '../harness/scripted-charger.ts';
import { NOT_RUN, OTHERWISE } from './commands-shown.ts';
import { ROOT, shownCommands, snippets } from './snippets.ts';
import type { ShownCommand } from './snippets.ts';

const YAML = `
console: { host: 127.0.0.1, port: 0 }
ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, call-timeout: 2, provisioning: false }
default-connector: { standard: IEC_62196_T2 }
chargers:
  - id: BAY-1
    evses:
      - { id: 1, connectors: [{ id: 1, tariff: standard }] }
      - { id: 2, connectors: [{ id: 1, tariff: standard }] }
`;

const commands = shownCommands();
const run = commands.filter(({ line }) => !NOT_RUN.some(([pattern]) => pattern.test(line)));

let site: TestSite;
let folder: string;
let switchboard: Server;
const chargers: ScriptedCharger[] = [];

beforeAll(async () => {
  site = await startTestSite({ yaml: YAML });
  folder = mkdtempSync(join(tmpdir(), 'chargegate-docs-'));
  for (const id of ['BAY-1', 'BAY-01', 'BAY-3', 'garage-1']) {
    const charger = await dialScripted(site.urls.ocpp, id);
    chargers.push(charger);
    await charger.boot();
    for (const connector of [1, 2]) await charger.status(connector, 'Available');
  }
  const [first] = chargers;
  for (const meterStop of [4000, 5000, 6000]) await first?.stop(await first.start(1), meterStop);
  await first?.start(1);
  switchboard = await startSwitchboard(join(folder, 'commands'));
  wrappers();
  files();
}, 60_000);
afterAll(async () => {
  for (const charger of chargers) await charger.raw.close();
  switchboard.close();
  await site.cleanUp();
  rmSync(folder, { recursive: true, force: true });
});

/** Has commands done by the command line that stays: starting it anew for each of them took a tenth of all tests' time. */
async function startSwitchboard(path: string): Promise<Server> {
  async function answer(socket: Socket): Promise<void> {
    try {
      const { args, cwd } = JSON.parse(await textOf(socket)) as { args: string[]; cwd: string };
      socket.end(JSON.stringify(await chargegate(args, {}, cwd)));
    } catch (error) {
      socket.end(JSON.stringify({ code: 99, out: '', err: String(error) }));
    }
  }
  const server = createServer({ allowHalfOpen: true }, (socket) => void answer(socket));
  await once(server.listen(path), 'listening');
  return server;
}

/** Takes a command to the switchboard, and its words and code back. */
const MESSENGER = `
const socket = require('node:net').connect(process.argv[2], () =>
  socket.end(JSON.stringify({ args: process.argv.slice(3), cwd: process.cwd() })),
);
let told = '';
socket.setEncoding('utf8');
socket.on('data', (chunk) => (told += chunk));
socket.on('end', () => {
  const { code, out, err } = JSON.parse(told);
  process.stdout.write(out);
  process.stderr.write(err);
  process.exitCode = code;
});
`;

/** The programs that the documents name, on this site. */
function wrappers(): void {
  const [messenger, launcher] = [join(folder, 'messenger.cjs'), join(ROOT, 'bin', 'chargegate.cjs')];
  writeFileSync(messenger, MESSENGER);
  // Who hands something over the pipe has it read by the program itself.
  const start = `set -- "$@" --url '${site.urls.console}'
[ -p /dev/stdin ] && exec '${process.execPath}' '${launcher}' "$@"
exec '${process.execPath}' '${messenger}' '${join(folder, 'commands')}' "$@"`;
  program('chargegate', start);
  program('npm', `[ "$1 $2 $3 $4" = "run -s chargegate --" ] || exit 99\nshift 4\n${start}`);
  program('curl', `exec /usr/bin/curl -sS --fail-with-body "$@"`);
}

function program(name: string, script: string): void {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'bin', name), 0o755);
}

/** What the commands read. */
function files(): void {
  writeFileSync(join(folder, 'twin-2.0.bin'), 'firmware');
  const [prices] = snippets('json').filter(({ document }) => document === 'docs/tariffs.md');
  writeFileSync(join(folder, 'prices.json'), prices?.text ?? '');
  const [plan] = snippets('csv').filter(({ document }) => document === 'docs/bookings.md');
  writeFileSync(join(folder, 'plan.csv'), plan?.text ?? '');
}

async function first(path: string): Promise<Record<string, unknown>> {
  const answer = await fetch(`${site.urls.console}api/${path}`);
  const { items } = (await answer.json()) as { items: Record<string, unknown>[] };
  // A bill line that was taken back, and the credit that does it, are settled.
  const settled = new Set(items.map(({ creditOf = null }) => creditOf));
  return items.find(({ id, creditOf = null }) => creditOf === null && !settled.has(id)) ?? {};
}

const DAY = 86_400_000;
/** The day that the documents' examples are about. */
const WRITTEN_FOR = Date.UTC(2026, 10, 21);

/** The document's days as if it were about tomorrow: what is booked there must not lie behind us. */
function fromNow(line: string): string {
  const ahead = Math.floor(Date.now() / DAY + 1) * DAY - WRITTEN_FOR;
  return line.replaceAll(/\b20\d\d-\d\d-\d\d\b/g, (day) =>
    new Date(Date.parse(day) + ahead).toISOString().slice(0, 10),
  );
}

/** The document's placeholders and addresses as they are here. */
async function here(line: string): Promise<string> {
  const { console: operator, ocpi } = site.urls;
  const moved = fromNow(line)
    .replaceAll('http://127.0.0.1:8889/', operator)
    .replaceAll('http://127.0.0.1:8888/ocpi', ocpi.replace(/\/versions$/, ''));
  const what = /\b(cdrs|reservations|bookings)\b/.exec(line)?.[1];
  const id = what && / ID\b/.test(line) ? String((await first(what))['id']) : 'ID';
  return moved.replace(/ ID\b/, ` ${id}`);
}

interface Ended {
  code: number | null;
  said: string;
}

async function shell(line: string): Promise<Ended> {
  const text = await here(line);
  const env = {
    ...process.env,
    PATH: `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`,
    TOKEN: 'registration-token',
  };
  const child = spawn('bash', ['-o', 'pipefail', '-c', text], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, said }));
  });
}

const isHere = (name: string): boolean => spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;

describe('each command that a document shows', () => {
  it('is found, and every exception stands for one', () => {
    expect(run.length).toBeGreaterThan(30);
    const patterns = [...NOT_RUN, ...OTHERWISE].map(([pattern]) => pattern);
    expect(patterns.filter((pattern) => !commands.some(({ line }) => pattern.test(line)))).toEqual([]);
  });

  const byDocument = Map.groupBy(run, ({ document }) => document);
  it.each([...byDocument])(
    '%s: does what it is shown for',
    async (_document, shown: ShownCommand[]) => {
      const wrong: string[] = [];
      for (const { place, line } of shown) {
        if (line.startsWith('curl ') && !isHere('curl')) continue;
        const [, wanted = 0] = OTHERWISE.find(([pattern]) => pattern.test(line)) ?? [];
        const { code, said } = await shell(line);
        if (code !== wanted) wrong.push(`${place}: ${line}\n  ended with ${code}: ${said.slice(0, 400)}`);
      }
      expect(wrong).toEqual([]);
    },
    120_000,
  );
});
