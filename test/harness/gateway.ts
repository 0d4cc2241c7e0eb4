import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig, type Config } from '../../config/load.ts';
import { expect } from 'vitest';
import type { Clock } from '../../gateway/domain/time.ts';
import type { Log } from '../../gateway/gateway.ts';
import { startGateway, type RunningGateway } from '../../gateway/main.ts';
import { layDatabase } from './database.ts';
import { watchWire } from './wire-watch.ts';

/** A site with one described charger, a second with a password, one card, one cloud that sees all. */
const SITE = `
site:
  id: L1
  name: Test depot
  address: Testgatan 1
  city: Örebro
  country: SWE
  latitude: "59.27412"
  longitude: "15.20664"
  time-zone: Europe/Stockholm
  country-code: SE
  party-id: DEP
ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, call-timeout: 2, provisioning: false }
ocpi: { host: 127.0.0.1, port: 0, allow-private-urls: true }
console: { host: 127.0.0.1, port: 0 }
default-connector: { tariff: standard }
tariffs:
  - id: standard
    currency: SEK
    tax-included: no
    elements:
      - components:
          - { type: flat, price: 5, vat: 25 }
          - { type: energy, price: 3.2, vat: 25 }
          - { type: parking-time, price: 12, vat: 25, step: 60 }
chargers:
  - id: BAY-1
    evses: [{ id: 1, connectors: [{ id: 1 }] }, { id: 2, connectors: [{ id: 1 }] }]
  - id: LOCKED
    password: correct horse battery
    evses: [{ id: 1, connectors: [{ id: 1 }] }]
tokens:
  - { uid: CARD1 }
  - { uid: BLOCKED1, valid: false }
peers:
  - { name: cloud, visibility: all, inbound-token: cloud-token-for-tests }
`;

export interface TestSite extends RunningGateway {
  directory: string;
  /** What the gateway logged, by level. */
  logged: { level: string; message: string; data: object }[];
  /** Polls OCPI as the cloud; gives the envelope. */
  ocpiGet(path: string): Promise<{ status: number; body: { data?: unknown; status_code: number } }>;
  /** Stops the gateway and removes its files; fails where it sent a charger anything that OCPP's schemas do not allow. */
  cleanUp(): Promise<void>;
}

export interface TestSiteOptions {
  /** YAML merged over the site's own: later sections replace earlier ones. */
  yaml?: string;
  directory?: string;
  clock?: Clock;
}

/** Starts a whole gateway on free ports over a database of its own. */
export async function startTestSite(options: TestSiteOptions = {}): Promise<TestSite> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'chargegate-test-'));
  layDatabase(directory);
  const logged: TestSite['logged'] = [];
  const running = await startGateway(testConfig(directory, options.yaml ?? ''), {
    log: collectingLog(logged),
    ...(options.clock && { clock: options.clock }),
  });
  const wire = watchWire(running.gateway);
  return {
    ...running,
    directory,
    logged,
    async ocpiGet(path) {
      const base = running.urls.ocpi.replace(/\/versions$/, '');
      const response = await fetch(base + path, {
        headers: { authorization: `Token ${Buffer.from('cloud-token-for-tests').toString('base64')}` },
      });
      return {
        status: response.status,
        body: (await response.json()) as { data?: unknown; status_code: number },
      };
    },
    async cleanUp() {
      await running.stop();
      rmSync(directory, { recursive: true, force: true });
      expect(wire.faults(), 'frames that the gateway sent').toEqual([]);
    },
  };
}

/** The test site's configuration over this data directory; `yaml` replaces whole sections. */
export function testConfig(directory: string, yaml = ''): Config {
  const replaced = new Set([...yaml.matchAll(/^([a-z-]+):/gm)].map((match) => match[1]));
  const kept = SITE.split(/^(?=[a-z-]+:)/m).filter((section) => !replaced.has(/^([a-z-]+):/.exec(section)?.[1]));
  return parseConfig(kept.join('') + yaml, join(directory, 'test.yaml'), { CHARGEGATE_DATA_DIR: directory });
}

function collectingLog(into: TestSite['logged']): Log {
  const at =
    (level: string) =>
    (data: object, message: string): void => {
      into.push({ level, message, data });
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
