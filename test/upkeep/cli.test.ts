import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chargegate, daemon, place, type Daemon, type Done, type Place } from '../cli/harness.ts';

describe('backup, restore and support on the command line', () => {
  let site: Place;
  let running: Daemon | null;
  const run = (...args: string[]): Promise<Done> => chargegate(args, site.env);
  const stop = async (): Promise<void> => {
    running?.child.kill('SIGTERM');
    await running?.done;
    running = null;
  };

  beforeAll(async () => {
    site = place();
    running = await daemon(site);
  }, 20_000);
  afterAll(async () => {
    await stop();
    site.remove();
  });

  it('the running gateway makes a backup, and the list shows it', async () => {
    const made = await run('backup', '--url', running?.urls.console ?? '');
    expect([made.code, made.err]).toEqual([0, '']);
    expect(made.out).toMatch(
      /chargegate-\d{8}T\d{6}Z\.db: [\d.]+ MB, \d+ rows, verified, in [\d.]+ s; the key .* lies beside it/,
    );
    expect((await run('backup', 'list')).out).toMatch(/^BACKUP +MADE +MB +KEY\nchargegate-\S+ .* yes$/m);
  });

  it('a file beside a running gateway; never over one that is there, nor in a folder that is not', async () => {
    const file = join(site.data, '..', 'mine.db');
    expect(JSON.parse((await run('backup', file, '--json')).out)).toMatchObject({ path: file, key: true });
    const again = await run('backup', file);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('[FILE_EXISTS]')]);
    const nowhere = join(site.data, '..', 'not-mounted');
    const lost = await run('backup', join(nowhere, 'mine.db'));
    expect([lost.code, lost.err]).toEqual([2, expect.stringContaining(`there is no folder ${nowhere}`)]);
    expect(existsSync(nowhere)).toBe(false);
  });

  it('restore refuses a running gateway: exit code 2', async () => {
    const { code, err } = await run('restore', join(site.data, '..', 'mine.db'));
    expect([code, err]).toEqual([2, expect.stringContaining('[DATA_DIR_LOCKED]')]);
  });

  it('restore puts a backup back once it is stopped, and the gateway starts with it', async () => {
    await stop();
    const { code, out, err } = await run('restore', join(site.data, '..', 'mine.db'));
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^replaced +\S+chargegate\.db\.replaced-/m);
    expect(out).toMatch(/^next transaction +1000001$/m);
    expect((await run('restore', site.config)).err).toContain('[BACKUP_UNUSABLE]');
    running = await daemon(site);
  });

  it('without a running gateway it backs up and gathers by itself', async () => {
    await stop();
    // Nobody listens on that port.
    const config = join(site.data, '..', 'stopped.yaml');
    writeFileSync(config, readFileSync(site.config, 'utf8').replace(/(console:[^]*?port: )0/, '$11'));
    const away = await run('backup', '--url', 'http://127.0.0.1:1');
    expect([away.code, away.err]).toEqual([2, expect.stringContaining('[DAEMON_UNREACHABLE]')]);
    expect((await run('backup', '--config', config)).code).toBe(0);
    expect(readdirSync(join(site.data, 'backups')).filter((name) => name.endsWith('.db'))).toHaveLength(2);
    const bundle = join(site.data, '..', 'support.tar.gz');
    const { code, out } = await run('support', bundle);
    expect([code, out]).toEqual([0, `${bundle} (18 files); look through it before you send it\n`]);
    expect(existsSync(bundle) && readFileSync(bundle).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  });
});
