/**
 * A depot's rough days in minutes: chargers of every version charge at a real daemon, which is killed, stopped and cut off from
 * its cloud, while they lose sockets and power and the cloud starts, stops, limits and reserves. At the end each charge that a
 * charger knows of must be billed once, to the watt-hour, and the cloud must have been told what it gets when it asks.
 * `npm run soak -- --minutes 10 --chargers 30 --seed 1`; the same seed draws the same mishaps, not the same moments.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSimulatedPeer } from '../../adapters/simulator/peer.ts';
import { openBuilding } from './building.ts';
import { createBox } from './boxes.ts';
import { CLOUD_TOKEN, openDepot, PRICE } from './depot.ts';
import { createDice, wait } from './dice.ts';
import { createMishaps } from './mishaps.ts';
import { checkBills, compareBills, compareObjects } from './verdict.ts';
import { makeWishes } from './wishes.ts';
import { count, type Tally } from './tally.ts';

/** Milliseconds until everything has come through, once nobody charges any more. */
const PATIENCE = 90_000;
/** Within which the gateway gives a command up that a charger does not follow. */
const COMMANDS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    chargers: { type: 'string', default: '24' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
});
const seed = Number(values.seed);
const say = (line: string): void => void process.stdout.write(`${new Date().toISOString().slice(11, 19)}  ${line}\n`);
const problems: string[] = [];

async function until(what: string, check: () => boolean | Promise<boolean>, patience = PATIENCE): Promise<void> {
  const deadline = Date.now() + patience;
  while (!(await check())) {
    if (Date.now() > deadline) return void problems.push(`not within ${patience / 1000} s: ${what}`);
    await wait(2_000);
  }
}

const peer = await createSimulatedPeer({ requestsKept: 10 });
const building = await openBuilding();
const depot = await openDepot(peer, building.wire.url);
say(`seed ${seed}, ${depot.directory}`);
await peer.useToken(depot.versionsUrl, CLOUD_TOKEN, '2.3.0');
const dice = createDice(seed);
const ending = new AbortController();
const boxes = Array.from({ length: Number(values.chargers) }, (_, index) =>
  createBox(depot.chargerUrl, index, dice, seed, ending.signal),
);
const wishes = makeWishes(peer, boxes, createDice(seed + 1), ending.signal);
building.makeWishes(boxes, createDice(seed + 2), ending.signal);

const stops: number[] = [];
const mishaps = createMishaps(depot, boxes, peer, building.wire, dice, (seconds) => void stops.push(seconds));
const lots = mishaps.flatMap((mishap) => Array.from({ length: mishap.weight }, () => mishap));
const happened: Tally = new Map();
const deadline = Date.now() + Number(values.minutes) * 60_000;
while (Date.now() < deadline) {
  await wait(dice.between(500, 6_000));
  const { name, happen } = dice.pick(lots);
  count(happened, name);
  await happen();
}

say('all leave');
ending.abort();
await Promise.all(boxes.map((box) => box.done));
await until('every charger is back', () => boxes.every(({ charger }) => charger.online));
// The gateway tries for a while only, and says so.
const untold = (): number => depot.logged().filter((line) => line.includes("a command's result was not told")).length;
await until('every command has its result, or its line in the log', () => wishes.awaited() <= untold(), COMMANDS);
await Promise.all(boxes.map(({ charger }) => charger.unplug(1)));
await until('every charge has ended', () => boxes.every(({ charges }) => charges.at(-1)?.energyWh !== null));
await until('every message is answered', () => boxes.every(({ charger }) => charger.queueLength === 0));
await until('every charge is billed', async () => compareBills(boxes, (await peer.poll()).cdrs).length === 0);
const total = peer.holdings().cdrs.length;
await until('the cloud was told of every bill', () => peer.told('cdrs').length === total);
await until('the building was told of every bill', () => building.billed().size === total);
await until('the building is shown what is so', () => building.problems(boxes).length === 0);
await until('the cloud was told of every end', () => peer.told('sessions').every(({ status }) => status !== 'ACTIVE'));
const { cdrs, sessions } = await peer.poll();
problems.push(...compareBills(boxes, cdrs), ...checkBills(cdrs, sessions, PRICE));
problems.push(
  ...compareObjects('cdr', cdrs, peer.told('cdrs')),
  ...compareObjects('session', sessions, peer.told('sessions')),
);
problems.push(...building.problems(boxes));
problems.push(...boxes.flatMap(({ charger, violations }) => violations.map((text) => `${charger.id}: ${text}`)));

const { megabytes, handles } = depot.size();
const log = depot.logged();
const errors = log.filter((line) => (JSON.parse(line) as { level: number }).level >= 50);
problems.push(...errors.map((line) => `logged: ${line}`));
await Promise.all(boxes.map(({ charger }) => charger.close()));
await peer.close();
stops.push(await depot.stop());
await building.close();

for (const [what, times] of [...happened, ...wishes.results, ...building.results])
  say(`${String(times).padStart(6)}  ${what}`);
for (const problem of problems) say(`PROBLEM  ${problem}`);
const energy = cdrs.reduce((sum, cdr) => sum + Number(cdr['total_energy']), 0);
say(`${total} bills of ${boxes.length} chargers, ${energy.toFixed(1)} kWh, ${log.length} warnings in the log`);
say(`${megabytes.toFixed(0)} MB and ${handles} handles at the end, slowest stop ${Math.max(...stops).toFixed(1)} s`);
if (problems.length === 0) rmSync(depot.directory, { recursive: true });
else writeFileSync(join(depot.directory, 'log'), log.join('\n'));
say(problems.length === 0 ? 'nothing lost, nothing twice' : `${problems.length} problems, see ${depot.directory}`);
process.exitCode = problems.length === 0 ? 0 : 1;
