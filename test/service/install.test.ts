import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/load.ts';
import { has } from './harness.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/install-service.ts', import.meta.url));
const SERVICE = 'etc/systemd/system/chargegate.service';
const CONFIG = 'etc/chargegate/chargegate.yaml';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'chargegate-root-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const run = (verb: string, program = '/opt/chargegate'): { status: number | null; out: string; err: string } => {
  const args = [SCRIPT, verb, '--root', root, '--program', program];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
};
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('npm run install-service', () => {
  it('puts unit, user, folders, names of readers, command and configuration there', () => {
    expect(run('install')).toMatchObject({ status: 0, err: '' });
    expect(read(SERVICE)).toContain(
      'ExecStart=/opt/chargegate/node_modules/.bin/node /opt/chargegate/gateway/cli.ts run\n',
    );
    expect(read(SERVICE)).not.toMatch(/@(PROGRAM|NODE)@/);
    for (const path of [
      'etc/sysusers.d/chargegate.conf',
      'etc/tmpfiles.d/chargegate.conf',
      'etc/udev/rules.d/70-chargegate.rules',
    ])
      expect(read(path)).not.toBe('');
    expect(statSync(join(root, 'usr/local/bin/chargegate')).mode & 0o777).toBe(0o755);
    expect(statSync(join(root, CONFIG)).mode & 0o777).toBe(0o640);
  });

  it('brings a configuration that is good, and lets no unknown charger in', () => {
    run('install');
    expect(loadConfig(join(root, CONFIG), {}).settings.unknownChargers).toBe('pending');
  });

  it('changes nothing the second time', () => {
    run('install');
    const listed = readdirSync(root, { recursive: true });
    const { out } = run('install');
    expect(out).not.toMatch(/^(written|replaced|kept)/m);
    expect(readdirSync(root, { recursive: true })).toEqual(listed);
  });

  it('never replaces a configuration, and nothing that was edited without a copy', () => {
    run('install');
    writeFileSync(join(root, CONFIG), 'site: mine\n');
    writeFileSync(join(root, SERVICE), '# mine\n');
    const { status, out } = run('install');
    expect(status).toBe(0);
    expect(read(CONFIG)).toBe('site: mine\n');
    expect(read(`${CONFIG}.new`)).toContain('unknown-chargers: pending');
    expect(read(SERVICE)).toContain('Type=notify');
    const copy = /chargegate\.service\.old-[0-9a-f]{8}/.exec(out)?.[0] ?? '';
    expect(read(`etc/systemd/system/${copy}`)).toBe('# mine\n');
  });

  it('refuses a checkout that the service could not see', () => {
    const { status, err } = run('install', '/home/me/chargegate');
    expect([status, err]).toEqual([1, expect.stringContaining('/opt/chargegate')]);
    expect(existsSync(join(root, SERVICE))).toBe(false);
  });

  it('says in one line what it does not understand, and touches nothing', () => {
    for (const args of [
      ['install', '--root'],
      ['install', '--prefix', root],
      ['instal', '--root', root],
    ]) {
      const { status, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^install-service: [^\n]+\n$/)]);
    }
    expect(readdirSync(root)).toEqual([]);
  });

  it('uninstall takes away what was put there, and leaves configuration and data', () => {
    run('install');
    const { status, out } = run('uninstall');
    expect([status, out]).toEqual([0, expect.stringContaining('are kept')]);
    expect(existsSync(join(root, SERVICE))).toBe(false);
    expect(existsSync(join(root, 'etc/systemd/system/multi-user.target.wants/chargegate.service'))).toBe(false);
    expect(existsSync(join(root, CONFIG))).toBe(true);
    expect(run('uninstall').status).toBe(0);
  });
});

const analyze = has('systemd-analyze');

describe.skipIf(!analyze)('the unit (wants systemd-analyze)', () => {
  it('is understood by systemd, whole', () => {
    const unit = join(root, 'chargegate.service');
    run('install');
    // The program is not where the unit has it.
    writeFileSync(
      unit,
      read(SERVICE)
        .replaceAll(/^(Exec\w+)=.*cli\.ts .*$/gm, '$1=/bin/true')
        .replace(/^Documentation.*\n/m, ''),
    );
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    expect([status, stdout + stderr]).toEqual([0, '']);
  });

  it('exposes no more than docs/service.md says', () => {
    run('install');
    const told = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', join(root, SERVICE)], {
      encoding: 'utf8',
    });
    const page = readFileSync(new URL('../../docs/service.md', import.meta.url), 'utf8');
    const written = Number(/exposure level of (\d+\.\d)/.exec(page)?.[1]);
    expect(Number(/exposure level for \S+: (\d+\.\d)/.exec(told)?.[1])).toBeLessThanOrEqual(written);
  });
});
