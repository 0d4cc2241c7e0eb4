import type { Db } from './db.ts';

/** Needs pages of its own, so that a database at its bound has to find room for it. */
const BYTES = 8192;

/**
 * Stores something that takes room and removes it, in one commit: resolves where a message could be stored now.
 * Errors: STORAGE_FULL, STORAGE_FAILED.
 */
export function probeStorage(db: Db): Promise<void> {
  return db.write((tx) => {
    db.run("INSERT INTO meta (name, value, updated_at) VALUES ('probe', hex(zeroblob(?)), ?)", BYTES / 2, tx.stamp);
    db.run("DELETE FROM meta WHERE name = 'probe'");
  });
}
