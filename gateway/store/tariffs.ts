import type { ListQuery, Page } from '../domain/paging.ts';
import type { Millis } from '../domain/time.ts';
import type { Tariff } from '../domain/tariff.ts';
import type { Db } from './db.ts';
import { page } from './paging.ts';

interface TariffRow {
  seq: number;
  body: string;
  updatedAt: Millis;
}

const TARIFF = 'seq, body, updated_at AS updatedAt';

export function findTariff(db: Db, id: string): Tariff | undefined {
  const row = db.one<TariffRow>(`SELECT ${TARIFF} FROM tariff WHERE id = ?`, id);
  return row && toTariff(row);
}

export function listTariffs(db: Db, query: ListQuery): Page<Tariff> {
  const found = page<TariffRow>(
    db,
    { table: 'tariff', columns: TARIFF, seq: 'seq', updatedAt: 'updated_at', peer: null },
    query,
  );
  return { ...found, items: found.items.map(toTariff) };
}

export function listTariffIds(db: Db): string[] {
  return db.all<{ id: string }>('SELECT id FROM tariff').map((row) => row.id);
}

export function putTariff(db: Db, tariff: Tariff): void {
  db.run(
    `INSERT INTO tariff (id, seq, body, updated_at) VALUES (?, (SELECT coalesce(max(seq), 0) + 1 FROM tariff), ?, ?)
     ON CONFLICT (id) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at`,
    tariff.id,
    JSON.stringify(tariff),
    tariff.updatedAt,
  );
}

export function deleteTariff(db: Db, id: string): void {
  db.run('DELETE FROM tariff WHERE id = ?', id);
}

function toTariff(row: TariffRow): Tariff {
  return { ...(JSON.parse(row.body) as Tariff), updatedAt: row.updatedAt };
}
