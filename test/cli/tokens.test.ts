import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findSiteToken } from '../../gateway/tokens.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { chargegate, chargegateReading, type Done } from './harness.ts';

let site: TestSite;
const folder = mkdtempSync(join(tmpdir(), 'chargegate-cards-'));
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  site = await startTestSite();
});
afterAll(async () => {
  await site.cleanUp();
  rmSync(folder, { recursive: true, force: true });
});

const at = (): string[] => ['--url', site.urls.console];
const run = (...args: string[]): Promise<Done> => chargegate(['tokens', ...args, ...at()]);
const known = (uid: string) => findSiteToken(site.gateway, uid);

describe('cards at the command line', () => {
  it('are put on the list, several at once, blocked and let charge again', async () => {
    expect(await run('add', '0451AAC3790080', 'FB0EE20B', '--group', 'fleet')).toEqual({
      code: 0,
      signal: null,
      out:
        '0451AAC3790080 may charge here\n' +
        'FB0EE20B may charge here; its number is short: easily copied, and another card may have it too\n',
      err: '',
    });
    expect(known('FB0EE20B')?.groupId).toBe('fleet');
    expect(await run('block', 'fb:0e:e2:0b')).toMatchObject({
      code: 0,
      out: 'FB0EE20B may not charge here any more\n',
    });
    expect(known('FB0EE20B')?.valid).toBe(false);
    expect(await run('unblock', 'FB0EE20B', '--json')).toMatchObject({ code: 0 });
    expect(known('FB0EE20B')).toMatchObject({ valid: true, groupId: 'fleet' });
    expect(await run('unblock', '04000001')).toMatchObject({
      code: 1,
      err: expect.stringContaining('[TOKEN_UNKNOWN]'),
    });
    expect(known('04000001')).toBe(null);
    expect(await run('add', '08A1B2C3')).toMatchObject({ code: 1, err: expect.stringContaining('[TOKEN_RANDOM]') });
    expect((await run()).out).toMatch(/^FB0EE20B +RFID +site +yes .* weak$/m);
  });

  it('go out as CSV for nobody else to read, and come in again', async () => {
    expect(await run('export', '--output', file('out.csv'))).toMatchObject({ code: 0, err: '' });
    expect(statSync(file('out.csv')).mode & 0o077).toBe(0);
    const text = readFileSync(file('out.csv'), 'utf8');
    expect((await run('export')).out).toBe(text);
    expect(text.split('\r\n').filter((line) => /^(0451AAC3790080|FB0EE20B),/.test(line))).toHaveLength(2);
    expect(await run('import', file('out.csv'), '--replace')).toMatchObject({
      code: 0,
      out: '0 added, 0 changed, 2 the same, 0 removed, 0 refused\n',
    });
    const fewer = await chargegateReading('uid\nFB0EE20B\n', [
      'tokens',
      'import',
      '-',
      '--replace',
      '--dry-run',
      ...at(),
    ]);
    expect(fewer).toMatchObject({
      code: 0,
      out: '0 added, 0 changed, 1 the same, 1 removed, 0 refused: if it were done\n',
    });
    expect(known('0451AAC3790080')).not.toBe(null);
  });

  it('of a list with bad lines are not taken: each is told with its line, column and reason', async () => {
    writeFileSync(file('bad.csv'), 'uid,expires\n0451AAC3790081,2027-01-31\n0451AAC3790082,soon\n');
    const reason = 'line 3, expires: it is no time: write 2027-01-31, or 2027-01-31T12:00:00Z';
    const refused = await run('import', file('bad.csv'));
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toBe(
      `${reason}\nchargegate: [TOKENS_REFUSED] one line of the list cannot be taken, so none was; ${reason}\n`,
    );
    expect(JSON.parse((await run('import', file('bad.csv'), '--json')).err)).toMatchObject({
      code: 'TOKENS_REFUSED',
      refusedLines: [{ line: 3, column: 'expires' }],
    });
    expect(await run('import', file('bad.csv'), '--dry-run')).toMatchObject({
      code: 1,
      out: '1 added, 0 changed, 0 the same, 0 removed, 1 refused: if it were done\n',
      err: `${reason}\n`,
    });
    expect(known('0451AAC3790081')).toBe(null);
    expect(await run('import', file('bad.csv'), '--skip-bad')).toMatchObject({ code: 0, err: `${reason}\n` });
    expect(known('0451AAC3790081')).toMatchObject({ valid: true });
    writeFileSync(file('big.csv'), 'uid\n'.repeat(6_000_000));
    expect(await run('import', file('big.csv'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('[FILE_TOO_BIG]'),
    });
    expect(await run('import', file('none.csv'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('cannot be read'),
    });
  });
});
