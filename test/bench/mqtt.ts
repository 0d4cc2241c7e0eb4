import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectAsync } from 'mqtt';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { freePort } from '../harness/ports.ts';
import { hasMosquitto } from '../mqtt/broker.ts';
import { chargerId, percentile } from './common.ts';
import { captureOutput, cpuSeconds, residentMegabytes, spawnNode, untilListening } from './process.ts';

/** A thousand changes of EVSEs a second, and what others waited for meanwhile. */
export interface MqttSummary {
  mode: 'off' | 'on' | 'away';
  changesPerSecond: number;
  /** Of a heartbeat beside them, milliseconds. */
  p50: number;
  p99: number;
  worst: number;
  /** Messages that reached a subscriber, and the most on one topic, each a second. */
  told: number;
  mostOnOne: number;
  cpu: number;
  /** Resident memory at the begin and at the end, megabytes. */
  memory: [number, number];
}

const CLI = fileURLToPath(new URL('../../gateway/cli.ts', import.meta.url));
const CHARGERS = 200;
const CHANGES = 1000;
const TICK = 20;

/** Off: no broker is named. On: a mosquitto beside. Away: the broker is named and is not there. */
export async function runMqtt(directory: string, seconds: number): Promise<MqttSummary[]> {
  const summaries: MqttSummary[] = [];
  for (const mode of ['off', 'on', 'away'] as const)
    if (mode !== 'on' || hasMosquitto) summaries.push(await run(join(directory, mode), mode, seconds));
  return summaries;
}

async function run(directory: string, mode: MqttSummary['mode'], seconds: number): Promise<MqttSummary> {
  const brokerPort = await freePort();
  const broker =
    mode === 'on' ? spawn('mosquitto', ['-p', String(brokerPort)], { stdio: 'ignore', detached: false }) : null;
  const port = await freePort();
  const config = `${directory}.yaml`;
  writeFileSync(config, configuration(port, await freePort(), await freePort(), mode === 'off' ? null : brokerPort));
  const server = spawnNode(0, [CLI, 'run', '--config', config], { env: { CHARGEGATE_DATA_DIR: directory } });
  const output = captureOutput(server);
  const chargers: RawCharger[] = [];
  try {
    await untilListening(port, server, output);
    const told = new Map<string, number>();
    const watcher = broker && (await connectAsync(`mqtt://127.0.0.1:${brokerPort}`, { protocolVersion: 5 }));
    watcher?.on('message', (topic) => told.set(topic, (told.get(topic) ?? 0) + 1));
    await watcher?.subscribeAsync('chargegate/charger/+/evse/+/state');
    for (let index = 0; index <= CHARGERS; index += 1)
      chargers.push(
        await createRawCharger(`ws://127.0.0.1:${port}/ocpp/${chargerId(index)}`, { protocols: ['ocpp1.6'] }),
      );
    await load(chargers, 2);
    told.clear();
    const pid = server.pid ?? 0;
    const [memory, cpu] = [residentMegabytes(pid), cpuSeconds(pid)];
    const waits = await load(chargers, seconds);
    const sorted = Float64Array.from(waits.heartbeats).sort();
    const summary: MqttSummary = {
      mode,
      changesPerSecond: waits.changes / seconds,
      p50: percentile(sorted, 0.5),
      p99: percentile(sorted, 0.99),
      worst: sorted.at(-1) ?? Number.NaN,
      told: [...told.values()].reduce((sum, n) => sum + n, 0) / seconds,
      mostOnOne: Math.max(0, ...told.values()) / seconds,
      cpu: (cpuSeconds(pid) - cpu) / seconds,
      memory: [memory, residentMegabytes(pid)],
    };
    await watcher?.endAsync(true);
    return summary;
  } finally {
    for (const charger of chargers) charger.destroy();
    server.kill('SIGKILL');
    broker?.kill('SIGKILL');
  }
}

/** The last charger does nothing but ask for the time, fifty times a second. */
async function load(chargers: RawCharger[], seconds: number): Promise<{ changes: number; heartbeats: number[] }> {
  const heartbeats: number[] = [];
  const asked: Promise<void>[] = [];
  const clock = chargers.at(-1);
  const begin = performance.now();
  let changes = 0;
  for (let tick = 0; tick * TICK < seconds * 1000; tick += 1) {
    const due = begin + tick * TICK;
    await new Promise((resolve) => void setTimeout(resolve, Math.max(0, due - performance.now())));
    for (let n = 0; n < (CHANGES * TICK) / 1000; n += 1, changes += 1) {
      const status = Math.floor(changes / CHARGERS) % 2 === 0 ? 'Preparing' : 'Available';
      const body = { connectorId: 1, errorCode: 'NoError', status };
      chargers[changes % CHARGERS]?.send(JSON.stringify([2, `s${changes}`, 'StatusNotification', body]));
    }
    const from = performance.now();
    if (clock) asked.push(clock.call('Heartbeat', {}).then(() => void heartbeats.push(performance.now() - from)));
  }
  await Promise.all(asked);
  // What was received is kept by the raw chargers: it would be gone through again and again.
  for (const charger of chargers) charger.texts.splice(0);
  return { changes, heartbeats };
}

function configuration(ocpp: number, ocpi: number, operator: number, broker: number | null): string {
  return `site: { id: B, address: Gatan 1, city: Lund, country: SWE, latitude: 55.7, longitude: 13.19, time-zone: Europe/Stockholm, country-code: SE, party-id: DEP }
ocpp: { host: 127.0.0.1, port: ${ocpp}, unknown-chargers: accept, provisioning: false }
ocpi: { host: 127.0.0.1, port: ${ocpi} }
console: { host: 127.0.0.1, port: ${operator} }
log: { level: error }
${broker === null ? '' : `mqtt: { url: "mqtt://127.0.0.1:${broker}", home-assistant: true }`}
`;
}

/** As the other tables of the bench. */
export function mqttTable(summaries: MqttSummary[]): string {
  const rows = summaries.map(
    ({ mode, changesPerSecond, p50, p99, worst, told, mostOnOne, cpu, memory }) =>
      `| ${mode} | ${changesPerSecond.toFixed(0)} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${worst.toFixed(1)} | ${told.toFixed(0)} | ${mostOnOne.toFixed(1)} | ${(cpu * 100).toFixed(0)} % | ${memory.map((each) => each.toFixed(0)).join(' → ')} |`,
  );
  return [
    '| broker | changes/s | heartbeat p50 ms | p99 | worst | told/s | most on one topic/s | CPU | memory MB |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
