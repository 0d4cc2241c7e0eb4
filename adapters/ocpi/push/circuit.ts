import type { PushState } from '../../../gateway/domain/push-state.ts';
import type { Clock } from '../../../gateway/domain/time.ts';

const FIRST_WAIT = 5000;
const LONGEST_WAIT = 300_000;

/**
 * What we know of reaching one peer. While it is away it is asked ever more rarely, by one call at a time; whatever
 * answers first opens the way for all.
 */
export interface Circuit {
  state(): PushState;
  /** May a call be made now? */
  open(): boolean;
  /** Milliseconds until one may; 0: now. */
  wait(): number;
  reached(): void;
  /** `retryAfter` in seconds, where the peer asked for it. */
  failed(kind: 'down' | 'refusing', problem: string, retryAfter: number | null): void;
  /** Forgets the wait, as when an operator retries. */
  reset(): void;
}

/** Makes it, closed to nothing. Waits go by the monotonic `elapsed` (ms): a clock that is set must not lengthen them. */
export function createCircuit(clock: Clock, elapsed: () => number, random: () => number = Math.random): Circuit {
  let state: PushState = { kind: 'idle' };
  let failures = 0;
  let until = 0;

  return {
    state: () => state,
    open: () => elapsed() >= until,
    wait: () => Math.max(0, until - elapsed()),
    reached() {
      failures = 0;
      until = 0;
      if (state.kind !== 'up') state = { kind: 'up', since: clock() };
    },
    failed(kind, problem, retryAfter) {
      const usual = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(failures, 10));
      // Spread, so that many gateways do not come back in one instant.
      const wait = Math.min(LONGEST_WAIT, Math.max(usual * (0.5 + random() / 2), (retryAfter ?? 0) * 1000));
      failures += 1;
      until = elapsed() + wait;
      const since = state.kind === 'down' || state.kind === 'refusing' ? state.since : clock();
      state = { kind, since, problem, nextAttemptAt: clock() + wait };
    },
    reset() {
      failures = 0;
      until = 0;
    },
  };
}
