/** A Debian of its own in a folder, booted with its own systemd by systemd-nspawn: no kernel, no network but its loopback. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Machine {
  /** Runs a command in it as root; what it printed, both ways. */
  run(command: string): { code: number; text: string };
  /** The same place, as seen from outside. */
  path(inside: string): string;
  stop(): Promise<void>;
}

const PACKAGES = 'systemd,systemd-sysv,dbus,procps';
const BOOT_PATIENCE_MS = 60_000;
const ENVIRONMENT = ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'];

/** What this computer lacks for it; empty: nothing. */
export function lacking(): string[] {
  const missing = ['debootstrap', 'systemd-nspawn', 'nsenter'].filter(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
  );
  return [...(process.getuid?.() === 0 ? [] : ['root']), ...missing];
}

/** Makes the folder where it is not there yet; a minute and a half. */
export function makeRoot(root: string): void {
  if (existsSync(join(root, 'etc/debian_version')) && !existsSync(join(root, 'debootstrap'))) return;
  rmSync(root, { recursive: true, force: true });
  const made = spawnSync('debootstrap', ['--variant=minbase', `--include=${PACKAGES}`, 'bookworm', root], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (made.status !== 0) throw new Error(`debootstrap ended with ${made.status}; see ${root}/debootstrap`);
}

/** Puts this checkout there, as it stands, with its packages. */
export function putCheckout(checkout: string, root: string, program: string): void {
  const target = join(root, program);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(dirname(target), { recursive: true });
  cpSync(checkout, target, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (from) => ![join(checkout, '.git'), join(checkout, 'bench')].includes(from),
  });
}

/** Resolves when its systemd says that it has booted. Rejects after a minute. */
export async function boot(root: string): Promise<Machine> {
  const ours = !existsSync('/run/systemd/system');
  const how = ours ? ['--register=no', '--keep-unit'] : [];
  const nspawn = spawn('systemd-nspawn', ['-q', '-D', root, ...how, '--private-network', '--boot'], {
    stdio: 'ignore',
    env: { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
  });
  const over = new Promise<void>((resolve) => nspawn.once('exit', () => resolve()));
  const enter = (): string[] => ['-t', String(leader(nspawn.pid ?? 0)), '-m', '-u', '-i', '-n', '-p', '-r', '-w'];
  const wrapped = (command: string): string[] => [...enter(), 'env', '-i', ...ENVIRONMENT, 'sh', '-c', command];
  const machine: Machine = {
    run(command) {
      const { status, stdout, stderr } = spawnSync('nsenter', wrapped(command), { encoding: 'utf8' });
      return { code: status ?? -1, text: stdout + stderr };
    },
    path: (inside) => join(root, inside),
    async stop() {
      nspawn.kill('SIGTERM');
      await over;
    },
  };
  const deadline = Date.now() + BOOT_PATIENCE_MS;
  for (;;) {
    if (leader(nspawn.pid ?? 0) !== null && /running|degraded/.test(machine.run('systemctl is-system-running').text))
      return machine;
    if (Date.now() > deadline || nspawn.exitCode !== null) throw new Error(`${root} does not boot in systemd-nspawn`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Its first process, as numbered out here. */
function leader(nspawn: number): number | null {
  const children = (pid: number): number[] => {
    const file = `/proc/${pid}/task/${pid}/children`;
    return existsSync(file) ? readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number) : [];
  };
  const isInit = (pid: number): boolean => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'systemd';
  return [...children(nspawn), ...children(nspawn).flatMap(children)].find(isInit) ?? null;
}
