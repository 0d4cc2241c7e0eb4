import type { Db } from './db.ts';

/** Every line that was appended and not cleared, oldest first. */
export function readJournal(db: Db): string[] {
  return db.all<{ lines: string }>('SELECT lines FROM journal ORDER BY number').flatMap((row) => row.lines.split('\n'));
}

/** Removes the rows whose every line is numbered below this. */
export function clearJournal(db: Db, below: number): void {
  db.run('DELETE FROM journal WHERE number < ?', below);
}
