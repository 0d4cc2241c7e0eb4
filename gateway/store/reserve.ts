import { randomBytes } from 'node:crypto';
import { rmSync, statfsSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Room that is kept, so that a gateway can also start where the disk is full. */
export const RESERVE_FILE = 'chargegate.reserve';

/** A start needs less than this. */
export const RESERVE_BYTES = 8_000_000;
const STEP = 65_536;

/** Gives the kept room free where there is hardly any other. */
export function releaseReserve(directory: string): void {
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize < RESERVE_BYTES) rmSync(join(directory, RESERVE_FILE), { force: true });
}

/** Keeps the room, where it is not kept yet. Rejects where there is none. */
export async function keepReserve(directory: string): Promise<void> {
  const path = join(directory, RESERVE_FILE);
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size >= RESERVE_BYTES) return;
  const part = `${path}.part`;
  try {
    const file = await open(part, 'w', 0o600);
    try {
      // Some file systems keep no room for zeros.
      for (let written = 0; written < RESERVE_BYTES; written += STEP) await file.write(randomBytes(STEP));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
