import { createBus } from './bus.ts';
import { createConnections } from './connections.ts';
import { createDiagnostics } from './diagnostics.ts';
import type { ConfigurationWords } from './domain/capabilities.ts';
import type { VendorQuirk } from './domain/quirks.ts';
import type { Settings } from './domain/settings.ts';
import type { Clock } from './domain/time.ts';
import { createFileShelf, type FileSettings } from './file-store.ts';
import type { Gateway, Log } from './gateway.ts';
import { createHeldSamples } from './held-samples.ts';
import { createMeasures } from './measures.ts';
import { createPasswords } from './passwords.ts';
import { createFindings } from './security-events.ts';
import { createSessionPace } from './session-pace.ts';
import { openDb } from './store/db.ts';
import { openSecretBox } from './store/secret-box.ts';

export interface GatewayOptions {
  settings: Settings;
  /** Where the database is. */
  directory: string;
  /** Upper bound of the database file; 0: none. */
  maxBytes: number;
  clock: Clock;
  log: Log;
  /** What there is no word on stays at its default. */
  files?: Partial<FileSettings>;
  /** None unless told. */
  vendorQuirks?: readonly VendorQuirk[];
  /** None unless told. */
  configurationWords?: ReadonlyMap<string, ConfigurationWords>;
}

/** Opens the database and puts the core around it; no door is open and nothing ticks. Errors: those of `openDb`. */
export function createGateway(options: GatewayOptions): Gateway {
  const { settings, clock, log } = options;
  const bus = createBus((error, event) => log.error({ err: error, event: event.name }, 'a listener failed'));
  const held = createHeldSamples();
  const measures = createMeasures();
  return {
    settings,
    db: openDb({
      directory: options.directory,
      clock,
      publish: bus.publish,
      maxBytes: options.maxBytes,
      onLinesLost: held.loseFrom,
      onCommit: measures.commit,
      onFault(fault) {
        if (fault)
          log.error({ err: fault }, 'nothing can be stored: chargers keep their transaction messages until it can');
        else log.info({}, 'storing works again');
      },
    }),
    secrets: openSecretBox(options.directory),
    bus,
    clock,
    log,
    measures,
    loopLag: null,
    doors: new Map(),
    wanDrill: null,
    connections: createConnections(clock()),
    clocks: new Map(),
    diagnostics: createDiagnostics(clock),
    vendorQuirks: options.vendorQuirks ?? [],
    quirkFlags: new Map(),
    configurationWords: options.configurationWords ?? new Map(),
    passwords: createPasswords(),
    pace: createSessionPace(clock),
    held,
    files: createFileShelf(options.directory, options.files),
    refusals: [],
    readers: new Map(),
    tapWaiters: new Set(),
    armedTaps: [],
    awaitedStarts: [],
    limitStops: new Map(),
    peersSeen: new Map(),
    realTime: null,
    registrar: null,
    driftChecker: null,
    peerDrill: null,
    pushStates: new Map(),
    certificatesAsked: new Map(),
    findings: createFindings(),
    tlsPort: null,
    broker: null,
    upkeep: null,
    siteUpdatedAt: 0,
  };
}
