/**
 * Puts this checkout onto a machine of its own with a live systemd, and has there happen what happens to a service in years: load, stops, kills,
 * a process that hangs, a mistake in the configuration, backups. Ends with 1 when something is not as docs/service.md says.
 *
 *   npm run try-service [-- --root DIR]     as root; needs Debian's debootstrap and systemd-container
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { boot, lacking, makeRoot, putCheckout, type Machine } from './machine.ts';

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const PROGRAM = '/opt/chargegate';
const CHARGERS = 20;
/** From a hang to the new process: the watchdog's minute, what systemd takes to end it, and five seconds. */
const WATCHDOG_SECONDS = 90;

const { values } = parseArgs({ options: { root: { type: 'string', default: '/var/tmp/chargegate-machine' } } });
const say = (text: string): void => void process.stdout.write(`${text}\n`);
let failed = 0;

function check(what: string, holds: boolean, seen: string): void {
  say(`${holds ? 'holds ' : 'FAILS '} ${what}: ${seen.trim()}`);
  if (!holds) failed += 1;
}

const wait = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Seconds until it holds; null where that takes too long. */
async function until(holds: () => boolean, patience: number): Promise<number | null> {
  const from = Date.now();
  while (!holds()) {
    if (Date.now() - from > patience * 1000) return null;
    await wait(0.5);
  }
  return (Date.now() - from) / 1000;
}

const seconds = (took: number | null): string => (took === null ? 'not in time' : `${took.toFixed(1)} s`);

interface Status {
  ready: boolean;
  counts: { connected: number };
  running: { sessions: number };
}

function status(machine: Machine): Status | null {
  const { code, text } = machine.run('chargegate status --json');
  return code === 0 ? (JSON.parse(text) as Status) : null;
}

const pid = (machine: Machine): string => machine.run('systemctl show -p MainPID --value chargegate').text.trim();
const all = (machine: Machine) => (): boolean => status(machine)?.counts.connected === CHARGERS;

function install(machine: Machine): void {
  const installed = machine.run(`cd ${PROGRAM} && node_modules/.bin/node scripts/install-service.ts install`);
  check(
    'install-service',
    installed.code === 0,
    `exit ${installed.code}\n${installed.code === 0 ? '' : installed.text}`,
  );
  machine.run("sed -i 's/unknown-chargers: pending/unknown-chargers: accept/' /etc/chargegate/chargegate.yaml");
  check(
    'it starts',
    machine.run('systemctl start chargegate').code === 0,
    machine.run('systemctl is-active chargegate').text,
  );
  check('at each boot', machine.run('systemctl is-enabled chargegate').code === 0, 'enabled');
  const exposure = /exposure level for \S+ ([\d.]+)/.exec(
    machine.run('systemd-analyze security --no-pager chargegate').text,
  );
  check('hardened', Number(exposure?.[1]) < 2, `exposure ${exposure?.[1]}`);
}

async function underLoad(machine: Machine): Promise<void> {
  machine.run(`systemd-run --unit=drivers chargegate simulate --count ${CHARGERS} --speed 30`);
  const charging = await until(() => (status(machine)?.running.sessions ?? 0) > CHARGERS / 2, 60);
  check(`${CHARGERS} chargers charge`, charging !== null, seconds(charging));

  const from = Date.now();
  machine.run('systemctl stop chargegate');
  const took = (Date.now() - from) / 1000;
  check('it stops under load in less than 3 s', took < 3, seconds(took));
  machine.run('systemctl start chargegate');
  check('chargers come back', (await until(all(machine), 60)) !== null, `${status(machine)?.counts.connected}`);

  machine.run(`kill -9 ${pid(machine)}`);
  const back = await until(() => status(machine) !== null, 30);
  check('killed, it is started again', back !== null, seconds(back));
  const sound = await until(
    () => machine.run('journalctl -u chargegate -o cat').text.includes('database is sound'),
    30,
  );
  check('its database is gone through', sound !== null, seconds(sound));
  check('chargers come back', (await until(all(machine), 60)) !== null, `${status(machine)?.counts.connected}`);

  const hung = pid(machine);
  machine.run(`kill -STOP ${hung}`);
  const replaced = await until(() => pid(machine) !== hung && status(machine) !== null, WATCHDOG_SECONDS);
  check('one that hangs is replaced', replaced !== null, seconds(replaced));
  check('chargers come back', (await until(all(machine), 60)) !== null, `${status(machine)?.counts.connected}`);
}

