/**
 * Measures chargegate beside bare ocpp-rpc servers, which store nothing, in one run: server on one core, load generator on another,
 * contestants in turn (A B C A B C …), medians. chargegate commits with synchronous=FULL before it answers.
 *
 *   npm run bench [-- meter-values transactions start-up hostile storm outage cdr-pages pricing taps bookings mqtt] [--only NAME]… [--rounds N] [--seconds N] [--warm-up N]
 *                 [--chargers N] [--storm-chargers N] [--sessions N] [--rows N] [--directory DIR] [--json FILE]
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bookingsTable, runBookings } from './bookings.ts';
import { pagesTable, runPages } from './cdr-pages.ts';
import { CONTESTANTS, FLOOR, type Contestant } from './contestants.ts';
import { HOSTILE_TITLE, hostileTable, runHostile } from './hostile.ts';
import type { Scenario } from './load.ts';
import { measure, measureStart, type Measurement } from './measure.ts';
import { outageTable, runOutage } from './outage.ts';
import { mqttTable, runMqtt } from './mqtt.ts';
import { median, scenarioTable, startTable, summarize, type StartSummary, type Summary } from './report.ts';
import { pricingTable, runPricing } from './pricing.ts';
import { runStorm, stormTable } from './storm.ts';
import { runTaps, tapsTable } from './taps.ts';

const RESULTS = fileURLToPath(new URL('../../bench/results', import.meta.url));
const TITLES: Record<Scenario, string> = {
  'meter-values': 'MeterValues, closed loop',
  transactions: 'StartTransaction + StopTransaction, closed loop',
};
const TMPFS = 0x01021994;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    'warm-up': { type: 'string', default: '2' },
    chargers: { type: 'string', default: '200' },
    'storm-chargers': { type: 'string', default: '1000' },
    sessions: { type: 'string', default: '5000' },
    rows: { type: 'string', default: '1000000' },
    directory: { type: 'string', default: RESULTS },
    json: { type: 'string' },
  },
});

const wanted = (name: string): boolean => positionals.length === 0 || positionals.includes(name);
const isWanted = ({ name }: Contestant): boolean => options.only.length === 0 || options.only.includes(name);
const contestants = CONTESTANTS.filter(isWanted);
const rounds = Number(options.rounds);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** Median milliseconds that this disk takes to make a small write durable: the floor of a lone commit. */
function fsyncMilliseconds(directory: string): number {
  const path = join(directory, 'fsync-probe');
  const file = openSync(path, 'w');
  const took = Array.from({ length: 30 }, () => {
    const from = performance.now();
    writeSync(file, 'x'.repeat(4096));
    fsyncSync(file);
    return performance.now() - from;
  });
  closeSync(file);
  rmSync(path);
  return median(took);
}

