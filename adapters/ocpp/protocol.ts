import type { Answers, OrderKind, OrderOf } from '../../gateway/domain/orders.ts';
import type { QuirkFlags } from '../../gateway/domain/quirks.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';

/** What a message handler is given besides the message. */
export interface MessageContext {
  gw: Gateway;
  chargerId: string;
  /** The name of the version that it speaks. */
  protocol: string;
  receivedAt: Millis;
  /** Notes a deviation of this charger, with an example. */
  deviate(code: string, sample: string): void;
}

/** What goes back to the charger; `withhold`: nothing, and the socket is closed so that it keeps the message and returns. */
export type Answer =
  | { kind: 'result'; payload: object }
  | { kind: 'error'; code: string; description: string }
  | { kind: 'withhold'; reason: string };

/** One OCPP version: translates its messages to use-cases and back. Holds no state and no rule. */
export interface Protocol {
  name: string;
  /** CALLERROR code for what is no readable frame. */
  malformedCode: string;
  /** Most characters of a card number. */
  tokenLimit: number;
  /** Does a charger tell when it keeps a bay no more, other than by the status of the bay? */
  tellsReservationEnds: boolean;
  handle(context: MessageContext, action: string, payload: unknown): Promise<Answer>;
  /** Why a call of ours would not be valid in this version; empty when it is. */
  checkCall(action: string, payload: unknown): string[];
  /** The password that a call of ours gives the charger; null: it gives none. */
  passwordIn(action: string, payload: unknown): string | null;
  /** An order in this version's words, as this charger wants them; null: it has none for it. */
  encode<K extends OrderKind>(order: OrderOf<K>, quirks: QuirkFlags): WireCall | null;
  /** What the charger's answer to it says; whatever it holds, it says something. */
  decode<K extends OrderKind>(order: OrderOf<K>, payload: unknown): Answers[K];
}

/** A call as it goes out. */
export interface WireCall {
  action: string;
  payload: object;
}
