import { afterEach, describe, expect, it } from 'vitest';
import { createService } from '../../adapters/systemd/service.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { selfCheck, type SelfCheck } from '../../gateway/self-check.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const WELL: SelfCheck = { failing: [], lasting: [] };

/** What systemd and the log hear of one check after the other. */
async function told(...checks: SelfCheck[]): Promise<{ signs: string[][]; logged: (string[] | null)[] }> {
  const [signs, logged]: [string[][], (string[] | null)[]] = [[], []];
  const left = [...checks];
  const all = Promise.withResolvers<void>();
  const notifier = {
    watchdogMs: 3,
    tell: (...assignments: string[]) => {
      signs.push(assignments);
      return Promise.resolve();
    },
  };
  const service = createService(notifier, (unwell) => void logged.push(unwell));
  await service.ready({
    status: () => 'serving',
    check: () => {
      const next = left.shift();
      if (!next) all.resolve();
      return Promise.resolve(next ?? WELL);
    },
  });
  await all.promise;
  await service.stopping();
  return { signs: signs.slice(1, checks.length + 1), logged: logged.slice(0, checks.length) };
}

describe('the watchdog', () => {
  it('hears nothing while something fails that a start may mend, and again once it does not', async () => {
    const broken = { failing: ['listeners: the port for chargers is not open'], lasting: [] };
    expect(await told(broken, broken, WELL)).toMatchObject({
      signs: [
        ['STATUS=not well: listeners: the port for chargers is not open'],
        ['STATUS=not well: listeners: the port for chargers is not open'],
        ['WATCHDOG=1', 'STATUS=serving'],
      ],
      logged: [broken.failing, null],
    });
  });

  it('goes on hearing of a gateway with troubles that no start mends, and not where there is another one', async () => {
    const full = { failing: [], lasting: ['storage: no room left'] };
    const both = { failing: ['event loop: late'], lasting: ['storage: no room left'] };
    expect((await told(full, both)).signs).toEqual([
      ['WATCHDOG=1', 'STATUS=not well: storage: no room left'],
      ['STATUS=not well: event loop: late; storage: no room left'],
    ]);
  });
});

describe('what is looked at for the watchdog', () => {
  let site: TestSite;
  afterEach(() => site.cleanUp());

  it('is a real commit: a full disk lasts until there is room, a database that cannot be written to fails', async () => {
    site = await startTestSite();
    const { db } = site.gateway;
    const pages = db.one<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0;
    db.one(`PRAGMA max_page_count = ${pages}`);
    expect(await selfCheck(site.gateway)).toEqual({ failing: [], lasting: [expect.stringContaining('no room left')] });
    db.one('PRAGMA max_page_count = 100000');
    expect(await selfCheck(site.gateway)).toEqual(WELL);
    const broken = () => Promise.reject(new GatewayError('STORAGE_FAILED', 'could not store: disk I/O error'));
    expect(await selfCheck({ ...site.gateway, db: { ...db, write: broken } })).toEqual({
      failing: ['storage: could not store: disk I/O error'],
      lasting: [],
    });
  });

  it('is every port that should be open', async () => {
    site = await startTestSite();
    site.gateway.doors.set('the port for chargers', () => false);
    expect((await selfCheck(site.gateway)).failing).toEqual(['listeners: the port for chargers is not open']);
  });
});