function upkeep(machine: Machine): void {
  const backup = machine.run('chargegate backup');
  check('a backup by the service', backup.code === 0 && backup.text.includes('verified'), backup.text);
  check('a support bundle', machine.run('chargegate support /root/bundle.tar.gz').code === 0, '/root/bundle.tar.gz');
}

function configuration(machine: Machine): void {
  // The gateway's own lines; systemd's word on the one that hung is none.
  const errors = (): number => machine.run('journalctl -u chargegate -p err -o cat').text.match(/^\{/gm)?.length ?? 0;
  check('no error in the journal so far', errors() === 0, `${errors()} lines`);
  const before = pid(machine);
  const refused = machine.run('echo "ocpp2: {}" >> /etc/chargegate/chargegate.yaml && systemctl reload chargegate');
  const told = machine.run('journalctl -u chargegate -o cat').text.includes('ocpp2');
  check('a reload with a mistake in the file fails and is told', refused.code !== 0 && told, `exit ${refused.code}`);
  const active = machine.run('systemctl is-active chargegate').text.trim();
  check('and changes nothing', pid(machine) === before && active === 'active', active);
  machine.run("sed -i '/^ocpp2/d' /etc/chargegate/chargegate.yaml");
  const taken = machine.run('systemctl reload chargegate');
  check('mended, it is read', taken.code === 0 && pid(machine) === before, `exit ${taken.code}`);

  writeFileSync(machine.path('/etc/chargegate/credentials/console-token'), 'of-this-trial-alone\n', {
    mode: 0o600,
  });
  machine.run(
    'printf "console:\\n  host: 0.0.0.0\\n  token-file: credentials/console-token\\n" >> /etc/chargegate/chargegate.yaml',
  );
  check('with a secret from systemd', machine.run('systemctl restart chargegate').code === 0, 'restarted');
  check('the command line reads it too', status(machine)?.ready === true, 'ready');
  const peeked = machine.run('su -s /bin/sh chargegate -c "cat /etc/chargegate/credentials/console-token"');
  check('the service itself cannot', peeked.code !== 0, peeked.text);
}

function uninstall(machine: Machine): void {
  const gone = machine.run(`cd ${PROGRAM} && node_modules/.bin/node scripts/install-service.ts uninstall`);
  const left = machine.run('systemctl is-active chargegate; ls /var/lib/chargegate').text;
  check(
    'uninstall-service keeps the database',
    gone.code === 0 && /^inactive[\s\S]*chargegate\.db/.test(left),
    'inactive',
  );
}

const missing = lacking();
if (missing.length > 0) {
  process.stderr.write(`try-service: it needs ${missing.join(', ')} (apt-get install debootstrap systemd-container)\n`);
  process.exit(2);
}
makeRoot(values.root);
putCheckout(CHECKOUT, values.root, PROGRAM);
const machine = await boot(values.root);
try {
  machine.run(
    'rm -rf /etc/chargegate /var/lib/chargegate /root/bundle.tar.gz; journalctl --rotate; journalctl --vacuum-time=1s',
  );
  install(machine);
  await underLoad(machine);
  upkeep(machine);
  configuration(machine);
  uninstall(machine);
} finally {
  await machine.stop();
}
say(failed === 0 ? 'all holds' : `${failed} fail`);
process.exitCode = failed === 0 ? 0 : 1;
