/** Firmware and logs on the command line, against a daemon of its own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSimulatedCharger, type SimulatedCharger } from '../../adapters/simulator/charger.ts';
import type { LogBody, TransferBody } from '../../adapters/console/schemas.ts';
import { chargegate, daemon, place, type Daemon, type Done, type Place } from '../cli/harness.ts';
import { sha256, someBytes } from './harness.ts';

const IMAGE = someBytes(50_000);

let at: Place;
let running: Daemon;
let charger: SimulatedCharger;

beforeAll(async () => {
  at = place();
  running = await daemon(at);
  charger = createSimulatedCharger({ url: running.urls.ocpp, id: 'SIM-1' });
  await charger.connect();
});
afterAll(async () => {
  await charger.close();
  running.child.kill('SIGTERM');
  await running.done;
  at.remove();
});

const run = (...args: string[]): Promise<Done> => chargegate([...args, '--url', running.urls.console], at.env);

/** A list as `--json` prints it. */
async function items<Item>(...args: string[]): Promise<Item[]> {
  return (JSON.parse((await run(...args, '--json')).out) as { items: Item[] }).items;
}

/** Asks again until the newest transfer has come to an end. */
async function lastTransfer(): Promise<TransferBody> {
  for (;;) {
    const response = await fetch(`${running.urls.console}api/transfers?limit=1`);
    const [last] = ((await response.json()) as { items: TransferBody[] }).items;
    if (last && last.progress !== 'open') return last;
  }
}

test('firmware is added, listed and removed', async () => {
  const file = join(at.data, 'sim 2.bin');
  writeFileSync(file, IMAGE);
  const unnamed = await run('firmware', 'add', file);
  expect(unnamed).toMatchObject({ code: 1, err: expect.stringContaining("cannot be an image's name") });
  const added = await run('firmware', 'add', file, '--name', 'sim-2.bin');
  expect(added).toMatchObject({ code: 0, out: expect.stringContaining(sha256(IMAGE)) });
  expect((await run('firmware')).out).toContain('sim-2.bin');
  expect(await run('firmware', 'remove', 'sim-2.bin')).toMatchObject({ code: 0 });
  expect((await run('firmware')).out).not.toContain('sim-2.bin');
});

test('a charger is told to fetch an image', async () => {
  const url = `${running.urls.console}api/firmware/sim-3.bin`;
  await fetch(url, { method: 'PUT', body: new Uint8Array(IMAGE) });
  const ordered = await run('chargers', 'firmware', 'SIM-1', '--file', 'sim-3.bin');
  expect(ordered).toMatchObject({ code: 0, out: expect.stringContaining('transfer 1') });
  expect(await lastTransfer()).toMatchObject({ status: 'Installed', bytes: IMAGE.length });
  expect((await run('transfers', '--charger', 'SIM-1')).out).toContain('Installed');
  expect(await run('chargers', 'firmware', 'SIM-1', '--file', 'sim-2.bin')).toMatchObject({
    code: 1,
    err: expect.stringContaining('FILE_UNKNOWN'),
  });
});

test('a charger is asked for its log, which is listed', async () => {
  const ordered = await run('chargers', 'logs', 'SIM-1', '--security', '--from', '2026-01-01T00:00:00Z');
  expect(ordered).toMatchObject({ code: 0, out: expect.stringContaining('Accepted') });
  expect(await lastTransfer()).toMatchObject({ kind: 'security-log', status: 'Uploaded' });
  expect(await items('logs', '--charger', 'SIM-1')).toContainEqual(expect.objectContaining({ kind: 'security-log' }));
  expect(await items('logs', '--charger', 'SIM-2')).toEqual([]);
});

test('a log is fetched to a file and to the terminal, and removed', async () => {
  await fetch(`${running.urls.console}api/chargers/SIM-1/logs`, { method: 'POST' });
  await lastTransfer();
  const [log] = await items<LogBody>('logs');
  const to = join(at.data, 'fetched.log');
  expect(await run('logs', 'get', String(log?.id), '-o', to)).toMatchObject({ code: 0 });
  expect(sha256(readFileSync(to))).toBe(log?.sha256);
  expect((await run('logs', 'get', String(log?.id), '-o', '-')).out).toBe(readFileSync(to, 'utf8'));
  expect(await run('logs', 'remove', String(log?.id))).toMatchObject({ code: 0 });
  expect(await run('logs', 'get', String(log?.id), '-o', to)).toMatchObject({ code: 1 });
});
