import {
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  option,
  record,
} from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGateway } from '../../gateway/create-gateway.ts';
import type { ListQuery } from '../../gateway/domain/paging.ts';
import type { SessionStatus } from '../../gateway/domain/types.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { insertSession, listSessions } from '../../gateway/store/sessions.ts';
import { NOON, samplePlace, sampleSession, SETTINGS } from '../ocpi/fixtures.ts';

/** A session as a list that looks at each would know it. */
interface Model {
  id: string;
  seq: number;
  peer: string | null;
  updatedAt: number;
}

/** More than a block's places, so that more than one is looked into. */
const SESSIONS = 700;

const quiet = (): void => undefined;
const directory = mkdtempSync(join(tmpdir(), 'session-list-'));
const time = { now: NOON };
let gw: Gateway;
const model: Model[] = [];

async function make(count: number, peer: string | null, status: SessionStatus): Promise<void> {
  time.now += 1000;
  await gw.db.write((tx) => {
    for (let made = 0; made < count; made += 1) {
      const id = `s${model.length}`;
      insertSession(gw.db, { ...sampleSession(id, peer, tx.stamp), status, authorized: true, place: samplePlace() });
      model.push({ id, seq: model.length + 1, peer, updatedAt: tx.stamp });
    }
  });
}

async function change(which: number, status: SessionStatus): Promise<void> {
  const session = model[which % model.length];
  if (!session) return;
  time.now += 1000;
  await gw.db.write((tx) => {
    gw.db.run('UPDATE session SET status = ?, updated_at = ? WHERE id = ?', status, tx.stamp, session.id);
    session.updatedAt = tx.stamp;
  });
}

/** What the list has to say, found by looking at each session. */
function expected(query: ListQuery): { ids: string[]; total: number; next: number | null } {
  const matching = model.filter(
    ({ peer, updatedAt }) =>
      (query.peer === undefined || peer === query.peer) &&
      updatedAt >= (query.dateFrom ?? 0) &&
      updatedAt < (query.dateTo ?? Infinity),
  );
  const ordered = query.newestFirst === true ? matching.toReversed() : matching;
  const after = query.after;
  const rest =
    after === undefined
      ? ordered.slice(query.offset)
      : ordered.filter(({ seq }) => (query.newestFirst === true ? seq < after : seq > after));
  const page = rest.slice(0, query.limit);
  return {
    ids: page.map(({ id }) => id),
    total: matching.length,
    next: rest.length > page.length ? (page.at(-1)?.seq ?? null) : null,
  };
}

beforeAll(async () => {
  gw = createGateway({
    settings: SETTINGS,
    directory,
    maxBytes: 0,
    clock: () => time.now,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  for (let made = 0; made < SESSIONS; made += 7) {
    await make(6, made % 3 === 0 ? 'p1' : null, 'COMPLETED');
    await make(1, 'p2', made % 2 === 0 ? 'ACTIVE' : 'COMPLETED');
  }
});

afterAll(() => {
  gw.db.close();
  rmSync(directory, { recursive: true });
});

const status = constantFrom<SessionStatus[]>('PENDING', 'ACTIVE', 'RESERVATION', 'COMPLETED', 'INVALID');
const step = oneof(
  record({
    kind: constant('make' as const),
    peer: constantFrom('p1', 'p2', null),
    status,
    count: integer({ min: 1, max: 3 }),
  }),
  record({ kind: constant('change' as const), which: nat(), status }),
);
/** A moment at which something changed, or beside it. */
const moment = record({ which: nat(), beside: constantFrom(-1, 0, 1) });
const question = record({
  from: option(moment),
  to: option(moment),
  peer: constantFrom('p1', 'p2', undefined),
  newest: boolean(),
  offset: oneof(nat(5), nat(SESSIONS)),
  limit: constantFrom(0, 1, 7, 1000),
  after: option(nat(), { freq: 2 }),
});

describe('the list of sessions', () => {
  test('is what looking at each session would give, whatever changed and whatever is asked', async () => {
    const at = ({ which, beside }: { which: number; beside: number }): number =>
      (model[which % model.length]?.updatedAt ?? 0) + beside;
    await assert(
      asyncProperty(
        array(step, { maxLength: 8 }),
        array(question, { minLength: 1, maxLength: 12 }),
        async (steps, questions) => {
          for (const one of steps)
            await (one.kind === 'make' ? make(one.count, one.peer, one.status) : change(one.which, one.status));
          for (const { from, to, peer, newest, offset, limit, after } of questions) {
            const owned = model.filter((session) => peer === undefined || session.peer === peer);
            const query: ListQuery = {
              offset,
              limit,
              newestFirst: newest,
              ...(from && { dateFrom: at(from) }),
              ...(to && { dateTo: at(to) }),
              ...(peer !== undefined && { peer }),
              ...(after !== null && { after: owned[after % owned.length]?.seq ?? 0 }),
            };
            const { items, total, next } = listSessions(gw.db, query);
            expect({ query, ids: items.map(({ id }) => id), total, next }).toEqual({ query, ...expected(query) });
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
