import Database from 'better-sqlite3';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { backupNow } from '../../gateway/backups.ts';
import { wallClock } from '../../gateway/domain/time.ts';
import { restoreDatabase } from '../../gateway/store/restore.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

let [data, aside]: [string, string] = ['', ''];
let site: TestSite;
let backup: string;

const dial = (id: string): Promise<RawCharger> => createRawCharger(site.urls.ocpp + id, { protocols: ['ocpp1.6'] });

const startOf = (n: number): Record<string, unknown> => ({
  connectorId: 1,
  idTag: 'CARD1',
  meterStart: n,
  timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, n)).toISOString(),
});

async function begin(charger: RawCharger, n: number): Promise<number> {
  return ((await charger.call('StartTransaction', startOf(n)))[2] as { transactionId: number }).transactionId;
}

const wireIds = (): string[] =>
  listTransactions(site.gateway, { offset: 0, limit: 1000 }).items.map(({ wireId }) => wireId);

/** A site with a backup of its first three transactions. */
beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'chargegate-restore-'));
  aside = mkdtempSync(join(tmpdir(), 'chargegate-aside-'));
  site = await startTestSite({ directory: data });
  site.gateway.secrets.seal('x');
  const charger = await dial('BAY-1');
  for (const n of [1, 2, 3]) await begin(charger, n);
  const made = await backupNow(site.gateway, false);
  backup = join(aside, 'kept.db');
  copyFileSync(made.path, backup);
  await charger.close();
});

afterEach(async () => {
  await site.stop();
  for (const folder of [data, aside]) rmSync(folder, { recursive: true, force: true });
});

async function restored(): Promise<ReturnType<typeof restoreDatabase>> {
  await site.stop();
  const report = restoreDatabase(data, backup, wallClock());
  site = await startTestSite({ directory: data });
  return report;
}

