/**
 * Puts chargegate onto a machine as a systemd service that runs from this checkout, or takes it away again:
 *   node scripts/install-service.ts install|uninstall [--root DIR] [--program DIR] [--node FILE]
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { placeFiles, removeFiles } from './service-files.ts';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** The unit hides these from the service, or users come and go in them. */
const HIDDEN = /^\/(home|root|run\/user|tmp|var\/tmp)(\/|$)/;

const { values, positionals } = asked();

const [verb] = positionals;
const root = resolve(values.root);
const program = resolve(values.program);
const node = values.node ?? bundledNode();
/** Into a folder that is no machine's own, as for tests and images. */
const apart = root !== '/';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function asked() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        root: { type: 'string', default: '/' },
        program: { type: 'string', default: CHECKOUT },
        node: { type: 'string' },
      },
    });
  } catch (error) {
    return fail(
      `${error instanceof Error ? error.message : String(error)}. It takes --root DIR, --program DIR, --node FILE`,
    );
  }
}

function fail(text: string): never {
  process.stderr.write(`install-service: ${text}\n`);
  process.exit(1);
}

function bundledNode(): string {
  const beside = join(program, 'node_modules', '.bin', 'node');
  return program !== CHECKOUT || existsSync(beside) ? beside : process.execPath;
}

type Step = [program: string, ...args: string[]];

const at = apart ? [`--root=${root}`] : [];

const AFTER_INSTALL: Step[] = [
  ['systemd-sysusers', ...at, 'chargegate.conf'],
  ['systemd-tmpfiles', ...at, '--create', 'chargegate.conf'],
  ['systemctl', ...at, 'enable', 'chargegate.service'],
];
/** Of the machine itself, while systemd runs it. */
const LIVE: Step[] = [['systemctl', 'daemon-reload'], ...udevSteps()];

/** In a container nothing names devices: whoever runs it does that outside. */
function udevSteps(): Step[] {
  if (!existsSync('/run/udev/control')) return [];
  return [
    ['udevadm', 'control', '--reload'],
    ['udevadm', 'trigger', '--subsystem-match=tty'],
  ];
}

/** Runs the steps in order; what cannot run here is told, for later. */
function run(steps: Step[]): void {
  const able = process.getuid?.() === 0;
  for (const [name, ...args] of steps) {
    const command = [name, ...args].join(' ');
    if (!able) {
      say(`to do      ${command}`);
      continue;
    }
    const { status, error, stderr } = spawnSync(name, args, { encoding: 'utf8' });
    if (error) say(`to do      ${command}   (${name} is not here)`);
    else if (status === 0) say(`done       ${command}`);
    else fail(`"${command}" ended with ${status}: ${stderr.trim()}`);
  }
}

function install(): void {
  if (/[\s"'\\$%]/.test(program + node))
    fail(`${program}: the path has a character that units do not take; put the checkout elsewhere`);
  if (HIDDEN.test(program))
    fail(
      `${program} is hidden from services: put the checkout elsewhere, such as /opt/chargegate, and run "npm ci" there`,
    );
  if (!apart && !existsSync(node)) fail(`${node} is not there: run "npm ci" first`);
  if (!apart && process.getuid?.() !== 0) fail('writes to /etc: run it with sudo');
  placeFiles(root, { program, node }, say);
  const live = !apart && existsSync('/run/systemd/system');
  run([...AFTER_INSTALL.slice(0, 2), ...(live ? LIVE : []), ...AFTER_INSTALL.slice(2)]);
  say(
    `Next: edit ${join(root, 'etc/chargegate/chargegate.yaml')}, then "systemctl restart chargegate" and "chargegate status".`,
  );
}

function uninstall(): void {
  if (!apart && process.getuid?.() !== 0) fail('removes from /etc: run it with sudo');
  const live = !apart && existsSync('/run/systemd/system');
  if (existsSync(join(root, 'etc/systemd/system/chargegate.service')))
    run([['systemctl', ...at, 'disable', ...(live ? ['--now'] : []), 'chargegate.service']]);
  removeFiles(root, { program, node }, say);
  if (live) run(LIVE);
  say('Configuration, database and user are kept: /etc/chargegate, /var/lib/chargegate, chargegate.');
}

if (verb === 'install') install();
else if (verb === 'uninstall') uninstall();
else fail('say "install" or "uninstall"');
