import Database from 'better-sqlite3';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readiness } from '../../gateway/health.ts';
import { watchSpace } from '../../gateway/upkeep.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

let directory: string;
let site: TestSite;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'chargegate-sound-'));
  site = await startTestSite({ directory });
});
afterEach(async () => {
  await site.stop();
  rmSync(directory, { recursive: true, force: true });
});

const mark = (): string => join(directory, 'chargegate.running');
const state = (): string | undefined => site.gateway.upkeep?.integrity.state;

describe('after a stop that was not in order', () => {
  test('the database is gone through, and said to be sound; after one that was, it is not', async () => {
    expect([state(), existsSync(mark())]).toEqual(['unasked', true]);
    await site.stop();
    expect(existsSync(mark())).toBe(false);
    writeFileSync(mark(), '');
    site = await startTestSite({ directory });
    await site.gateway.upkeep?.checking;
    expect(state()).toBe('good');
    expect(readiness(site.gateway).reasons).toEqual([]);
    expect(site.logged).toContainEqual(expect.objectContaining({ message: 'the database is sound' }));
  });

  test('it is gone through also where nobody may change priorities, as in some containers', async () => {
    await site.stop();
    writeFileSync(mark(), '');
    const denied = join(directory, 'denied.mjs');
    writeFileSync(
      denied,
      "import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module'; os.setPriority = () => { throw new Error('EPERM'); }; syncBuiltinESMExports();",
    );
    const before = process.env['NODE_OPTIONS'];
    process.env['NODE_OPTIONS'] = `--import=${pathToFileURL(denied).href}`;
    try {
      site = await startTestSite({ directory });
      await site.gateway.upkeep?.checking;
    } finally {
      if (before === undefined) delete process.env['NODE_OPTIONS'];
      else process.env['NODE_OPTIONS'] = before;
    }
    expect(state()).toBe('good');
  });

  test('damage is told by /readyz and in the log, while chargers are served', async () => {
    await site.gateway.db.write(() => {
      for (let n = 0; n < 500; n += 1)
        site.gateway.db.run(
          "INSERT INTO frame (charger_id, at, direction, text) VALUES ('BAY-1', 0, 'in', ?)",
          'x'.repeat(900),
        );
    });
    await site.stop();
    const file = join(directory, 'chargegate.db');
    const sqlite = new Database(file, { readonly: true });
    const { page } = sqlite
      .prepare<[], { page: number }>(
        "SELECT pageno AS page FROM dbstat WHERE name = 'frame' AND pagetype = 'leaf' ORDER BY pageno LIMIT 1 OFFSET 20",
      )
      .get() ?? { page: 0 };
    sqlite.close();
    const fd = openSync(file, 'r+');
    writeSync(fd, Buffer.alloc(4096, 0x5a), 0, 4096, (page - 1) * 4096);
    closeSync(fd);
    writeFileSync(mark(), '');
    site = await startTestSite({ directory });
    await site.gateway.upkeep?.checking;
    expect(state()).toBe('damaged');
    const ready = await fetch(new URL('/readyz', site.urls.console));
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { reasons: [expect.stringMatching(/^database: it is damaged .* restore a backup$/)] },
    ]);
    expect(site.logged).toContainEqual(
      expect.objectContaining({ level: 'error', message: expect.stringContaining('damaged') }),
    );
  });
});

describe('room on the disk', () => {
  test('that gets short is told once, and is a warning until there is enough again', async () => {
    const { gateway } = site;
    const told: unknown[] = [];
    gateway.bus.on('storage.space', ({ low }) => told.push(low));
    const { upkeep } = gateway;
    if (upkeep === null) throw new Error('no upkeep');
    const warnings = async (): Promise<string> => {
      const status = await fetch(new URL('/api/status', site.urls.console));
      return JSON.stringify(((await status.json()) as { warnings: string[] }).warnings);
    };
    upkeep.settings = { ...upkeep.settings, lowSpaceMegabytes: 1_000_000_000 };
    watchSpace(gateway);
    watchSpace(gateway);
    expect(await warnings()).toMatch(/Only \d+ MB are free/);
    upkeep.settings = { ...upkeep.settings, lowSpaceMegabytes: 0 };
    watchSpace(gateway);
    expect(await warnings()).not.toContain('MB are free');
    expect(told).toEqual([true, false]);
  });
});
