import type { Millis } from '../domain/time.ts';
import type { FileLink, FirmwareImage } from '../domain/transfers.ts';
import type { Db } from './db.ts';

/** `hash`: SHA-256 of the link's secret, hexadecimal. */
export function insertLink(db: Db, hash: string, link: FileLink): void {
  db.run(
    `INSERT INTO file_link (hash, transfer_id, charger_id, purpose, file, expires_at)
     VALUES (unhex(?), ?, ?, ?, ?, ?)`,
    hash,
    link.transferId,
    link.chargerId,
    link.purpose,
    link.file,
    link.expiresAt,
  );
}

export function findLink(db: Db, hash: string): FileLink | undefined {
  return db.one<FileLink>(
    `SELECT transfer_id AS transferId, charger_id AS chargerId, purpose, file, expires_at AS expiresAt
     FROM file_link WHERE hash = unhex(?)`,
    hash,
  );
}

/** Lets a link end earlier than it would have. */
export function shortenLink(db: Db, hash: string, expiresAt: Millis): void {
  db.run('UPDATE file_link SET expires_at = min(expires_at, ?) WHERE hash = unhex(?)', expiresAt, hash);
}

/** True where it was there. */
export function deleteLink(db: Db, hash: string): boolean {
  return db.run('DELETE FROM file_link WHERE hash = unhex(?)', hash).changes > 0;
}

export function deleteLinksOf(db: Db, transferId: number): void {
  db.run('DELETE FROM file_link WHERE transfer_id = ?', transferId);
}

export function deleteExpiredLinks(db: Db, now: Millis): void {
  db.run('DELETE FROM file_link WHERE expires_at <= ?', now);
}

export type KnownImage = FirmwareImage & { modifiedAt: number };

export function listImages(db: Db): KnownImage[] {
  return db.all(
    'SELECT name, bytes, modified_at AS modifiedAt, sha256, added_at AS addedAt FROM firmware_image ORDER BY name',
  );
}

export function putImage(db: Db, image: KnownImage): void {
  db.run(
    'INSERT OR REPLACE INTO firmware_image (name, bytes, modified_at, sha256, added_at) VALUES (?, ?, ?, ?, ?)',
    image.name,
    image.bytes,
    image.modifiedAt,
    image.sha256,
    image.addedAt,
  );
}

export function deleteImage(db: Db, name: string): void {
  db.run('DELETE FROM firmware_image WHERE name = ?', name);
}
