import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../harness/ports.ts';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { createGateway } from '../../gateway/create-gateway.ts';
import { wallClock } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { recoverSamples } from '../../gateway/samples.ts';
import { startDaemon, type Daemon } from '../harness/daemon.ts';
import { testConfig } from '../harness/gateway.ts';

/** The bill of the session that these tests play: 6 kWh in 40 minutes, the last ten of them parked. */
export const RIGHT_CDR = {
  energyWh: 6000,
  seconds: 2400,
  parkingSeconds: 600,
  cost: { total: { beforeTaxes: '12.00', afterTaxes: '15.00' } },
};

/** A daemon of its own over a directory of its own, to be killed and started again as often as a test wants. */
export interface KillBench {
  daemon(): Daemon;
  start(): Promise<void>;
  dial(id: string, protocol: string): Promise<RawCharger>;
  /** Kills it, and opens the database that it left. */
  afterwards<T>(look: (gw: Gateway) => T): Promise<T>;
  end(): Promise<void>;
}

/** Prepares a site with one card and one tariff, and starts its daemon. */
export async function openKillBench(): Promise<KillBench> {
  const directory = mkdtempSync(join(tmpdir(), 'chargegate-kill-'));
  const port = await freePort();
  writeFileSync(
    join(directory, 'depot.yaml'),
    `
site: { address: A, city: C, country: SWE, latitude: "59.1", longitude: "15.1", time-zone: Europe/Stockholm, country-code: SE, party-id: DEP }
ocpp: { host: 127.0.0.1, port: ${port}, unknown-chargers: accept }
ocpi: { host: 127.0.0.1, port: 0 }
console: { port: 0 }
log: { level: error }
default-connector: { tariff: standard }
tariffs: [{ id: standard, currency: SEK, tax-included: no, elements: [{ components: [{ type: energy, price: 2, vat: 25 }] }] }]
tokens: [{ uid: CARD1 }, { uid: CARD2 }, { uid: CARD3 }, { uid: CARD4 }, { uid: CARD5 }, { uid: CARD6 }, { uid: CARD7 }, { uid: CARD8 }]
`,
  );
  let daemon: Daemon;

  async function start(): Promise<void> {
    daemon = await startDaemon(join(directory, 'depot.yaml'), { CHARGEGATE_DATA_DIR: directory });
  }

  await start();
  return {
    daemon: () => daemon,
    start,
    dial: (id, protocol) => createRawCharger(`ws://127.0.0.1:${port}/ocpp/${id}`, { protocols: [protocol] }),
    async afterwards(look) {
      await daemon.kill();
      const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
      const { settings } = testConfig(directory);
      const gw = createGateway({ settings, directory, maxBytes: 0, clock: wallClock, log: silent });
      await recoverSamples(gw);
      const seen = look(gw);
      gw.db.close();
      return seen;
    },
    async end() {
      await daemon.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
