import { expect, test } from 'vitest';
import { testConfig } from '../harness/gateway.ts';

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
