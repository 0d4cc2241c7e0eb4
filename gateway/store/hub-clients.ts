import type { HubClient } from '../domain/hub.ts';
import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

const HUB_CLIENT = `peer, country_code AS countryCode, party_id AS partyId, role, status, said_at AS saidAt`;

export function findHubClient(db: Db, peer: string, countryCode: string, partyId: string): HubClient | undefined {
  return db.one<HubClient>(
    `SELECT ${HUB_CLIENT} FROM hub_client WHERE peer = ? AND country_code = ? AND party_id = ?`,
    peer,
    countryCode,
    partyId,
  );
}

export function countHubClients(db: Db, peer: string): number {
  return db.one<{ n: number }>('SELECT count(*) AS n FROM hub_client WHERE peer = ?', peer)?.n ?? 0;
}

export function putHubClient(db: Db, client: HubClient, stamp: Millis): void {
  db.run(
    `INSERT INTO hub_client (peer, country_code, party_id, role, status, said_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET role = excluded.role, status = excluded.status, said_at = excluded.said_at,
       updated_at = excluded.updated_at`,
    client.peer,
    client.countryCode,
    client.partyId,
    client.role,
    client.status,
    client.saidAt,
    stamp,
  );
}

export function forgetHubClients(db: Db, peer: string): void {
  db.run('DELETE FROM hub_client WHERE peer = ?', peer);
}
