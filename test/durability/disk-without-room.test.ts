import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from '../harness/ports.ts';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import { RESERVE_BYTES, RESERVE_FILE, keepReserve, releaseReserve } from '../../gateway/store/reserve.ts';
import { keepRoom } from '../../gateway/upkeep.ts';
import { startDaemon } from '../harness/daemon.ts';
import { startTestSite } from '../harness/gateway.ts';
import { siteYaml } from '../service/harness.ts';

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'chargegate-room-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('room that is kept for a start', () => {
  test('is not given up while there is other room, and not written twice', async () => {
    const path = join(directory, RESERVE_FILE);
    writeFileSync(path, Buffer.alloc(RESERVE_BYTES, 'x'));
    await keepReserve(directory);
    releaseReserve(directory);
    expect(readFileSync(path).equals(Buffer.alloc(RESERVE_BYTES, 'x'))).toBe(true);
  });

  test('is taken while there is enough, never when it gets short', async () => {
    const site = await startTestSite();
    const path = join(site.directory, RESERVE_FILE);
    const { upkeep } = site.gateway;
    if (upkeep) upkeep.lowSpace = true;
    await keepRoom(site.gateway);
    expect(existsSync(path)).toBe(false);
    if (upkeep) upkeep.lowSpace = false;
    await keepRoom(site.gateway);
    expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(RESERVE_BYTES);
    await site.cleanUp();
  });
});

/** A disk of its own, where this user may have one. */
function mount(path: string, megabytes: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write('notice: no file system can be mounted here, the test of a start on a full disk is skipped\n');
    return false;
  }
}

describe('a disk without any room', () => {
  test('does not keep the gateway from starting: chargers are answered with what needs none', async ({ skip }) => {
    if (!mount(directory, 24)) skip();
    try {
      const port = await freePort();
      const file = join(tmpdir(), `chargegate-room-${port}.yaml`);
      writeFileSync(file, siteYaml(port, 'tokens: [{ uid: CARD1 }]\nlog: { level: error }'));
      const env = { CHARGEGATE_DATA_DIR: directory };
      await (await startDaemon(file, env)).stop();
      const fill = (): void => {
        const { bavail, bsize } = statfsSync(directory);
        writeFileSync(join(directory, `other-${bavail}`), Buffer.alloc(bavail * bsize));
      };
      // Without the room that is kept, the reason is told.
      fill();
      await expect(startDaemon(file, env)).rejects.toThrow('[STORAGE_FULL] no room left to store');
      execFileSync('sh', ['-c', `rm ${directory}/other-*`]);
      await keepReserve(directory);
      fill();
      const daemon = await startDaemon(file, env);
      const charger = await createRawCharger(`ws://127.0.0.1:${port}/ocpp/BAY-1`, { protocols: ['ocpp1.6'] });
      const [, , answer] = await charger.call('Authorize', { idTag: 'CARD1' });
      expect(answer).toEqual({ idTagInfo: { status: 'Accepted' } });
      await charger.close();
      expect(await daemon.stop()).toBe(0);
      rmSync(file);
    } finally {
      execFileSync('umount', ['-l', directory]);
    }
  });
});
