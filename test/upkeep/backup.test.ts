import Database from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import { backupNow, listBackups, rotateBackups } from '../../gateway/backups.ts';
import { followNight, lastNight } from '../../gateway/upkeep.ts';
import { backupDatabase } from '../../gateway/store/backup.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

let site: TestSite;
afterEach(() => site.cleanUp());

/** Makes the database so large. */
async function fill(to: TestSite, megabytes: number): Promise<void> {
  for (let n = 0; n < megabytes; n += 1)
    await to.gateway.db.write(() => {
      for (let row = 0; row < 250; row += 1)
        to.gateway.db.run(
          "INSERT INTO frame (charger_id, at, direction, text) VALUES ('BAY-1', 0, 'in', ?)",
          'x'.repeat(3900),
        );
    });
}

function look<T>(file: string, sql: string): T {
  const sqlite = new Database(file, { readonly: true });
  const row = sqlite.prepare<[], T>(sql).get();
  sqlite.close();
  if (row === undefined) throw new Error(`nothing: ${sql}`);
  return row;
}

const start = (n: number): Record<string, unknown> => ({
  connectorId: 1,
  idTag: 'CARD1',
  meterStart: n,
  timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString(),
});

describe('a backup', () => {
  test('is one moment of a database that goes on being written, with its key, verified, in one file', async () => {
    site = await startTestSite({ yaml: 'upkeep: { backup-megabytes-per-second: 8 }' });
    await fill(site, 8);
    const charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
    const load = { going: true, answered: 0 };
    const loading = (async () => {
      while (load.going) {
        await charger.call('StartTransaction', start((load.answered += 1)));
      }
    })();
    const made = await backupNow(site.gateway, false);
    load.going = false;
    await loading;
    expect(made.bytes).toBeGreaterThan(8e6);
    const { n } = look<{ n: number }>(made.path, 'SELECT count(*) AS n FROM "transaction"');
    expect(n).toBeLessThan(load.answered);
    expect(look(made.path, 'PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' });
    expect(readdirSync(join(site.directory, 'backups')).toSorted()).toEqual([made.name, `${made.name}.key`]);
    expect(readFileSync(`${made.path}.key`)).toEqual(readFileSync(join(site.directory, 'secrets.key')));
    expect(statSync(made.path).mode & 0o077).toBe(0);
    await charger.close();
  });

  test('is made and listed by the operator, and asked for twice at once it is made once', async () => {
    site = await startTestSite();
    const post = (): Promise<Response> => fetch(new URL('/api/backups', site.urls.console), { method: 'POST' });
    const [one, other] = await Promise.all([post(), post()]);
    expect([one.status, other.status]).toEqual([201, 201]);
    const made = (await one.json()) as { name: string; rows: number };
    expect(await other.json()).toEqual(made);
    expect(made.rows).toBeGreaterThan(5);
    const told = await fetch(new URL('/api/upkeep', site.urls.console));
    expect(await told.json()).toMatchObject({
      backups: [{ name: made.name, key: true }],
      backupProblem: null,
      integrity: { state: 'unasked' },
    });
  });

  test('that cannot be made is told, leaves nothing, and is a warning', async () => {
    site = await startTestSite();
    writeFileSync(join(site.directory, 'backups'), 'no directory');
    await expect(backupNow(site.gateway, false)).rejects.toMatchObject({ code: 'BACKUP_FAILED' });
    const status = await fetch(new URL('/api/status', site.urls.console));
    expect(await status.json()).toMatchObject({
      warnings: [expect.anything(), expect.stringContaining('backup failed')],
    });
    rmSync(join(site.directory, 'backups'));
    await backupNow(site.gateway, false);
    expect(site.gateway.upkeep?.backupProblem).toBeNull();
  });

  test('never replaces a file', async () => {
    site = await startTestSite();
    const file = join(site.directory, 'mine.db');
    writeFileSync(file, 'precious');
    const backup = backupDatabase({ directory: site.directory, file, key: false, bytesPerSecond: 1e9 });
    await expect(backup).rejects.toMatchObject({ code: 'FILE_EXISTS' });
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  test('that a power cut ends leaves no file that counts, and the next one clears up', async () => {
    site = await startTestSite();
    await fill(site, 6);
    const folder = join(site.directory, 'safe');
    const module = new URL('../../gateway/store/backup.ts', import.meta.url).href;
    const program = `import { backupDatabase } from ${JSON.stringify(module)};
      await backupDatabase(${JSON.stringify({ directory: site.directory, file: join(folder, 'b.db'), key: true, bytesPerSecond: 3e6 })});`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    const part = /^\.part-\d+-[0-9a-f]+$/;
    const found = (): string | undefined =>
      (existsSync(folder) ? readdirSync(folder) : []).find((name) => part.test(name));
    const grown = Promise.withResolvers<void>();
    const watching = watch(site.directory, { recursive: true }, () => {
      const name = found();
      if (name !== undefined && statSync(join(folder, name)).size > 5e5) grown.resolve();
    });
    await grown.promise;
    watching.close();
    child.kill('SIGKILL');
    await ended;
    expect(readdirSync(folder).filter((name) => !name.startsWith('.part-'))).toEqual([]);
    const left = found();
    await backupDatabase({ directory: site.directory, file: join(folder, 'c.db'), key: false, bytesPerSecond: 1e9 });
    expect(left).toBeDefined();
    expect(readdirSync(folder)).toEqual(['c.db']);
  });

  test('of the night: so many are kept, with their keys; what has another name stays', async () => {
    site = await startTestSite();
    const folder = join(site.directory, 'backups');
    await backupNow(site.gateway, false);
    for (const name of ['chargegate-20260101T020000Z.db', 'chargegate-20260102T020000Z.db', 'before-the-move.db']) {
      writeFileSync(join(folder, name), '');
      writeFileSync(join(folder, `${name}.key`), '');
    }
    expect(await rotateBackups(folder, 2)).toEqual(['chargegate-20260101T020000Z.db']);
    expect(existsSync(join(folder, 'chargegate-20260101T020000Z.db.key'))).toBe(false);
    expect(existsSync(join(folder, 'before-the-move.db.key'))).toBe(true);
    expect((await listBackups(folder)).at(-1)?.name).toBe('chargegate-20260102T020000Z.db');
  });
});

describe('the night', () => {
  test("comes at the site's clock, also where clocks change", () => {
    const at = (text: string): number => Date.parse(text);
    const night = (now: string): number => lastNight(at(now), '02:30', 'Europe/Stockholm');
    site = { cleanUp: () => Promise.resolve() } as TestSite;
    expect(night('2026-07-01T00:29:59Z')).toBe(at('2026-06-30T00:30:00Z'));
    expect(night('2026-07-01T00:30:00Z')).toBe(at('2026-07-01T00:30:00Z'));
    // No 02:30 on 29 March, two of them on 25 October.
    expect(night('2026-03-29T12:00:00Z')).toBe(at('2026-03-29T01:30:00Z'));
    expect(night('2026-10-25T12:00:00Z')).toBe(at('2026-10-25T00:30:00Z'));
  });

  test('is made up for after a stop, and its work is done once', async () => {
    let now = Date.parse('2026-07-01T10:00:00Z');
    site = await startTestSite({ clock: () => now, yaml: 'upkeep: { backup-keep: 2 }' });
    const { upkeep } = site.gateway;
    if (upkeep === null) throw new Error('no upkeep');
    const backups = async (): Promise<number> => (await listBackups(upkeep.settings.backupDirectory)).length;
    const night = async (): Promise<void> => followNight(site.gateway, upkeep);
    await night();
    expect(await backups()).toBe(0);
    for (const expected of [1, 2, 2]) {
      now += 86_400_000;
      await night();
      await night();
      expect(await backups()).toBe(expected);
    }
    expect(upkeep.forgotten).toMatchObject({ at: now });
  });
});
