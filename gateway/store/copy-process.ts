/** A process of its own, told what to do in its argument: reading a whole database there cannot keep the daemon from its work. */
import Database from 'better-sqlite3';
import { closeSync, fdatasyncSync, openSync, statSync } from 'node:fs';
import { setPriority } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { CopyReport, Task, TaskResult } from './backup.ts';

/** A quarter of a mebibyte at SQLite's usual page size. */
const PAGES_AT_A_TIME = 64;

const PATIENCE = 10_000;

// Nobody waits for the result any more.
process.on('disconnect', () => process.exit(1));

stepBack();
const task = JSON.parse(process.argv[2] ?? '') as Task;
tell(await attempt(task));

/** Others come first, where whoever runs us lets that be said: some containers do not. */
function stepBack(): void {
  try {
    setPriority(10);
  } catch {
    // At the usual priority it is done all the same.
  }
}

async function attempt(given: Task): Promise<TaskResult> {
  try {
    return given.kind === 'check' ? { problems: check(given.file) } : { report: await copy(given) };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

function tell(result: TaskResult): void {
  process.send?.(result, () => process.disconnect());
}

/** Empty: nothing is wrong. */
function check(file: string): string[] {
  const sqlite = new Database(file, { readonly: true, timeout: PATIENCE });
  try {
    return problemsOf(sqlite);
  } finally {
    sqlite.close();
  }
}

function problemsOf(sqlite: Database.Database): string[] {
  const lines = sqlite.prepare<[], string>('PRAGMA integrity_check(20)').pluck().all();
  return lines.filter((line) => line !== 'ok');
}

async function copy({ from, to, bytesPerSecond }: Extract<Task, { kind: 'copy' }>): Promise<CopyReport> {
  const began = performance.now();
  const source = new Database(from, { fileMustExist: true, timeout: PATIENCE });
  const fd = openSync(to, 'wx', 0o600);
  try {
    // One moment of the database from here on, however much the daemon writes meanwhile.
    source.exec('BEGIN');
    const wanted = countRows(source);
    const pageSize = Number(source.pragma('page_size', { simple: true }));
    await source.backup(to, {
      progress({ totalPages, remainingPages }) {
        // Bit by bit: one long flush at the end would hold up the daemon's commits.
        fdatasyncSync(fd);
        const due = (((totalPages - remainingPages) * pageSize) / bytesPerSecond) * 1000;
        sleep(due - (performance.now() - began));
        return PAGES_AT_A_TIME;
      },
    });
    source.exec('COMMIT');
    const schema = verify(to, wanted);
    fdatasyncSync(fd);
    const rows = Object.values(wanted).reduce((sum, each) => sum + each, 0);
    return { bytes: statSync(to).size, rows, schema, seconds: (performance.now() - began) / 1000 };
  } finally {
    closeSync(fd);
    source.close();
  }
}

/** A copy that is not as whole as the original does not count. Gives its schema's version. */
function verify(file: string, wanted: Record<string, number>): number {
  const sqlite = new Database(file, { fileMustExist: true });
  try {
    // One file, without a journal beside it.
    sqlite.pragma('journal_mode = DELETE');
    const [problem] = problemsOf(sqlite);
    if (problem !== undefined) throw new Error(`the copy is damaged: ${problem}`);
    const found = countRows(sqlite);
    const differs = Object.keys(wanted).find((table) => found[table] !== wanted[table]);
    if (differs !== undefined)
      throw new Error(`the copy has ${found[differs] ?? 'no'} rows of ${differs}, the original ${wanted[differs]}`);
    return Number(sqlite.pragma('user_version', { simple: true }));
  } finally {
    sqlite.close();
  }
}

function countRows(sqlite: Database.Database): Record<string, number> {
  const tables = sqlite
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'")
    .pluck()
    .all();
  return Object.fromEntries(
    tables.map((table) => [table, sqlite.prepare<[], number>(`SELECT count(*) FROM "${table}"`).pluck().get() ?? 0]),
  );
}

function sleep(milliseconds: number): void {
  if (milliseconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
