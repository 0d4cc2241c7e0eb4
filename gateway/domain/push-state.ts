import type { Millis } from './time.ts';

/** How it goes with telling a peer things. `refusing`: it does not know our token. */
export type PushState =
  | { kind: 'idle' }
  | { kind: 'up'; since: Millis }
  | { kind: 'down' | 'refusing'; since: Millis; problem: string; nextAttemptAt: Millis };
