import type { ListQuery, Page } from '../domain/paging.ts';
import type { Tariff } from '../domain/tariff.ts';
import type { Millis } from '../domain/time.ts';
import type { Origin } from '../domain/types.ts';
import type { Db } from './db.ts';
import { page } from './paging.ts';

/** A tariff and who it belongs to. */
export interface OwnedTariff {
  tariff: Tariff;
  origin: Origin;
}

interface TariffRow {
  seq: number;
  origin: Origin;
  body: string;
  updatedAt: Millis;
}

const TARIFF = 'seq, origin, body, updated_at AS updatedAt';

/** Ids of tariffs are the same in any case (OCPI CiString). */
export function findTariff(db: Db, id: string): Tariff | undefined {
  return findOwnedTariff(db, id)?.tariff;
}

export function findOwnedTariff(db: Db, id: string): OwnedTariff | undefined {
  const row = db.one<TariffRow>(`SELECT ${TARIFF} FROM tariff WHERE id = ? COLLATE NOCASE`, id);
  return row && toOwned(row);
}

export function listOwnedTariffs(db: Db, query: ListQuery): Page<OwnedTariff> {
  const found = page<TariffRow>(
    db,
    { table: 'tariff', columns: TARIFF, seq: 'seq', updatedAt: 'updated_at', peer: null },
    query,
  );
  return { ...found, items: found.items.map(toOwned) };
}

export function listTariffs(db: Db, query: ListQuery): Page<Tariff> {
  const found = listOwnedTariffs(db, query);
  return { ...found, items: found.items.map(({ tariff }) => tariff) };
}

export function listTariffIds(db: Db, origin: Origin): string[] {
  return db.all<{ id: string }>('SELECT id FROM tariff WHERE origin = ?', origin).map((row) => row.id);
}

export function countTariffs(db: Db): number {
  return db.one<{ n: number }>('SELECT count(*) AS n FROM tariff')?.n ?? 0;
}

export function putTariff(db: Db, tariff: Tariff, origin: Origin): void {
  db.run(
    `INSERT INTO tariff (id, seq, body, origin, updated_at)
     VALUES (?, (SELECT coalesce(max(seq), 0) + 1 FROM tariff), ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET body = excluded.body, origin = excluded.origin, updated_at = excluded.updated_at`,
    tariff.id,
    JSON.stringify(tariff),
    origin,
    tariff.updatedAt,
  );
}

/** Whose it is changes nothing for those who read it. */
export function setTariffOrigin(db: Db, id: string, origin: Origin): void {
  db.run('UPDATE tariff SET origin = ? WHERE id = ?', origin, id);
}

export function deleteTariff(db: Db, id: string): void {
  db.run('DELETE FROM tariff WHERE id = ?', id);
}

function toOwned({ origin, body, updatedAt }: TariffRow): OwnedTariff {
  return { origin, tariff: { ...(JSON.parse(body) as Tariff), updatedAt } };
}
