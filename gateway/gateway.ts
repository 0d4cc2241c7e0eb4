import type { Bus } from './bus.ts';
import type { BrokerView } from './domain/broker.ts';
import type { ConfigurationWords } from './domain/capabilities.ts';
import type { Clock, Millis } from './domain/time.ts';
import type { Authorization } from './domain/types.ts';
import type { QuirkFlags, VendorQuirk } from './domain/quirks.ts';
import type { PushState } from './domain/push-state.ts';
import type { Settings } from './domain/settings.ts';
import type { Clocks } from './clocks.ts';
import type { Connections } from './connections.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { DriftChecker } from './drift.ts';
import type { PeerDrill } from './drill.ts';
import type { FileShelf } from './file-store.ts';
import type { HeldSamples } from './held-samples.ts';
import type { LoopLag } from './loop-lag.ts';
import type { Measures } from './measures.ts';
import type { Passwords } from './passwords.ts';
import type { ReaderLink, TapWaiter } from './readers.ts';
import type { RealTime } from './real-time.ts';
import type { Registrar } from './registrar.ts';
import type { AwaitedStart } from './remote-start.ts';
import type { Findings } from './security-events.ts';
import type { SessionPace } from './session-pace.ts';
import type { Db } from './store/db.ts';
import type { ArmedTap } from './taps.ts';
import type { SecretBox } from './store/secret-box.ts';
import type { Upkeep } from './upkeep.ts';
import type { WanDrill } from './wan-drill.ts';

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
  /** Seals what is secret and has to be read again. */
  secrets: SecretBox;
  bus: Bus;
  clock: Clock;
  log: Log;
  /** How fast things go, for those who count it. */
  measures: Measures;
  /** While somebody watches the event loop. */
  loopLag: LoopLag | null;
  /** Doors that ought to be open, by what people call them: is each? */
  doors: Map<string, () => boolean>;
  /** The rehearsal of an outage, under way or the last of this run. */
  wanDrill: WanDrill | null;
  /** The chargers' open sockets, as the OCPP adapter reports them. */
  connections: Connections;
  /** What is known of the chargers' clocks. */
  clocks: Clocks;
  /** Raw frames and deviations, kept beside the facts. */
  diagnostics: Diagnostics;
  /** Known deviations of makes, as the OCPP adapter knows them. */
  vendorQuirks: readonly VendorQuirk[];
  /** How chargers have to be handled, as far as it was asked since their last boot. */
  quirkFlags: Map<string, QuirkFlags>;
  /** What each protocol calls configuration keys, by its name. */
  configurationWords: ReadonlyMap<string, ConfigurationWords>;
  /** Checks what chargers show against the hashes that are kept. */
  passwords: Passwords;
  pace: SessionPace;
  held: HeldSamples;
  /** Firmware for chargers and logs from them. */
  files: FileShelf;
  /** Cards lately refused, newest first. */
  refusals: { at: Millis; chargerId: string; uid: string; verdict: Authorization['verdict']; reason: string | null }[];
  /** Card readers of the site's own, by their ids. */
  readers: Map<string, ReaderLink>;
  /** Who wants to see the next card. */
  tapWaiters: Set<TapWaiter>;
  /** Cards that were accepted and wait for a cable. */
  armedTaps: ArmedTap[];
  /** Starts that chargers were asked for and have not made yet. */
  awaitedStarts: AwaitedStart[];
  /** When the charger of a session that has come to its limit was last asked to stop it. */
  limitStops: Map<string, Millis>;
  /** When each peer last used its token, in this run. */
  peersSeen: Map<string, Millis>;
  /** What was found out about the site's security and is not stored yet. */
  findings: Findings;
  /** Where chargers reach the gateway with TLS; null: nowhere. */
  tlsPort: number | null;
  /** When an operator last had a charger ask for a certificate. */
  certificatesAsked: Map<string, Millis>;
  /** Asks peers of their tokens; the OCPI adapter, while it serves. */
  realTime: RealTime | null;
  /** Registers with peers; the OCPI adapter, while it serves. */
  registrar: Registrar | null;
  /** Compares what peers hold with what we do; the OCPI adapter, while it pushes. */
  driftChecker: DriftChecker | null;
  /** Tries out peers' platforms; the OCPI adapter, while it serves. */
  peerDrill: PeerDrill | null;
  /** How it goes with telling each peer things, in this run. */
  pushStates: Map<string, PushState>;
  /** How it stands with the building's broker; the MQTT adapter, where one is configured. */
  broker: (() => BrokerView) | null;
  /** Backups, forgetting and the like; while it serves. */
  upkeep: Upkeep | null;
  /** When the site's own data last changed. */
  siteUpdatedAt: Millis;
}
