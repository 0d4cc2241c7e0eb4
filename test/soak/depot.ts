import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { startDaemon, type Daemon } from '../harness/daemon.ts';
import { freePort } from '../harness/ports.ts';

export const CARDS = ['CARD-1', 'CARD-2', 'CARD-3', 'CARD-4', 'CARD-5', 'CARD-6', 'CARD-7', 'CARD-8'];
/** The cloud's token with the gateway; the other way round it is what the cloud made for itself. */
export const CLOUD_TOKEN = 'soak-token-of-the-cloud';

/** SEK per kWh, without tax. */
export const PRICE = 2;

/** A gateway as a process of its own, over a directory that outlives it. */
export interface Depot {
  directory: string;
  chargerUrl: string;
  versionsUrl: string;
  /** Power cut. */
  kill(): Promise<void>;
  /** SIGTERM. Resolves to the seconds that it took; rejects where it ends with anything but 0. */
  stop(): Promise<number>;
  start(): Promise<void>;
  /** Has it read its configuration anew. */
  reload(): void;
  /** What it logged over all its lives, a line of JSON each. */
  logged(): string[];
  /** Memory in RAM in megabytes, and open files and sockets. */
  size(): { megabytes: number; handles: number };
}

/** Makes its configuration on free ports, and starts it. */
export async function openDepot(peer: SimulatedPeer, broker: string): Promise<Depot> {
  const directory = mkdtempSync(join(tmpdir(), 'chargegate-soak-'));
  const [ocpp, ocpi, page] = [await freePort(), await freePort(), await freePort()];
  const config = join(directory, 'depot.yaml');
  writeFileSync(
    config,
    `
site: { id: L1, address: A, city: C, country: SWE, latitude: "59.1", longitude: "15.1", time-zone: Europe/Stockholm, country-code: SE, party-id: DEP }
ocpp: { host: 127.0.0.1, port: ${ocpp}, unknown-chargers: accept, meter-interval: 10 }
ocpi: { host: 127.0.0.1, port: ${ocpi}, allow-private-urls: true }
console: { port: ${page} }
log: { level: warn }
mqtt: { url: "${broker}", requests: true, keep-events: 10000 }
default-connector: { tariff: standard }
tariffs: [{ id: standard, currency: SEK, tax-included: no, elements: [{ components: [{ type: energy, price: ${PRICE}, vat: 25 }] }] }]
tokens: [${CARDS.map((uid) => `{ uid: ${uid} }`).join(', ')}]
peers: [{ name: cloud, visibility: all, inbound-token: ${CLOUD_TOKEN}, outbound-token: ${peer.inboundToken}, versions-url: "${peer.url}" }]
`,
  );
  const lives: Daemon[] = [];
  async function start(): Promise<Daemon> {
    const started = await startDaemon(config, { CHARGEGATE_DATA_DIR: join(directory, 'data') });
    lives.push(started);
    return started;
  }
  let daemon = await start();

  return {
    directory,
    chargerUrl: `ws://127.0.0.1:${ocpp}/ocpp`,
    versionsUrl: `http://127.0.0.1:${ocpi}/ocpi/versions`,
    kill: () => daemon.kill(),
    async stop() {
      const from = performance.now();
      const code = await daemon.stop();
      if (code !== 0) throw new Error(`the gateway stopped with ${code}:\n${daemon.output()}`);
      return (performance.now() - from) / 1000;
    },
    async start() {
      daemon = await start();
    },
    reload: () => void daemon.process.kill('SIGHUP'),
    logged: () => lives.flatMap((life) => life.output().split('\n')).filter((line) => line.startsWith('{')),
    size() {
      const proc = `/proc/${daemon.process.pid}`;
      const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(join(proc, 'status'), 'utf8'))?.[1]);
      return { megabytes: kilobytes / 1024, handles: readdirSync(join(proc, 'fd')).length };
    },
  };
}
