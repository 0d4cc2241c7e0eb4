import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DATABASE_FILE, openDb } from '../../gateway/store/db.ts';

let fresh: Buffer | undefined;

/** A database as the program makes it and closes it again, made once for all tests of this process. */
function freshDatabase(): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'chargegate-fresh-'));
  openDb({ directory, clock: () => 0, publish: () => undefined }).close();
  const bytes = readFileSync(join(directory, DATABASE_FILE));
  rmSync(directory, { recursive: true });
  return bytes;
}

/**
 * Puts a new, empty database into a directory that has none: running every migration for each of a thousand sites took
 * a tenth of the tests' time. Creation itself is what test/store, test/upkeep and all tests of the daemon begin with.
 */
export function layDatabase(directory: string): void {
  const file = join(directory, DATABASE_FILE);
  if (!existsSync(file)) writeFileSync(file, (fresh ??= freshDatabase()));
}