async function runScenario(scenario: Scenario, scratch: string): Promise<Summary[]> {
  const entrants = [...CONTESTANTS, ...(scenario === 'meter-values' ? [FLOOR] : [])].filter(isWanted);
  const measured = new Map<Contestant, Measurement[]>(entrants.map((contestant) => [contestant, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const contestant of entrants) {
      const directory = mkdtempSync(join(scratch, 'server-'));
      const measurement = await measure(contestant, directory, {
        scenario,
        chargers: Number(options.chargers),
        warmUpSeconds: Number(options['warm-up']),
        seconds: Number(options.seconds),
      });
      rmSync(directory, { recursive: true });
      measured.get(contestant)?.push(measurement);
      note(`${scenario} ${round}/${rounds} ${contestant.name}: ${measurement.unitsPerSecond.toFixed(0)}/s`);
    }
  }
  const first = measured.get(entrants[0] ?? CONTESTANTS[0]) ?? [];
  return entrants.map((contestant) => summarize(scenario, contestant.name, measured.get(contestant) ?? [], first));
}

async function runStarts(scratch: string): Promise<StartSummary[]> {
  const runs = contestants.map((contestant) => ({ contestant, took: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { contestant, took } of runs) {
      const directory = mkdtempSync(join(scratch, 'server-'));
      took.push(await measureStart(contestant, directory));
      rmSync(directory, { recursive: true });
    }
  }
  return runs.map(({ contestant, took }) => ({ contestant: contestant.name, median: median(took), runs: took }));
}

mkdirSync(options.directory, { recursive: true });
const scratch = mkdtempSync(join(options.directory, 'run-'));
try {
  if (statfsSync(scratch).type === TMPFS)
    throw new Error(`${scratch} is memory, no disk: name a real one with --directory`);
  const fsync = fsyncMilliseconds(scratch);
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    kernel: release(),
    node: process.version,
  };
  say(
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}; fsync ${fsync.toFixed(2)} ms`,
  );
  say(
    `${options.chargers} chargers, one call in flight each; ${rounds} rounds of ${options.seconds} s in turn, medians`,
  );

  const scenarios: Summary[] = [];
  for (const scenario of ['meter-values', 'transactions'] as const) {
    if (!wanted(scenario)) continue;
    const summaries = await runScenario(scenario, scratch);
    scenarios.push(...summaries);
    say(`\n${TITLES[scenario]}\n${scenarioTable(scenario, summaries)}`);
  }
  if (scenarios.some(({ generatorBusy }) => generatorBusy > 0.9)) {
    say('\nWhere the generator is busy above 90 % it is what limits the throughput: compare CPU per call there.');
  }
  const starts = wanted('start-up') ? await runStarts(scratch) : [];
  if (starts.length > 0) say(`\nProcess start to first accepted BootNotification\n${startTable(starts)}`);

  const hostile = wanted('hostile') ? await runHostile(contestants, scratch, Number(options.seconds), note) : [];
  if (hostile.length > 0) say(`\n${HOSTILE_TITLE}\n${hostileTable(hostile)}`);
  const stormChargers = Number(options['storm-chargers']);
  const storm = wanted('storm') ? await runStorm(contestants, scratch, stormChargers, rounds) : [];
  if (storm.length > 0)
    say(`\n${stormChargers} chargers dial and boot at once, half of them with a password\n${stormTable(storm)}`);
  const outage = wanted('outage') ? await runOutage(scratch, Number(options.sessions)) : null;
  if (outage)
    say(`\nA peer away for 24 h, ${outage.sessions} sessions, ${outage.evses} flapping EVSEs\n${outageTable(outage)}`);
  const pages = wanted('cdr-pages') ? await runPages(scratch, Number(options.rows), note) : null;
  if (pages)
    say(
      `\n${pages.rows} sessions and as many CDRs, over HTTP (load average ${pages.load.toFixed(1)})\n${pagesTable(pages)}`,
    );

  const pricing = wanted('pricing') ? runPricing() : null;
  if (pricing)
    say(`\nA session of 24 h, a reading every 10 s (${pricing.readings}), priced whole\n${pricingTable(pricing)}`);
  const taps = wanted('taps') ? await runTaps(mkdtempSync(join(scratch, 'taps-'))) : null;
  if (taps) say(`\nCards\n${tapsTable(taps)}`);

  const booked = wanted('bookings') ? await runBookings(mkdtempSync(join(scratch, 'bookings-'))) : null;
  if (booked) say(`\nBays booked ahead\n${bookingsTable(booked)}`);
  const brokered = wanted('mqtt') ? await runMqtt(mkdtempSync(join(scratch, 'mqtt-')), 10) : null;
  if (brokered) say(`\nA thousand changes of EVSEs a second, with and without a broker\n${mqttTable(brokered)}`);

  const at = new Date().toISOString();
  const file = options.json ?? join(RESULTS, `${at.replaceAll(':', '-')}.json`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `${JSON.stringify({ at, machine, fsync, options, scenarios, starts, hostile, storm, outage, pages, pricing, taps, booked, brokered }, null, 2)}\n`,
  );
  note(`\nwritten to ${file}`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
