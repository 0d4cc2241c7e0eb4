import type { Bus } from './bus.ts';
import type { Clock, Millis } from './domain/time.ts';
import type { Authorization } from './domain/types.ts';
import type { VendorQuirk } from './domain/quirks.ts';
import type { Settings } from './domain/settings.ts';
import type { Connections } from './connections.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { HeldSamples } from './held-samples.ts';
import type { SessionPace } from './session-pace.ts';
import type { Db } from './store/db.ts';

/** Where the gateway tells people what it does; the shape of pino's loggers. */
export interface Log {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

/** What every use-case is given: the site's state and the means to change and tell it. Built once, in main.ts. */
export interface Gateway {
  settings: Settings;
  db: Db;
  bus: Bus;
  clock: Clock;
  log: Log;
  /** The chargers' open sockets, as the OCPP adapter reports them. */
  connections: Connections;
  /** Raw frames and deviations, kept beside the facts. */
  diagnostics: Diagnostics;
  /** Known deviations of makes, as the OCPP adapter knows them. */
  vendorQuirks: readonly VendorQuirk[];
  pace: SessionPace;
  held: HeldSamples;
  /** Cards lately refused, newest first. */
  refusals: { at: Millis; chargerId: string; uid: string; verdict: Authorization['verdict'] }[];
  /** When each peer last used its token, in this run. */
  peersSeen: Map<string, Millis>;
  /** When the site's own data last changed. */
  siteUpdatedAt: Millis;
}
