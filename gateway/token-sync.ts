import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { readMeta, writeMeta } from './store/meta.ts';

/** How far a peer's tokens have been fetched. */
export interface TokenSync {
  /** Everything was fetched at last then; null: never. */
  fullAt: Millis | null;
  /** Something was, or everything. */
  doneAt: Millis | null;
}

const HOUR = 3_600_000;

/** A poller's and a peer's clock may differ by so much. */
const OVERLAP = 300_000;

/** What is due of a peer's tokens now: all of them (the first time, and each night), those changed since, or nothing. */
export function dueTokens(gw: Gateway, peer: string): { kind: 'all' } | { kind: 'since'; since: Millis } | null {
  const { fullAt, doneAt } = readSync(gw, peer);
  const now = gw.clock();
  // A time in the future is a clock that was set: fetched anew rather than never.
  if (fullAt === null || doneAt === null || now - fullAt > 24 * HOUR || fullAt > now) return { kind: 'all' };
  return now - doneAt > HOUR ? { kind: 'since', since: doneAt - OVERLAP } : null;
}

/** Since when a peer's tokens have to be fetched after it was away; null: all of them. */
export function missedSince(gw: Gateway, peer: string): Millis | null {
  const { fullAt, doneAt } = readSync(gw, peer);
  return fullAt === null || doneAt === null ? null : doneAt - OVERLAP;
}

/** Notes that a peer's tokens were fetched, as they were at `startedAt`. */
export async function noteTokens(gw: Gateway, peer: string, startedAt: Millis, all: boolean): Promise<void> {
  await gw.db.write((tx) => {
    const before = readSync(gw, peer);
    const sync: TokenSync = { fullAt: all ? startedAt : before.fullAt, doneAt: startedAt };
    writeMeta(gw.db, keyOf(peer), JSON.stringify(sync), tx.stamp);
  });
}

function readSync(gw: Gateway, peer: string): TokenSync {
  const stored = readMeta(gw.db, keyOf(peer));
  return stored ? (JSON.parse(stored.value) as TokenSync) : { fullAt: null, doneAt: null };
}

function keyOf(peer: string): string {
  return `tokens of ${peer}`;
}
