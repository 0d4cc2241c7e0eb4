import { statSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Gateway } from './gateway.ts';
import { DATABASE_FILE } from './store/db.ts';

/** Room on the disk that holds the data directory, bytes. */
export interface DiskSpace {
  free: number;
  total: number;
  /** The database with its journal. */
  database: number;
}

/** Less than this is too little to go on for long. */
export const LEAST_FREE = 100_000_000;

/** Looks at the disk now. Null where it cannot be looked at. */
export function diskSpace(gw: Gateway): DiskSpace | null {
  const directory = dirname(gw.files.firmware);
  try {
    const { bavail, blocks, bsize } = statfsSync(directory);
    return { free: bavail * bsize, total: blocks * bsize, database: databaseBytes(directory) };
  } catch {
    // Whether anything can be stored is told by the storage itself.
    return null;
  }
}

function databaseBytes(directory: string): number {
  return [DATABASE_FILE, `${DATABASE_FILE}-wal`]
    .map((name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0)
    .reduce((sum, size) => sum + size, 0);
}
