// a CommonJS package whose errors Node cannot see as named exports
import ocppRpc from 'ocpp-rpc';

const {
  RPCClient,
  RPCError,
  RPCFormatViolationError,
  RPCInternalError,
  RPCNotImplementedError,
  RPCNotSupportedError,
  RPCOccurrenceConstraintViolationError,
  TimeoutError,
  UnexpectedHttpResponse,
} = ocppRpc;

type RpcClient = InstanceType<typeof RPCClient>;
type ClientOptions = ConstructorParameters<typeof RPCClient>[0];

/** What came of a call. `lost`: the socket ended before an answer, so nobody knows whether it was handled. */
export type Outcome =
  | { kind: 'result'; payload: unknown }
  | { kind: 'error'; code: string; description: string }
  | { kind: 'timeout' }
  | { kind: 'lost' };

/** What a charger answers to a call, and what it does once the answer is on its way. */
export type Answer =
  | { payload: Record<string, unknown>; followUp?: () => void }
  | { errorCode: keyof typeof REFUSALS; description: string };

const REFUSALS = {
  NotImplemented: RPCNotImplementedError,
  NotSupported: RPCNotSupportedError,
  InternalError: RPCInternalError,
  FormatViolation: RPCFormatViolationError,
  OccurrenceConstraintViolation: RPCOccurrenceConstraintViolationError,
};

export type Direction = 'in' | 'out';

export interface RpcOptions {
  /** Without the charger id, which is appended. */
  url: string;
  id: string;
  protocols: string[];
  password: string | null;
  headers: Record<string, string>;
  callTimeoutMs: number;
  /** Websocket pings; 0 sends none. */
  pingIntervalMs: number;
  /** Check both directions against the schemas, with these besides ocpp-rpc's own; problems go to `onViolation`. Null: no. */
  strict: ClientOptions['strictModeValidators'] | null;
  /** Last change to an outgoing frame. */
  transformText: (text: string) => string;
  answer: (action: string, payload: unknown) => Answer | Promise<Answer>;
  onFrame: (direction: Direction, text: string) => void;
  onViolation: (problem: string) => void;
  onClose: (code: number, reason: string) => void;
}

/** One open socket of a charger. */
export interface RpcLink {
  protocol: string;
  /** Calls go out one at a time, in order. Never rejects. */
  call(action: string, payload: unknown): Promise<Outcome>;
  /** Ends the socket with a close frame. */
  close(): Promise<void>;
  /** Ends the socket as a cut cable does: no close frame. */
  destroy(): void;
}

/** Why the upgrade was refused: the HTTP status, where the server answered at all. */
export class ConnectRefused extends Error {
  readonly status: number | null;

  constructor(status: number | null, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnectRefused';
    this.status = status;
  }
}

// ocpp-rpc has no hook on outgoing text; its sendRaw is the one public way out
class TransformingClient extends RPCClient {
  private readonly transformText: (text: string) => string;

  constructor(options: ClientOptions, transformText: (text: string) => string) {
    super(options);
    this.transformText = transformText;
  }

  override sendRaw(message: string): void {
    super.sendRaw(this.transformText(message));
  }
}

/**
 * Opens a socket as a charger does. Each link has its own client: ocpp-rpc's reconnection runs on timers of its own
 * and would keep calls across sockets, which the charger's queue decides here.
 * Throws ConnectRefused.
 */
export async function openRpcLink(options: RpcOptions): Promise<RpcLink> {
  const client = new TransformingClient(clientOptions(options), options.transformText);

  client.handle(async ({ method, params }) => {
    const answer = await options.answer(method ?? '', params);
    if ('errorCode' in answer) throw new REFUSALS[answer.errorCode](answer.description);
    // the answer leaves in this turn of the event loop, so what follows it comes after it on the wire
    if (answer.followUp) setImmediate(answer.followUp);
    return answer.payload;
  });
  client.on('message', (event: { message: string; outbound: boolean }) => {
    options.onFrame(event.outbound ? 'out' : 'in', event.message);
  });
  client.on('strictValidationFailure', (event: { method: string; outbound: boolean; error: Error }) => {
    options.onViolation(`${event.outbound ? 'sent' : 'received'} ${event.method}: ${event.error.message}`);
  });

  try {
    await client.connect();
  } catch (error) {
    throw refusal(options, error);
  }
  client.once('close', (event: { code: number; reason: unknown }) => {
    options.onClose(event.code, String(event.reason));
  });

  return {
    protocol: client.protocol ?? '',
    call: (action, payload) => callOnce(client, action, payload),
    async close() {
      await client.close({ code: 1000, reason: '' });
    },
    destroy() {
      // the promise only tells that the socket has ended, which onClose tells too
      client.close({ force: true }).catch((error: unknown) => options.onViolation(String(error)));
    },
  };
}

function clientOptions(options: RpcOptions): ClientOptions {
  return {
    endpoint: options.url.replace(/\/+$/, ''),
    identity: options.id,
    protocols: options.protocols,
    password: options.password,
    headers: options.headers,
    wsOpts: { perMessageDeflate: false, headers: {} },
    reconnect: false,
    maxReconnects: 0,
    callTimeoutMs: options.callTimeoutMs,
    pingIntervalMs: options.pingIntervalMs,
    deferPingsOnActivity: true,
    respondWithDetailedErrors: false,
    callConcurrency: 1,
    maxBadMessages: Number.POSITIVE_INFINITY,
    strictMode: options.strict !== null,
    strictModeValidators: options.strict ?? [],
    backoff: { initialDelay: 50, maxDelay: 1000, factor: 2, randomisationFactor: 0 },
  };
}

function refusal(options: RpcOptions, error: unknown): ConnectRefused {
  const where = `${options.url}/${options.id}`;
  if (error instanceof UnexpectedHttpResponse) {
    const status = typeof error.code === 'number' ? error.code : null;
    return new ConnectRefused(status, `${where} refused the upgrade with HTTP ${status ?? '?'} ${error.message}`);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new ConnectRefused(null, `could not connect to ${where}: ${message}`, { cause: error });
}

async function callOnce(client: RpcClient, action: string, payload: unknown): Promise<Outcome> {
  try {
    return { kind: 'result', payload: await client.call(action, payload) };
  } catch (error) {
    if (error instanceof TimeoutError) return { kind: 'timeout' };
    if (error instanceof RPCError) return { kind: 'error', code: error.rpcErrorCode, description: error.message };
    return { kind: 'lost' };
  }
}
