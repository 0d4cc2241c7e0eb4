import type { ListQuery, Page } from '../domain/paging.ts';
import type { Millis } from '../domain/time.ts';
import type { Cdr } from '../domain/types.ts';
import type { Db } from './db.ts';
import { page } from './paging.ts';

interface CdrRow {
  seq: number;
  updatedAt: Millis;
  body: string;
}

const CDR = 'seq, body, updated_at AS updatedAt';

/** Freezes a bill line: a trigger refuses any later change. */
export function insertCdr(db: Db, cdr: Omit<Cdr, 'seq'>): void {
  db.run(
    'INSERT INTO cdr (id, session_id, peer, charger_id, body, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
    cdr.id,
    cdr.sessionId,
    cdr.peer,
    cdr.chargerId,
    JSON.stringify(cdr),
    cdr.updatedAt,
  );
}

export function findCdr(db: Db, id: string): Cdr | undefined {
  const row = db.one<CdrRow>(`SELECT ${CDR} FROM cdr WHERE id = ?`, id);
  return row && toCdr(row);
}

export function listCdrs(db: Db, query: ListQuery): Page<Cdr> {
  const found = page<CdrRow>(
    db,
    { table: 'cdr', columns: CDR, seq: 'seq', updatedAt: 'updated_at', peer: 'peer' },
    query,
  );
  return { ...found, items: found.items.map(toCdr) };
}

function toCdr(row: CdrRow): Cdr {
  return { ...(JSON.parse(row.body) as Omit<Cdr, 'seq'>), seq: row.seq };
}
