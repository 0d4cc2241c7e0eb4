/** The gateway of the paging bench, in a process of its own: fills a database, then serves OCPI on it. */
import { createOcpiServer } from '../../adapters/ocpi/server.ts';
import { applyConfig } from '../../gateway/apply-config.ts';
import { createGateway } from '../../gateway/create-gateway.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { insertCdr } from '../../gateway/store/cdrs.ts';
import { insertSession } from '../../gateway/store/sessions.ts';
import { sampleCdr, samplePlace, sampleSession, SETTINGS } from '../ocpi/fixtures.ts';

export interface PagesJob {
  directory: string;
  rows: number;
}

export type PagesMessage =
  | { type: 'serving'; url: string; filledMs: number; begin: number; step: number }
  | { type: 'failed'; reason: string };

/** One session each half a minute: a year of a busy depot. */
const STEP = 30_000;
const BEGIN = Date.UTC(2026, 0, 1);
/** Every tenth is that of a peer which sees its own alone. */
const OWN = 10;
/** To a commit; each has a time of its own. */
const PIECES = 1000;
/** A session stays open for so many others. */
const OPEN_FOR = 40;

const send = (message: PagesMessage): void => void process.send?.(message);

async function fill(gw: Gateway, rows: number, time: { now: number }): Promise<void> {
  for (let done = 0; done < rows; done += PIECES) {
    const pieces = Array.from({ length: Math.min(PIECES, rows - done) }, (_, index) => done + index);
    await gw.db.write(() => {
      for (const number of pieces) {
        // Made by the store's own words; only the stamp is what it would have been then.
        const made = BEGIN + number * STEP;
        const peer = number % OWN === 0 ? 'p1' : null;
        const session = sampleSession(`s${number}`, peer, made);
        insertSession(gw.db, { ...session, authorized: true, place: samplePlace() });
        insertCdr(gw.db, sampleCdr(session, `c${number}`));
        const ended = number - OPEN_FOR;
        if (ended >= 0) gw.db.run('UPDATE session SET updated_at = ? WHERE id = ?', made + 1, `s${ended}`);
      }
    });
  }
  time.now = BEGIN + rows * STEP + 60_000;
}

process.once('message', ({ directory, rows }: PagesJob) => {
  const quiet = (): void => undefined;
  const error = (data: object, message: string): void =>
    void process.stderr.write(`${message} ${JSON.stringify(data)}\n`);
  const time = { now: BEGIN };
  const gw = createGateway({
    settings: SETTINGS,
    directory,
    maxBytes: 0,
    clock: () => time.now,
    log: { debug: quiet, info: quiet, warn: quiet, error },
  });
  const serve = async (): Promise<void> => {
    await applyConfig(gw);
    const from = performance.now();
    await fill(gw, rows, time);
    const filledMs = performance.now() - from;
    const options = {
      host: '127.0.0.1',
      port: 0,
      publicUrl: null,
      allowPrivateUrls: true,
      pageLimit: 100,
      push: false,
    };
    const { url } = await createOcpiServer(gw, { ...options, requestsPerMinute: 1_000_000 }).listen();
    send({ type: 'serving', url, filledMs, begin: BEGIN, step: STEP });
  };
  serve().catch((fault: unknown) =>
    send({ type: 'failed', reason: fault instanceof Error ? (fault.stack ?? fault.message) : String(fault) }),
  );
});
