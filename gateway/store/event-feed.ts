import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

/** Kinds of things that are told in the order of their changes. */
export type FeedKind = 'session' | 'cdr';

/** Up to which change of this kind is told; undefined where nobody has begun. */
export function findMark(db: Db, kind: FeedKind): Millis | undefined {
  return db.one<{ value: number }>('SELECT value FROM counter WHERE name = ?', nameOf(kind))?.value;
}

export function setMark(db: Db, kind: FeedKind, at: Millis): void {
  db.run(
    'INSERT INTO counter (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
    nameOf(kind),
    at,
  );
}

/** How many changed after a stamp. */
export function countAfter(db: Db, kind: FeedKind, after: Millis): number {
  return db.one<{ n: number }>(`SELECT count(*) AS n FROM ${kind} WHERE updated_at > ?`, after)?.n ?? 0;
}

/** The stamp of the change that `keep` others follow; undefined where there are not so many. */
export function stampBefore(db: Db, kind: FeedKind, keep: number): Millis | undefined {
  return db.one<{ at: Millis }>(`SELECT updated_at AS at FROM ${kind} ORDER BY updated_at DESC LIMIT 1 OFFSET ?`, keep)
    ?.at;
}

/** What changed after a stamp, oldest first: `step` of them, and all that share the last one's stamp. */
export function listAfter(db: Db, kind: FeedKind, after: Millis, step: number): { id: string; updatedAt: Millis }[] {
  return db.all(
    `SELECT id, updated_at AS updatedAt FROM ${kind} WHERE updated_at > ? AND updated_at <= coalesce(
       (SELECT updated_at FROM ${kind} WHERE updated_at > ? ORDER BY updated_at LIMIT 1 OFFSET ?), ?)
     ORDER BY updated_at, seq`,
    after,
    after,
    step - 1,
    Number.MAX_SAFE_INTEGER,
  );
}

function nameOf(kind: FeedKind): string {
  return `feed_${kind}`;
}
