import type { EvseStatus } from '../../gateway/domain/status.ts';
import type { Clock } from '../../gateway/domain/time.ts';
import type { Dialect } from './dialect.ts';
import type { Backoff } from './lifeline.ts';
import type { ConnectorSpec, Identity, Settings, SimulatorEvent, StartPoint, TransactionId } from './model.ts';
import type { TapResult } from './outlet.ts';
import type { PowerCurve, Vehicle } from './power.ts';
import type { QuirkName } from './quirks.ts';
import type { Direction } from './rpc-client.ts';
import type { Ticker } from './ticker.ts';

/** What a simulated charger may speak. */
export type Protocol = 'ocpp1.6' | 'ocpp2.0.1' | 'ocpp2.1';

export interface SimulatedChargerOptions {
  /** Base URL, to which the id is appended: `ws://127.0.0.1:8887/ocpp`. */
  url: string;
  id: string;
  /** Default `ocpp1.6`. */
  protocol?: Protocol;
  /** When a transaction begins, in 2.x; default `Authorized`, with the card. 1.6 knows one way only. */
  txStartPoint?: StartPoint;
  password?: string;
  headers?: Record<string, string>;
  /** How many outlets of the default kind (22 kW AC), or each described. Default 1. */
  connectors?: number | Partial<ConnectorSpec>[];
  identity?: Partial<Identity>;
  /** Wh on each meter at first; default 0. */
  registerWh?: number;
  /** Seconds between readings during a transaction; default 60. 0: only when told. */
  sampleInterval?: number;
  /** Readings come at least so often, seconds, also where the central system sets a longer time; default: as it is set. */
  sampleAtLeast?: number;
  /** Multiplies energy only; timestamps stay true. Default 1. */
  speed?: number;
  power?: (spec: ConnectorSpec) => PowerCurve;
  settings?: Partial<Settings>;
  clock?: Clock;
  ticker?: Ticker;
  /** Null: a lost socket stays lost. Default 50 ms to 5 s. */
  reconnect?: Backoff | null;
  bootOnReconnect?: boolean;
  bootRetrySeconds?: number;
  /** What becomes of a transaction when the power goes: ended with reason PowerLoss (default), or continued. */
  afterPowerLoss?: 'stop' | 'resume';
  /** Milliseconds the box is dark in a reboot. Default 0. */
  rebootMs?: number;
  transactionAttempts?: number;
  transactionRetryMs?: number;
  callTimeoutMs?: number;
  /** Websocket pings; default none. */
  pingIntervalMs?: number;
  /** Check both directions against the OCA schemas; problems go to `onViolation`. */
  strict?: boolean;
  quirks?: readonly QuirkName[];
  onFrame?: (direction: Direction, text: string) => void;
  onEvent?: (event: SimulatorEvent) => void;
  /** A schema violation, with `strict`. */
  onViolation?: (problem: string) => void;
  /** Why an attempt to connect or to register failed; it is made again. */
  onFault?: (problem: string) => void;
}

/** What may be seen of a connector from outside. */
export interface ConnectorSight {
  connector: number;
  status: EvseStatus;
  plugged: boolean;
  uid: string | null;
  transactionId: TransactionId | null;
  registerWh: number;
  /** Since the transaction began; 0 without one. */
  sessionWh: number;
  powerW: number;
  /** 0 to 1; null without a car. */
  soc: number | null;
}

/**
 * A charger with cars and people. Each action resolves once all that it set off is answered, or at once while the
 * gateway is away (what matters is then queued). An unknown connector number throws a RangeError.
 */
export interface SimulatedCharger {
  id: string;
  connectors: number[];
  /** Opens the socket and boots; throws ConnectRefused. */
  connect(): Promise<void>;
  /** Opens the socket, trying again as long as it takes. */
  connectPatiently(): void;
  /** Resolves when connected and accepted. */
  whenOnline(): Promise<void>;
  plugIn(connector: number, vehicle?: Partial<Pick<Vehicle, 'capacityWh' | 'soc'>>): Promise<void>;
  unplug(connector: number): Promise<void>;
  /** `type` is what kind of token it is, where the version tells: `eMAID`, `KeyCode`; default a card's. */
  tap(uid: string, connector: number, type?: string): Promise<TapResult>;
  suspendEv(connector: number): Promise<void>;
  resume(connector: number): Promise<void>;
  sampleNow(connector: number): Promise<void>;
  /** Charges for `seconds` at the power curve, whatever the clock says, and sends a reading. The clock passing the same seconds does not count them twice. */
  advance(connector: number, seconds: number): Promise<void>;
  /** The socket is gone without a close frame; the charger comes back by its backoff. */
  dropSocket(): void;
  /** Everything in memory is lost; queue, meters and cables stay. Ends dark: `reboot` brings it back. */
  powerCut(): void;
  /** Starts anew, from dark or running; resolves when it is accepted again. */
  reboot(): Promise<void>;
  close(): Promise<void>;
  registerWh(connector: number): number;
  /** In 1.6 a number, negative while the gateway has not yet given one; in 2.x the charger's own text. Null without a transaction. */
  transactionId(connector: number): TransactionId | null;
  status(connector: number): EvseStatus;
  sight(connector: number): ConnectorSight;
  readonly online: boolean;
  readonly queueLength: number;
  /** The last answer to each action; `{ errorCode, errorDescription }` for an error. */
  readonly lastAnswers: Record<string, unknown>;
  /** Resolves when the queue is empty and every call is answered. */
  idle(): Promise<void>;
  /** Any call; throws with the code in the message when it is answered with an error or not at all. */
  call(action: string, payload: Record<string, unknown>): Promise<unknown>;
}

const DEFAULT_SPEC: ConnectorSpec = { maxW: 22_000, phases: 3, dc: false, volts: 230 };

/** The outlets asked for, each complete. */
export function connectorSpecs(wanted: number | Partial<ConnectorSpec>[]): ConnectorSpec[] {
  const list = typeof wanted === 'number' ? Array.from({ length: wanted }, () => ({})) : wanted;
  return list.map((spec) => ({ ...DEFAULT_SPEC, ...spec }));
}

/** What the charger is set to before anybody changes it. Throws a RangeError for a start point that the version lacks. */
export function defaultSettings(options: SimulatedChargerOptions, { protocol, startPoints }: Dialect): Settings {
  const startPoint = options.txStartPoint ?? startPoints[0] ?? 'PowerPathClosed';
  if (!startPoints.includes(startPoint)) throw new RangeError(`${protocol} begins no transaction at ${startPoint}`);
  return {
    heartbeatSeconds: 300,
    sampleSeconds: options.sampleInterval ?? 60,
    connectionTimeoutSeconds: 60,
    authorizeRemoteTx: false,
    stopOnInvalidId: true,
    localPreAuthorize: false,
    localList: true,
    startPoint,
    allowOfflineUnknown: true,
    measurands: ['Energy.Active.Import.Register', 'Power.Active.Import', 'Current.Import', 'SoC'],
    ...options.settings,
  };
}

/** What the charger says of itself at boot, unless told otherwise. */
export function defaultIdentity(options: SimulatedChargerOptions): Identity {
  return {
    vendor: 'Chargegate',
    model: 'Simulator',
    serial: options.id.slice(0, 25),
    firmware: '1.0.0',
    ...options.identity,
  };
}
