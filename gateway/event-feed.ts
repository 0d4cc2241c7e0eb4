import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import * as store from './store/event-feed.ts';
import type { FeedKind } from './store/event-feed.ts';

export type { FeedKind } from './store/event-feed.ts';

/** Both, in the order in which they are told: a session's end before its bill. */
export const FEED_KINDS: readonly FeedKind[] = ['session', 'cdr'];

/**
 * Begins or resumes the feed of changes that a broker is told. What changed before the first time is not told, and of what
 * waits, at most `keep` of each kind: the oldest are left out. Gives how many those were.
 */
export async function resumeFeed(gw: Gateway, keep: number): Promise<number> {
  return gw.db.write((tx) => {
    let skipped = 0;
    for (const kind of FEED_KINDS) {
      const mark = store.findMark(gw.db, kind);
      if (mark === undefined) store.setMark(gw.db, kind, tx.stamp - 1);
      const floor = mark === undefined ? undefined : store.stampBefore(gw.db, kind, keep);
      if (mark === undefined || floor === undefined || floor <= mark) continue;
      skipped += store.countAfter(gw.db, kind, mark) - store.countAfter(gw.db, kind, floor);
      store.setMark(gw.db, kind, floor);
    }
    return skipped;
  });
}

/** What of a kind is to be told next, oldest change first: about `step` of them, each once with its latest change. */
export function nextInFeed(gw: Gateway, kind: FeedKind, step: number): { id: string; updatedAt: Millis }[] {
  return store.listAfter(gw.db, kind, store.findMark(gw.db, kind) ?? gw.clock(), step);
}

/** Everything of a kind up to this change has been told. */
export async function settleFeed(gw: Gateway, kind: FeedKind, upTo: Millis): Promise<void> {
  await gw.db.write(() => store.setMark(gw.db, kind, upTo));
}

/** How many changes of all kinds are still to be told. */
export function countFeed(gw: Gateway): number {
  return FEED_KINDS.reduce((sum, kind) => {
    const mark = store.findMark(gw.db, kind);
    return mark === undefined ? sum : sum + store.countAfter(gw.db, kind, mark);
  }, 0);
}