describe('restore', () => {
  test('law 4: no charger ever gets a number twice, and what it replays keeps its number', async () => {
    const charger = await dial('BAY-1');
    const later = [await begin(charger, 4), await begin(charger, 5)];
    await charger.close();
    const report = await restored();
    expect(report).toMatchObject({ lost: { transactions: 2, cdrs: expect.any(Number) }, key: 'not-needed' });
    expect(wireIds()).toEqual(['1', '2', '3']);

    const again = await dial('BAY-1');
    // One that the backup has, one that it has not, and a new one.
    expect(await begin(again, 3)).toBe(3);
    const [replayed, fresh] = [await begin(again, 5), await begin(again, 6)];
    expect(later).not.toContain(replayed);
    expect([replayed, fresh]).toEqual([report.wireId + 1, report.wireId + 2]);
    expect(new Set(wireIds()).size).toBe(wireIds().length);
    await again.close();
  });

  test('what is missing is counted by its rows: after a second restore too, whose numbers have leapt', async () => {
    await restored();
    const charger = await dial('BAY-1');
    await begin(charger, 6);
    await charger.close();
    // Its start ended the one before, which was billed.
    expect((await restored()).lost).toEqual({ transactions: 1, cdrs: 1 });
    expect((await restored()).lost).toEqual({ transactions: 0, cdrs: 0 });
  });

  test('every number that is told outside leaps, also where there was none before', async () => {
    const gw = site.gateway;
    const next = (name: string): number | undefined =>
      gw.db.one<{ seq: number }>('SELECT seq FROM sqlite_sequence WHERE name = ?', name)?.seq;
    expect(next('reservation')).toBeUndefined();
    await restored();
    const numbers = site.gateway.db.all<{ name: string; seq: number }>('SELECT name, seq FROM sqlite_sequence');
    const by = new Map(numbers.map(({ name, seq }) => [name, seq]));
    for (const name of ['reservation', 'transaction', 'session', 'cdr', 'certificate', 'transfer'])
      expect([name, by.get(name)]).toEqual([name, expect.toSatisfy((seq: number) => seq >= 1_000_000)]);
    const counters = site.gateway.db.all<{ name: string; value: number }>('SELECT name, value FROM counter');
    expect(counters.filter(({ name }) => name !== 'filed').every(({ value }) => value >= 1_000_000)).toBe(true);
  });

  test('law 9: what changes afterwards is newer than anything a poller has seen', async () => {
    const read = (): number =>
      site.gateway.db.one<{ value: number }>("SELECT value FROM counter WHERE name = 'stamp'")?.value ?? 0;
    await site.gateway.db.write(() =>
      site.gateway.db.run("UPDATE counter SET value = 9999999999999 WHERE name = 'stamp'"),
    );
    await site.stop();
    const ahead = new Database(join(data, 'chargegate.db'));
    ahead.exec("UPDATE counter SET value = 9999999999999 WHERE name = 'stamp'");
    ahead.close();
    restoreDatabase(data, backup, wallClock());
    site = await startTestSite({ directory: data });
    expect(read()).toBeGreaterThan(9_999_999_999_999);
  });

  test('refuses while a gateway runs, and changes nothing', () => {
    expect(() => restoreDatabase(data, backup, wallClock())).toThrow(
      expect.objectContaining({ code: 'DATA_DIR_LOCKED' }),
    );
    expect(wireIds()).toHaveLength(3);
  });

  test('the replaced database stays beside it, and can itself be restored', async () => {
    const charger = await dial('BAY-1');
    await begin(charger, 4);
    await charger.close();
    const { replaced } = await restored();
    if (replaced === null) throw new Error('nothing was replaced');
    backup = replaced;
    await restored();
    expect(wireIds()).toEqual(['1', '2', '3', '4']);
  });

  test('a database that cannot be read any more is replaced too', async () => {
    await site.stop();
    writeFileSync(join(data, 'chargegate.db'), 'rubbish');
    writeFileSync(join(data, 'chargegate.db-wal'), 'more rubbish');
    const report = restoreDatabase(data, backup, wallClock());
    expect(report).toMatchObject({ lost: null, wireId: 1_000_003 });
    expect(readFileSync(report.replaced ?? '', 'utf8')).toBe('rubbish');
    site = await startTestSite({ directory: data });
    expect(wireIds()).toHaveLength(3);
  });

  test.each([
    ["another program's", (file: string) => new Database(file).exec('CREATE TABLE t (x)').close(), 'BACKUP_UNUSABLE'],
    ['no database', (file: string) => writeFileSync(file, 'x'.repeat(9000)), 'BACKUP_UNUSABLE'],
    ['not there', () => undefined, 'BACKUP_UNUSABLE'],
    [
      'of a newer version',
      (file: string) => {
        copyFileSync(backup, file);
        const sqlite = new Database(file);
        sqlite.pragma('user_version = 9999');
        sqlite.close();
      },
      'DATABASE_TOO_NEW',
    ],
    [
      'damaged',
      (file: string) => {
        const bytes = readFileSync(backup);
        bytes.fill(0x5a, 4096 * 3, 4096 * 40);
        writeFileSync(file, bytes);
      },
      'BACKUP_UNUSABLE',
    ],
  ])('refuses a file that is %s, and leaves everything as it was', async (_what, make, code) => {
    const file = join(aside, 'other.db');
    make(file);
    await site.stop();
    const before = readFileSync(join(data, 'chargegate.db'));
    expect(() => restoreDatabase(data, file, wallClock())).toThrow(expect.objectContaining({ code }));
    expect(readFileSync(join(data, 'chargegate.db'))).toEqual(before);
    expect(readdirSync(data).filter((name) => /replaced|restore/.test(name))).toEqual([]);
  });

  test("the backup's key takes the place of another one, which stays beside it; a missing one is told", async () => {
    const token = site.gateway.secrets.seal('outbound');
    await site.stop();
    const sqlite = new Database(backup);
    sqlite.prepare("UPDATE peer SET outbound_token = ? WHERE name = 'cloud'").run(token);
    sqlite.close();
    copyFileSync(join(data, 'secrets.key'), `${backup}.key`);
    expect(restoreDatabase(data, backup, wallClock()).key).toBe('kept');
    rmSync(join(data, 'secrets.key'));
    writeFileSync(join(data, 'secrets.key'), Buffer.alloc(32, 7));
    expect(restoreDatabase(data, backup, wallClock()).key).toBe('from-backup');
    expect(readFileSync(join(data, 'secrets.key'))).toEqual(readFileSync(`${backup}.key`));
    expect(readdirSync(data).filter((name) => name.startsWith('secrets.key.replaced-'))).toHaveLength(1);
    rmSync(`${backup}.key`);
    writeFileSync(join(data, 'secrets.key'), Buffer.alloc(32, 7));
    expect(restoreDatabase(data, backup, wallClock()).key).toBe('does-not-fit');
    expect(existsSync(join(data, 'chargegate.db'))).toBe(true);
  });
});
