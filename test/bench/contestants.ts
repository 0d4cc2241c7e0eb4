import Database from 'better-sqlite3';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chargerId } from './common.ts';

const HERE = dirname(fileURLToPath(import.meta.url));

export interface Command {
  args: string[];
  env: NodeJS.ProcessEnv;
}

/** A server that takes part. */
export interface Contestant {
  name: string;
  /** How to start it on this port; `directory` is empty, its own, and on a real disk; `passwords`: every second charger has one. */
  command(port: number, directory: string, chargers: number, passwords?: boolean): Command;
  /** Without the charger's id. */
  url(port: number): string;
  /** Finished transactions on disk; null: it stores nothing. Asked after the process was killed. */
  stored: ((directory: string) => number) | null;
}

/** Basic password of every second charger, where some are to have one. */
export const STORM_PASSWORD = 'a password of the bench';

function configuration(port: number, chargers: number, passwords: boolean): string {
  const ids = Array.from({ length: chargers }, (_, index) => chargerId(index));
  const tokens = ids.map((id) => `  - uid: ${id}\n`).join('');
  const locked = ids.filter((_, index) => passwords && index % 2 === 1);
  const described = locked.map((id) => `  - { id: ${id}, password: ${STORM_PASSWORD} }\n`).join('');
  return `site:
  address: Kajgatan 1
  city: Luleå
  country: SWE
  latitude: '65.584800'
  longitude: '22.154700'
  time-zone: Europe/Stockholm
  country-code: SE
  party-id: DEP
ocpp:
  host: 127.0.0.1
  port: ${port}
  unknown-chargers: accept
ocpi:
  host: 127.0.0.1
  port: 0
console:
  port: 0
log:
  level: error
default-connector:
  tariff: standard
tariffs:
  - id: standard
    currency: SEK
    tax-included: 'NO'
    elements:
      - components:
          - type: ENERGY
            price: '3.20'
          - type: FLAT
            price: '5.00'
tokens:
${tokens}${described && `chargers:\n${described}`}`;
}

/** The whole daemon, started as an operator starts it. */
const chargegate: Contestant = {
  name: 'chargegate',
  command(port, directory, chargers, passwords = false) {
    const file = join(directory, 'bench.yaml');
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, configuration(port, chargers, passwords));
    return {
      args: [join(HERE, '../../bin/chargegate.cjs'), 'run', '--config', file],
      env: { CHARGEGATE_DATA_DIR: join(directory, 'data') },
    };
  },
  url: (port) => `ws://127.0.0.1:${port}/ocpp`,
  stored(directory) {
    const sqlite = new Database(join(directory, 'data/chargegate.db'));
    try {
      return Number(
        sqlite.prepare('SELECT count(*) FROM "transaction" WHERE stop_received_at IS NOT NULL').pluck().get(),
      );
    } finally {
      sqlite.close();
    }
  },
};

function ocppRpc(mode: 'lax' | 'strict'): Contestant {
  return {
    name: `ocpp-rpc ${mode}`,
    command: (port) => ({ args: [join(HERE, 'servers/ocpp-rpc.ts'), String(port), mode], env: {} }),
    url: (port) => `ws://127.0.0.1:${port}`,
    stored: null,
  };
}

/** No peer: how fast any server of ours could be at most. */
export const FLOOR: Contestant = {
  name: 'validated and stored, no more',
  command: (port, directory) => ({ args: [join(HERE, 'servers/floor.ts'), String(port), directory], env: {} }),
  url: (port) => `ws://127.0.0.1:${port}`,
  stored: null,
};

/** The first is measured, the others are its peers. */
export const CONTESTANTS: [Contestant, ...Contestant[]] = [chargegate, ocppRpc('lax'), ocppRpc('strict')];
