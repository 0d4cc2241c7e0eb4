import type { Db } from './db.ts';

/** Lines of the meter log after this number, oldest first. */
export function readMeterLog(db: Db, after: number): { number: number; line: string }[] {
  return db
    .all<{ number: number; lines: string }>(
      'SELECT number, lines FROM meter_log WHERE number > ? ORDER BY number',
      after,
    )
    .flatMap((row) => {
      const lines = row.lines.split('\n');
      return lines.map((line, index) => ({ number: row.number - lines.length + 1 + index, line }));
    })
    .filter(({ number }) => number > after);
}

/** Lines up to this number have their sample. */
export function filedUpTo(db: Db): number {
  return db.one<{ value: number }>("SELECT value FROM counter WHERE name = 'filed'")?.value ?? 0;
}

export function setFiledUpTo(db: Db, number: number): void {
  db.run("UPDATE counter SET value = ? WHERE name = 'filed'", number);
}

/** One line of the meter log; undefined where there is none of this number. */
export function readMeterLine(db: Db, number: number): string | undefined {
  const row = db.one<{ number: number; lines: string }>(
    'SELECT number, lines FROM meter_log WHERE number >= ? ORDER BY number LIMIT 1',
    number,
  );
  const lines = row?.lines.split('\n') ?? [];
  return lines[lines.length - 1 - ((row?.number ?? 0) - number)];
}
