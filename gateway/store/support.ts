import Database from 'better-sqlite3';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from '../domain/diagnostics.ts';
import type { Millis } from '../domain/time.ts';
import { DATABASE_FILE } from './db.ts';
import { KEY_FILE, openSecretBox } from './secret-box.ts';

/** A row as it is told: names and plain values. */
export type Row = Record<string, string | number | null>;

/** What helps to find a fault, as far as it is no secret; `frames` have still to be cleaned. */
export interface SupportData {
  database: Row;
  tables: Row[];
  chargers: Row[];
  evses: Row[];
  deviations: Row[];
  configuration: Row[];
  provisioning: Row[];
  peers: Row[];
  outbox: Row[];
  quarantine: Row[];
  transfers: Row[];
  logs: Row[];
  security: Row[];
  frames: (Frame & { chargerId: string })[];
}

/** What must never be told, wherever it stands. */
export interface Known {
  /** Card numbers, contracts and the like. */
  cards: string[];
  /** Tokens that are sealed. */
  secrets: string[];
}

/** Only columns that are named here leave the database: what is added later stays in until somebody judged it. */
const SHEETS: Record<Exclude<keyof SupportData, 'database' | 'tables' | 'frames'>, string> = {
  chargers: `SELECT id, origin, registration, protocol, vendor, model, firmware, booted_at, last_seen_at, status, forgotten_at
    FROM charger ORDER BY id LIMIT 5000`,
  evses:
    'SELECT charger_id, evse, status, error_code, status_at, removed FROM evse ORDER BY charger_id, evse LIMIT 10000',
  deviations: `SELECT charger_id, code, count, first_seen_at, last_seen_at FROM deviation ORDER BY charger_id, code LIMIT 20000`,
  configuration: `SELECT charger_id, key, known, readonly, state, read_at FROM charger_configuration
    ORDER BY charger_id, key LIMIT 50000`,
  provisioning: `SELECT charger_id, state, problem, firmware, updated_at FROM charger_provisioning ORDER BY charger_id LIMIT 5000`,
  peers: 'SELECT name, origin, state, visibility, version, quirks, updated_at FROM peer ORDER BY name LIMIT 1000',
  outbox: `SELECT peer, module, state, count(*) AS objects, max(attempts) AS attempts, min(since) AS since FROM outbox
    GROUP BY peer, module, state`,
  quarantine: `SELECT id, charger_id, action, reason, count, received_at FROM quarantine ORDER BY id DESC LIMIT 1000`,
  transfers: `SELECT id, charger_id, kind, status, progress, bytes, ordered, requested_at, updated_at FROM transfer
    ORDER BY id DESC LIMIT 500`,
  logs: 'SELECT id, charger_id, kind, bytes, received_at FROM log_file ORDER BY id DESC LIMIT 500',
  security: `SELECT id, charger_id, origin, type, received_at, last_at, count FROM security_event ORDER BY id DESC LIMIT 1000`,
};

/** Where card numbers and contracts stand. */
const CARDS = [
  'SELECT uid FROM token UNION SELECT uid_key FROM token UNION SELECT contract_id FROM token',
  'SELECT visual_number FROM token UNION SELECT group_id FROM token',
  'SELECT uid FROM decision UNION SELECT authorization_reference FROM decision',
  'SELECT token_uid FROM "transaction"',
  "SELECT token ->> '$.uid' FROM session UNION SELECT token ->> '$.contractId' FROM session",
  'SELECT authorization_reference FROM session',
  'SELECT wire_uid FROM reservation UNION SELECT wire_uid FROM pending_start',
  'SELECT uid_key FROM ledger UNION SELECT uid_key FROM local_list_entry',
];

const SEALED = ['SELECT outbound_token FROM peer', 'SELECT token FROM handshake'];

const FRAMES_EACH = 40;
const FRAMES_IN_ALL = 10_000;

/** Reads a data directory's database, also while a daemon uses it; null where there is none. */
export function readSupportData(directory: string): { data: SupportData; known: Known } | null {
  const file = join(directory, DATABASE_FILE);
  if (!existsSync(file)) return null;
  const sqlite = new Database(file, { readonly: true, fileMustExist: true, timeout: 5000 });
  try {
    // One moment of it all.
    sqlite.exec('BEGIN');
    const rows = (sql: string): Row[] => sqlite.prepare<[], Row>(sql).all();
    const sheets = Object.entries(SHEETS).map(([name, sql]) => [name, rows(sql)]);
    const data = {
      ...(Object.fromEntries(sheets) as Record<keyof typeof SHEETS, Row[]>),
      database: describe(sqlite, file),
      tables: countTables(sqlite),
      frames: newestFrames(sqlite),
    };
    const texts = (sql: string): string[] =>
      sqlite
        .prepare<[], string | null>(sql)
        .pluck()
        .all()
        .filter((text) => text !== null);
    return { data, known: { cards: CARDS.flatMap(texts), secrets: unsealed(directory, SEALED.flatMap(texts)) } };
  } finally {
    sqlite.close();
  }
}

function describe(sqlite: Database.Database, file: string): Row {
  const pragma = (name: string): string | number => sqlite.pragma(name, { simple: true }) as string | number;
  const counters = sqlite.prepare<[], { name: string; value: number }>('SELECT name, value FROM counter').all();
  return {
    bytes: statSync(file).size,
    journalBytes: statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    schema: pragma('user_version'),
    pageSize: pragma('page_size'),
    pages: pragma('page_count'),
    freePages: pragma('freelist_count'),
    journal: pragma('journal_mode'),
    ...Object.fromEntries(counters.map(({ name, value }) => [`counter ${name}`, value])),
  };
}

function countTables(sqlite: Database.Database): Row[] {
  const names = sqlite
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all();
  return names.map((table) => ({
    table,
    rows: sqlite.prepare<[], number>(`SELECT count(*) FROM "${table}"`).pluck().get() ?? 0,
  }));
}

function newestFrames(sqlite: Database.Database): SupportData['frames'] {
  const newest = sqlite.prepare<[string, number], Frame & { chargerId: string; at: Millis }>(
    'SELECT charger_id AS chargerId, at, direction, text FROM frame WHERE charger_id = ? ORDER BY id DESC LIMIT ?',
  );
  return sqlite
    .prepare<[], string>('SELECT DISTINCT charger_id FROM frame')
    .pluck()
    .all()
    .flatMap((charger) => newest.all(charger, FRAMES_EACH).reverse())
    .slice(0, FRAMES_IN_ALL);
}

/** To take them out, they have to be known. */
function unsealed(directory: string, sealed: string[]): string[] {
  if (sealed.length === 0 || !existsSync(join(directory, KEY_FILE))) return sealed;
  const box = openSecretBox(directory);
  return sealed.flatMap((text) => {
    try {
      return [text, box.open(text)];
    } catch {
      // Sealed with another key: nobody can tell it.
      return [text];
    }
  });
}
