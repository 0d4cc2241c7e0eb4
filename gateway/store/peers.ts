import type { PeerQuirk } from '../domain/peer-quirks.ts';
import type { Peer, PeerEndpoint, PeerParty } from '../domain/types.ts';
import type { Db } from './db.ts';

const PEER = `name, origin, state, visibility, version, versions_url AS versionsUrl, parties, endpoints, quirks,
  updated_at AS updatedAt`;

type PeerRow = Omit<Peer, 'parties' | 'endpoints' | 'quirks'> & { parties: string; endpoints: string; quirks: string };

export function findPeer(db: Db, name: string): Peer | undefined {
  const row = db.one<PeerRow>(`SELECT ${PEER} FROM peer WHERE name = ?`, name);
  return row && toPeer(row);
}

export function listPeers(db: Db): Peer[] {
  return db.all<PeerRow>(`SELECT ${PEER} FROM peer ORDER BY name`).map(toPeer);
}

/** The peer that this token hash belongs to, and whether it is the token before the present one. */
export function findPeerByHash(db: Db, hash: string): { peer: Peer; previous: boolean } | undefined {
  const row = db.one<PeerRow & { previous: number }>(
    `SELECT ${PEER}, inbound_hash IS NOT ? AS previous FROM peer WHERE inbound_hash = ? OR previous_hash = ?`,
    hash,
    hash,
    hash,
  );
  return row && { peer: toPeer(row), previous: row.previous === 1 };
}

export function outboundToken(db: Db, name: string): string | null {
  return (
    db.one<{ token: string | null }>('SELECT outbound_token AS token FROM peer WHERE name = ?', name)?.token ?? null
  );
}

/** All but its quirks, which outlive whatever else becomes of it. */
export function putPeer(db: Db, peer: Omit<Peer, 'quirks'>): void {
  db.run(
    `INSERT INTO peer (name, origin, state, visibility, version, versions_url, parties, endpoints, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET origin = excluded.origin, state = excluded.state, visibility = excluded.visibility,
       version = excluded.version, versions_url = excluded.versions_url, parties = excluded.parties,
       endpoints = excluded.endpoints, updated_at = excluded.updated_at`,
    peer.name,
    peer.origin,
    peer.state,
    peer.visibility,
    peer.version,
    peer.versionsUrl,
    JSON.stringify(peer.parties),
    JSON.stringify(peer.endpoints),
    peer.updatedAt,
  );
}

/** Only one that nothing refers to. */
export function deletePeer(db: Db, name: string): void {
  db.run('DELETE FROM peer WHERE name = ?', name);
}

export function setQuirks(db: Db, name: string, quirks: PeerQuirk[]): void {
  db.run('UPDATE peer SET quirks = ? WHERE name = ?', JSON.stringify(quirks), name);
}

export function setInbound(db: Db, name: string, hash: string | null, previous: string | null): void {
  db.run('UPDATE peer SET inbound_hash = ?, previous_hash = ? WHERE name = ?', hash, previous, name);
}

export function inboundHash(db: Db, name: string): string | null {
  return db.one<{ hash: string | null }>('SELECT inbound_hash AS hash FROM peer WHERE name = ?', name)?.hash ?? null;
}

export function setOutbound(db: Db, name: string, token: string | null): void {
  db.run('UPDATE peer SET outbound_token = ? WHERE name = ?', token, name);
}

export function retirePrevious(db: Db, name: string): void {
  db.run('UPDATE peer SET previous_hash = NULL WHERE name = ?', name);
}

export function hasPrevious(db: Db, name: string): boolean {
  return db.one('SELECT 1 FROM peer WHERE name = ? AND previous_hash IS NOT NULL', name) !== undefined;
}

function toPeer(row: PeerRow): Peer {
  return {
    name: row.name,
    origin: row.origin,
    state: row.state,
    visibility: row.visibility,
    version: row.version,
    versionsUrl: row.versionsUrl,
    parties: JSON.parse(row.parties) as PeerParty[],
    endpoints: JSON.parse(row.endpoints) as PeerEndpoint[],
    quirks: JSON.parse(row.quirks) as PeerQuirk[],
    updatedAt: row.updatedAt,
  };
}
