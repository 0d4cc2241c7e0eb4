import type { Quote } from '../domain/quote.ts';
import type { Millis } from '../domain/time.ts';
import type { Db } from './db.ts';

interface QuoteRow {
  body: string;
  sessionId: string | null;
}

const QUOTE = 'body, session_id AS sessionId';

export function insertQuote(db: Db, quote: Quote): void {
  db.run(
    'INSERT INTO quote (id, body, made_at, expires_at) VALUES (?, ?, ?, ?)',
    quote.id,
    JSON.stringify(quote),
    quote.madeAt,
    quote.expiresAt,
  );
}

export function findQuote(db: Db, id: string): Quote | undefined {
  const row = db.one<QuoteRow>(`SELECT ${QUOTE} FROM quote WHERE id = ?`, id);
  return row && toQuote(row);
}

export function updateQuote(db: Db, quote: Quote): void {
  db.run('UPDATE quote SET body = ? WHERE id = ?', JSON.stringify(quote), quote.id);
}

/** From now on it is kept, with the session that it was accepted for. */
export function keepQuote(db: Db, id: string, sessionId: string): void {
  db.run('UPDATE quote SET session_id = ? WHERE id = ?', sessionId, id);
}

/** Those that are in force and belong to no session yet. */
export function listOpenQuotes(db: Db, now: Millis): Quote[] {
  return db
    .all<QuoteRow>(`SELECT ${QUOTE} FROM quote WHERE session_id IS NULL AND expires_at > ? ORDER BY made_at DESC`, now)
    .map(toQuote);
}

export function countOpenQuotes(db: Db): number {
  return db.one<{ n: number }>('SELECT count(*) AS n FROM quote WHERE session_id IS NULL')?.n ?? 0;
}

/** Those that nobody accepted in time go. */
export function deleteExpiredQuotes(db: Db, now: Millis): void {
  db.run('DELETE FROM quote WHERE session_id IS NULL AND expires_at <= ?', now);
}

function toQuote({ body, sessionId }: QuoteRow): Quote {
  return { ...(JSON.parse(body) as Quote), sessionId };
}
