import type { Answers, OrderKind, OrderOf } from './domain/orders.ts';
import type { Millis } from './domain/time.ts';

/** The charger's answer to a call of ours. */
export type CallOutcome =
  | { kind: 'result'; payload: unknown }
  | { kind: 'error'; code: string; description: string; details: unknown }
  | { kind: 'timeout' }
  | { kind: 'disconnected' }
  | { kind: 'invalid'; problems: string[] }
  | { kind: 'queue-full' };

/** How an order ended; `payload` is the charger's answer to the letter. */
export type OrderOutcome<K extends OrderKind> =
  | { kind: 'answered'; answer: Answers[K]; payload: unknown }
  | Exclude<CallOutcome, { kind: 'result' }>;

/** How a call is to be made. */
export interface CallOptions {
  /** The gateway's own idea and in no hurry: calls of people and clouds go first, and a charger that just booted is left alone. */
  background?: boolean;
}

/** One charger's open socket, seen from the core. */
export interface Connection {
  chargerId: string;
  protocol: string;
  since: Millis;
  /** Host and port under which the charger reaches us with plain HTTP, where it said so. */
  dialled?: string | null;
  /** Most characters of a card number that it can be told. */
  tokenLimit: number;
  /** Does it tell when it keeps a bay no more, other than by the status of the bay? */
  tellsReservationEnds?: boolean;
  /** Can it be asked for the status of the whole charger? False: of connectors alone. */
  tellsWholeStatus?: boolean;
  /** Can all its limits be cleared at once? False: only by some criterion. */
  clearsAllLimits?: boolean;
  /** Seconds in which a call of ours ends, one way or the other. */
  callTimeout: number;
  /** Last inbound frame. */
  lastSeenAt(): Millis;
  /** Any OCPP call by its wire name, schema-checked; never rejects. */
  call(action: string, payload: unknown, options?: CallOptions): Promise<CallOutcome>;
  /** The same for an order, in the words of whatever version the charger speaks; an error `NotSupported` where it has none for it. */
  order<K extends OrderKind>(order: OrderOf<K>, options?: CallOptions): Promise<OrderOutcome<K>>;
  close(code: number, reason: string): void;
}

/** Who is connected now, and until when somebody was. Memory only: sockets do not survive the process. */
export interface Connections {
  add(connection: Connection): void;
  /** Removes exactly this connection; false when a newer one has taken its place. */
  remove(connection: Connection, at: Millis): boolean;
  find(chargerId: string): Connection | undefined;
  all(): Connection[];
  /** Since when the charger has had no socket: at the longest since this run began. */
  goneSince(chargerId: string): Millis;
}

/** Makes the registry of open sockets, empty; `startedAt` is when this run began. */
export function createConnections(startedAt: Millis): Connections {
  const open = new Map<string, Connection>();
  const gone = new Map<string, Millis>();
  return {
    add(connection) {
      open.set(connection.chargerId, connection);
      gone.delete(connection.chargerId);
    },
    remove(connection, at) {
      if (open.get(connection.chargerId) !== connection) return false;
      open.delete(connection.chargerId);
      gone.set(connection.chargerId, at);
      return true;
    },
    find: (chargerId) => open.get(chargerId),
    all: () => [...open.values()],
    goneSince: (chargerId) => gone.get(chargerId) ?? startedAt,
  };
}
