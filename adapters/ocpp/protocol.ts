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
  /** Messages that it was asked for over this connection. */
  asked: ReadonlySet<string>;
  /** Is it one that nobody answers (2.1, SEND)? */
  unanswered: boolean;
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
  /** CALLERROR code for a type of message that this version does not have; null: it is passed over. */
  unknownTypeCode: string | null;
  /** Has it messages that nobody answers, and errors for answers (OCPP-J 2.1 §4.1.3)? */
  unconfirmed: boolean;
  /** Most characters of a card number. */
  tokenLimit: number;
  /** How a key of hex digits is sent as a password: as the bytes that they stand for, or as it is written. */
  keyForm: 'bytes' | 'hex';
  /** Does a charger tell when it keeps a bay no more, other than by the status of the bay? */
  tellsReservationEnds: boolean;
  /** Can it be asked for the status of the whole charger? */
  tellsWholeStatus: boolean;
  /** Can all its limits be cleared without naming any of them? */
  clearsAllLimits: boolean;
  handle(context: MessageContext, action: string, payload: unknown): Promise<Answer>;
  /** Why a call of ours would not be valid in this version; empty when it is. */
  checkCall(action: string, payload: unknown): string[];
  /** What is wrong with the answer to a call of ours beyond reading; null: nothing. */
  checkAnswer(action: string, payload: unknown): { code: string; description: string } | null;
  /** The message that a call of ours asks the charger to send; null: it asks for none. */
  asksFor(action: string, payload: unknown): string | null;
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
