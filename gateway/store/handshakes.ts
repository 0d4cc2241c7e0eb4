import type { Millis } from '../domain/time.ts';
import type { Peer } from '../domain/types.ts';
import type { Db } from './db.ts';
import { findPeer } from './peers.ts';

export type HandshakeKind = 'register' | 'rotate';

/** A handshake that we began and that has not ended; `token` is sealed. */
export interface HandshakeRow {
  peer: string;
  kind: HandshakeKind;
  /** Of the platform that it is offered to. */
  versionsUrl: string;
  /** The peer was made for it. */
  fresh: boolean;
  token: string;
  tokenHash: string;
  startedAt: Millis;
}

export function findHandshake(db: Db, peer: string): HandshakeRow | undefined {
  const row = db.one<Omit<HandshakeRow, 'fresh'> & { fresh: number }>(
    `SELECT peer, kind, versions_url AS versionsUrl, fresh, token, token_hash AS tokenHash, started_at AS startedAt
     FROM handshake WHERE peer = ?`,
    peer,
  );
  return row && { ...row, fresh: row.fresh === 1 };
}

export function putHandshake(db: Db, row: HandshakeRow): void {
  db.run(
    `INSERT INTO handshake (peer, kind, versions_url, fresh, token, token_hash, started_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET kind = excluded.kind, versions_url = excluded.versions_url, fresh = excluded.fresh, token = excluded.token,
       token_hash = excluded.token_hash, started_at = excluded.started_at`,
    row.peer,
    row.kind,
    row.versionsUrl,
    row.fresh ? 1 : 0,
    row.token,
    row.tokenHash,
    row.startedAt,
  );
}

export function deleteHandshake(db: Db, peer: string): void {
  db.run('DELETE FROM handshake WHERE peer = ?', peer);
}

/** The peer that is being offered this token. */
export function findPeerByOffer(db: Db, hash: string): Peer | undefined {
  const row = db.one<{ peer: string }>('SELECT peer FROM handshake WHERE token_hash = ?', hash);
  return row && findPeer(db, row.peer);
}
