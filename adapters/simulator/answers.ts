import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';

/** What a charger does with one kind of call. */
export type Order = (control: Control, payload: Record<string, unknown>) => Answer | Promise<Answer>;

/** An answer that is a status; `followUp` is done once it is out. */
export const status = (value: string, followUp?: () => void): Answer => ({
  payload: { status: value },
  ...(followUp && { followUp }),
});

/** Always the same answer. */
export const fixed =
  (payload: Record<string, unknown>): Order =>
  () => ({ payload });
