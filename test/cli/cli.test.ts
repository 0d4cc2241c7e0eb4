import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT, chargegateStarted as chargegate, place } from './harness.ts';
import type { Place } from './harness.ts';

const places: Place[] = [];
function aPlace(change?: (yaml: string) => string): Place {
  const made = place(change);
  places.push(made);
  return made;
}
afterAll(() => places.forEach((made) => made.remove()));

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

describe('the command line', () => {
  it('tells its version', async () => {
    expect(await chargegate(['version'])).toMatchObject({ code: 0, out: `${version}\n`, err: '' });
    expect(JSON.parse((await chargegate(['version', '--json'])).out)).toEqual({ version });
    expect(await chargegate(['--version'])).toMatchObject({ code: 0, out: `${version}\n` });
  });

  it('knows every verb of the contract', async () => {
    const { code, out } = await chargegate(['--help']);
    expect(code).toBe(0);
    const verbs = 'run check-config status chargers sessions tokens peers call simulate demo version'.split(' ');
    expect(verbs.filter((verb) => !new RegExp(`^ {2}${verb}\\b`, 'm').test(out))).toEqual([]);
  });

  it.each([
    [['bogus'], 'unknown command'],
    [['sesions'], 'Did you mean sessions?'],
    [['status', '--bogus'], 'unknown option'],
    [['sessions', '--limit', 'x'], 'Write a whole number'],
    [['call', 'BAY-01'], 'missing required argument'],
    [['call', 'BAY-01', 'Reset', '{type'], 'the payload is no JSON'],
    [['status', '--url', 'localhost'], 'is no URL'],
  ])('%j could not run: exit code 2', async (args, words) => {
    const { code, out, err } = await chargegate(args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^chargegate: \[REQUEST_INVALID\] /);
    expect(err).toContain(words);
  });

  it('says what to do when no daemon runs: exit code 2', async () => {
    const { code, err } = await chargegate(['status', '--url', 'http://127.0.0.1:9']);
    expect(code).toBe(2);
    expect(err).toMatch(/^chargegate: \[DAEMON_UNREACHABLE\] .*127\.0\.0\.1:9.*chargegate run/);
  });
});

describe('check-config', () => {
  it('finds a good one good and starts nothing', async () => {
    const { config, data, env } = aPlace();
    expect(await chargegate(['check-config'], env)).toMatchObject({ code: 0, out: `${config} is good\n`, err: '' });
    expect(existsSync(data)).toBe(false);
  });

  it('finds a bad one bad, by file, line and column: exit code 1', async () => {
    const { config } = aPlace((yaml) => yaml.replace('\nocpp:', '\nocppp:'));
    const { code, out, err } = await chargegate(['check-config', '--config', config]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^chargegate: \[CONFIG_INVALID\] .*site\.yaml:\d+:\d+: .*ocpp/m);
    const json = await chargegate(['check-config', '--config', config, '--json']);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({ file: config, problems: [{ column: 1 }] });
  });

  it('could not run without a file: exit code 2', async () => {
    const { code, err } = await chargegate(['check-config', '--config', '/nowhere/site.yaml']);
    expect(code).toBe(2);
    expect(err).toContain('[CONFIG_UNREADABLE] /nowhere/site.yaml');
  });

  it('a daemon does not run on a bad one', async () => {
    const { env, data } = aPlace((yaml) => yaml.replace('party-id: DEP', 'party-id: TOO-LONG'));
    const { code, err } = await chargegate(['run'], env);
    expect(code).toBe(1);
    expect(err).toContain('[CONFIG_INVALID]');
    expect(existsSync(data)).toBe(false);
  });
});
