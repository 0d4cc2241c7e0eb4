import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { backupNow } from '../../gateway/backups.ts';
import { startTestSite, testConfig } from '../harness/gateway.ts';

test('by default a site backs up at night into its data directory, keeps a week of that, and bills for ever', () => {
  expect(testConfig('/srv/depot').upkeep).toEqual({
    at: '03:30',
    backupDirectory: '/srv/depot/backups',
    backupKeep: 7,
    backupKey: true,
    backupMegabytesPerSecond: 8,
    keepDays: { samples: 730, meterLog: 730, frames: 30, decisions: 365, quarantine: 365, deadLetters: 90 },
    lowSpaceMegabytes: 500,
  });
  expect(testConfig('/srv/depot', 'upkeep: { backup-directory: ../nas }').upkeep.backupDirectory).toBe('/srv/nas');
  expect(() => testConfig('/srv/depot', 'upkeep: { at: "24:00" }')).toThrow(/upkeep\.at must be a time of the day/);
});

test('another backup directory counts from a reload on, and chargers stay', async () => {
  const aside = mkdtempSync(join(tmpdir(), 'chargegate-aside-'));
  onTestFinished(() => rmSync(aside, { recursive: true }));
  const site = await startTestSite();
  onTestFinished(() => site.cleanUp());
  await backupNow(site.gateway, false);
  expect(site.gateway.upkeep?.newestBackup).toBeGreaterThan(0);

  await site.reload(() => testConfig(site.directory, `upkeep: { backup-directory: ${aside}, backup-keep: 2 }\n`));
  const said = site.logged.map(({ message }) => message);
  expect(said).toContain('configuration read anew: upkeep changed');
  expect(said.join()).not.toContain('until a restart');
  expect(site.gateway.upkeep?.newestBackup).toBeNull();
  const { name } = await backupNow(site.gateway, true);
  expect(readdirSync(aside)).toContain(name);
  await site.reload(() => testConfig(site.directory, `upkeep: { backup-directory: ${aside}, backup-keep: 2 }\n`));
  expect(site.logged.at(-1)?.message).toBe('configuration read anew: nothing changed');
});

test('a gateway that starts knows of the backups that are there', async () => {
  const data = mkdtempSync(join(tmpdir(), 'chargegate-data-'));
  onTestFinished(() => rmSync(data, { recursive: true }));
  const before = await startTestSite({ directory: data });
  const { at } = await backupNow(before.gateway, false);
  await before.stop();
  const site = await startTestSite({ directory: data });
  onTestFinished(() => site.stop());
  // Its name tells the second.
  await expect.poll(() => site.gateway.upkeep?.newestBackup).toBe(Math.floor(at / 1000) * 1000);
  const status = (await (await fetch(`${site.urls.console}api/status`)).json()) as { lastBackup: string };
  expect(Date.parse(status.lastBackup)).toBe(Math.floor(at / 1000) * 1000);
});
