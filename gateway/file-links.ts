import { createHash, randomBytes } from 'node:crypto';
import type { Connection } from './connections.ts';
import type { Millis } from './domain/time.ts';
import type { FileLink } from './domain/transfers.ts';
import type { Gateway } from './gateway.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/file-links.ts';
import { findTransfer, setHandedOver } from './store/transfers.ts';

/** After a charger has fetched an image whole, it may come back for it for so long: some check only then, and start over. */
export const RETRY_TAIL = 15 * 60_000;

/** A link that is over is forgotten later: what began in time may still be coming in. */
const UNDER_WAY = 24 * 3_600_000;

/**
 * Makes, inside the write at hand, a link that is good for one file and one charger from now to `linkHours` after
 * `from`. Gives its secret, which is kept nowhere.
 */
export function mintLink(gw: Gateway, tx: Tx, link: Omit<FileLink, 'expiresAt'>, from: Millis): string {
  store.deleteExpiredLinks(gw.db, tx.now - UNDER_WAY);
  const secret = randomBytes(32).toString('base64url');
  const expiresAt = Math.max(tx.now, from) + gw.files.linkHours * 3_600_000;
  store.insertLink(gw.db, digest(secret), { ...link, expiresAt });
  return secret;
}

/** What this link is good for now; null: nothing, and nobody is told why. */
export function findLink(gw: Gateway, secret: string): FileLink | null {
  const link = store.findLink(gw.db, digest(secret));
  return link && link.expiresAt > gw.clock() ? link : null;
}

/** A charger has fetched the image whole: its link soon ends. */
export async function noteFetched(gw: Gateway, secret: string, bytes: number): Promise<void> {
  await gw.db.write((tx) => {
    const link = store.findLink(gw.db, digest(secret));
    if (!link) return;
    store.shortenLink(gw.db, digest(secret), tx.now + RETRY_TAIL);
    if (findTransfer(gw.db, link.transferId)?.bytes === bytes) return;
    setHandedOver(gw.db, link.transferId, null, bytes, tx.stamp);
    tx.emit({ name: 'transfer.changed', data: { transferId: link.transferId, chargerId: link.chargerId } });
  });
}

/** Uses a link up, inside the write at hand; false where it was used up or taken back already. */
export function useUp(gw: Gateway, secret: string): boolean {
  return store.deleteLink(gw.db, digest(secret));
}

/**
 * The address that a connected charger is given. `ending` is its last part: a file name, or empty for a directory, which
 * ends in a slash (Q64).
 */
export function linkUrl(gw: Gateway, { dialled }: Connection, secret: string, ending: string): string {
  const own = typeof dialled === 'string' ? `http://${dialled}` : gw.files.ownUrl;
  const base = gw.files.publicUrl ?? own;
  if (base === null) throw new Error('a link was asked for before the file service has an address');
  return `${base.replace(/\/+$/, '')}/files/${secret}/${ending}`;
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
