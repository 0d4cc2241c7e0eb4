import { mkdtempSync, rmSync, writeFileSync, mkdirSync, chmodSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { asError, withPriority } from '../../gateway/journal.ts';
import { siteYaml } from './harness.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chargegate-journal-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe('lines in the journal', () => {
  it.each([
    [60, '<2>'],
    [50, '<3>'],
    [40, '<4>'],
    [30, '<6>'],
    [20, '<7>'],
  ])('of level %i have priority %s', (level, priority) => {
    expect(withPriority(`{"level":${level},"msg":"x"}\n`)).toBe(`${priority}{"level":${level},"msg":"x"}\n`);
  });

  it('that complain are errors, each of them', () => {
    expect(asError('one\ntwo')).toBe('<3>one\n<3>two');
  });

  it('have priorities only where stdout is the journal', () => {
    const journal = new URL('../../gateway/journal.ts', import.meta.url).href;
    const script = `
      import { fstatSync } from 'node:fs';
      import { createLog } from ${JSON.stringify(journal)};
      const { dev, ino } = fstatSync(1);
      process.env.JOURNAL_STREAM = process.argv[1] === 'journal' ? dev + ':' + ino : '1:1';
      const { log, setLevel } = createLog('info');
      log.warn({}, 'careful');
      log.debug({}, 'unheard');
      setLevel('debug');
      log.debug({}, 'heard');`;
    const lines = (where: string): string[] =>
      execFileSync(process.execPath, ['--input-type=module', '-e', script, where], { encoding: 'utf8' })
        .trim()
        .split('\n');
    expect(lines('journal').map((line) => line.slice(0, 13))).toEqual(['<4>{"level":4', '<7>{"level":2']);
    expect(lines('elsewhere').map((line) => line.slice(0, 10))).toEqual(['{"level":4', '{"level":2']);
  });
});

describe('secrets that systemd hands over', () => {
  const load = (env: Record<string, string>): string | null =>
    loadConfig(join(directory, 'depot.yaml'), env).console.token;
  const file = (path: string, text: string): string => {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), text);
    return join(directory, path);
  };

  it('come before the files that the configuration names, which root alone may read', () => {
    file(
      'depot.yaml',
      siteYaml(0).replace('console: { port: 0 }', 'console: { port: 0, token-file: credentials/console-token }'),
    );
    file('credentials/console-token', 'read-by-root\n');
    expect(load({})).toBe('read-by-root');
    const handed = join(directory, 'handed');
    mkdirSync(handed);
    expect(load({ CREDENTIALS_DIRECTORY: handed })).toBe('read-by-root');
    file('handed/secret_console-token', 'of-the-whole-folder\n');
    expect(load({ CREDENTIALS_DIRECTORY: handed })).toBe('of-the-whole-folder');
    chmodSync(file('handed/console-token', 'of-its-own\n'), 0o400);
    expect(load({ CREDENTIALS_DIRECTORY: handed })).toBe('of-its-own');
  });
});

it('the unit hands over the folder under the name that is looked for', async () => {
  const { readFileSync } = await import('node:fs');
  const unit = readFileSync(fileURLToPath(new URL('../../service/chargegate.service', import.meta.url)), 'utf8');
  expect(unit).toContain('\nLoadCredential=secret:/etc/chargegate/credentials\n');
});
