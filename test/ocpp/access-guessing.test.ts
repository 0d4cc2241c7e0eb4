import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFailureLimit } from '../../adapters/ocpp/failure-limit.ts';
import { createRateLimit } from '../../adapters/ocpp/rate-limit.ts';
import { dialerOf } from '../../adapters/ocpp/remote-address.ts';
import type { SecurityEventBody } from '../../adapters/console/routes/certificates.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { ask } from '../harness/operator.ts';
import { doorOf, type Door } from './access-harness.ts';

describe('guessing at the door', () => {
  let site: TestSite;
  let door: Door;

  beforeEach(async () => {
    site = await startTestSite();
    door = doorOf(site);
  });
  afterEach(() => site.cleanUp());

  async function guess(times: number, id = 'LOCKED'): Promise<number[]> {
    const seen: number[] = [];
    for (let n = 0; n < times; n += 1) seen.push(await door.status(id, `guess number ${n}`));
    return seen;
  }

  test('after five wrong passwords nothing from there is looked at for a while, the right one neither', async () => {
    expect(await guess(5)).toEqual([401, 401, 401, 401, 401]);
    const { status, retryAfter } = await door.knock('LOCKED', 'correct horse battery');
    expect(status).toBe(429);
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect(retryAfter).toBeLessThanOrEqual(2);
  });

  test('the right password from elsewhere, and other chargers from there, are let in', async () => {
    await guess(6);
    expect(await door.knock('LOCKED', 'correct horse battery', { from: '127.0.0.2' })).toMatchObject({ status: 101 });
    expect(await door.status('BAY-1')).toBe(101);
    expect(await door.status('LOCKED', 'correct horse battery')).toBe(429);
  });

  test('guesses made side by side gain nothing', async () => {
    await door.api('PUT', 'chargers/HASHED/password', { password: 'kept as a hash only' });
    const statuses = await Promise.all(Array.from({ length: 40 }, (_, n) => door.status('HASHED', `guess ${n}`)));
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(35);
  });

  test('it is told: once in the log, in the security log, and counted for the charger', async () => {
    await guess(8);
    const warnings = site.logged.filter(({ message }) => message.includes('wrong passwords of LOCKED'));
    expect(warnings).toMatchObject([{ level: 'warn', data: { charger: 'LOCKED', from: '127.0.0.1', failures: 5 } }]);
    expect(site.logged.filter(({ message }) => message.startsWith('charger refused'))).toHaveLength(5);
    expect(await door.deviations('LOCKED')).toEqual({ PASSWORD_FAILURES: 5 });
    const { items } = (await ask<{ items: SecurityEventBody[] }>(site, 'security-events?charger=LOCKED')).body;
    expect(items).toContainEqual(
      expect.objectContaining({ type: 'FailedToAuthenticateAtCsms', detail: 'wrong passwords from 127.0.0.1' }),
    );
    expect(JSON.stringify([site.logged, items])).not.toContain('guess number');
  });

  test('a charger that says no password at all is no guess', async () => {
    for (let n = 0; n < 8; n += 1) expect(await door.status('LOCKED')).toBe(401);
    expect(await door.status('LOCKED', 'correct horse battery')).toBe(101);
  });

  test('the right one in time forgives the wrong ones', async () => {
    for (let round = 0; round < 3; round += 1) {
      expect(await guess(4)).toEqual([401, 401, 401, 401]);
      expect(await door.status('LOCKED', 'correct horse battery')).toBe(101);
    }
  });

  test('with a new password the charger begins anew', async () => {
    await door.api('PUT', 'chargers/MENDED/password', { password: 'what the file ought to say' });
    expect((await guess(6, 'MENDED')).at(-1)).toBe(429);
    await door.api('PUT', 'chargers/MENDED/password', { password: 'what the charger has' });
    expect(await door.status('MENDED', 'what the charger has')).toBe(101);
  });

  test('guesses at many chargers: the address waits, chargers that came in from there do not', async () => {
    await door.api('PUT', 'chargers/GOOD/password', { password: 'known to be right' });
    await door.api('PUT', 'chargers/LATE/password', { password: 'right, but not seen' });
    expect(await door.status('GOOD', 'known to be right')).toBe(101);
    for (let n = 0; n < 10; n += 1) {
      await door.api('PUT', `chargers/SPRAYED-${n}/password`, { password: 'something else here' });
      expect(await guess(5, `SPRAYED-${n}`)).toEqual([401, 401, 401, 401, 401]);
    }
    expect(await door.status('LATE', 'right, but not seen')).toBe(429);
    expect(await door.status('GOOD', 'known to be right')).toBe(101);
    expect(await door.knock('LATE', 'right, but not seen', { from: '127.0.0.3' })).toMatchObject({ status: 101 });
  });
});

describe('the limit of failures', () => {
  const limit = (start = 0) => {
    const time = { now: start };
    return { time, limit: createFailureLimit({ free: 5, window: 600, longest: 300, now: () => time.now }) };
  };

  test('each failure beyond the free ones doubles the wait, up to the longest', () => {
    const { time, limit: failures } = limit();
    const waits: number[] = [];
    for (let n = 0; n < 14; n += 1) {
      expect(failures.begin('a')).toBe(0);
      const { wait } = failures.end('a', 'bad');
      waits.push(wait);
      time.now += wait * 1000;
    }
    expect(waits).toEqual([0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
  });

  test('attempts during the wait are turned away, do not lengthen it, and are counted', () => {
    const { time, limit: failures } = limit();
    for (let n = 0; n < 5; n += 1) failures.fail('a');
    time.now += 500;
    expect([failures.begin('a'), failures.begin('a'), failures.begin('b')]).toEqual([2, 2, 0]);
    time.now += 1500;
    expect(failures.begin('a')).toBe(0);
    expect(failures.end('a', 'bad')).toEqual({ failures: 6, wait: 4, turnedAway: 2 });
  });

  test('failures are forgotten after ten minutes without one', () => {
    const { time, limit: failures } = limit();
    for (let n = 0; n < 4; n += 1) failures.fail('a');
    time.now += 600_001;
    expect(failures.fail('a')).toMatchObject({ failures: 1, wait: 0 });
  });

  test('an attempt that was neither good nor bad changes nothing', () => {
    const { limit: failures } = limit();
    for (let n = 0; n < 4; n += 1) failures.fail('a');
    expect(failures.begin('a')).toBe(0);
    failures.end('a', 'neither');
    expect(failures.fail('a')).toMatchObject({ failures: 5, wait: 2 });
  });

  test('who invents addresses without end does not fill the memory, nor free those who are looked at', () => {
    const { limit: failures } = limit();
    for (let n = 0; n < 4; n += 1) failures.fail('held');
    expect(failures.begin('held')).toBe(0);
    for (let n = 0; n < 12_000; n += 1) failures.fail(`invented ${n}`);
    expect(failures.end('held', 'bad')).toMatchObject({ failures: 5 });
    expect(failures.fail('invented 0')).toMatchObject({ failures: 1 });
  });
});

describe('the limit of handshakes', () => {
  test('a depot that comes back at once passes, a flood does not', () => {
    let now = 0;
    const limit = createRateLimit({ perSecond: 50, burst: 1200, now: () => now });
    const passed = (count: number): number =>
      Array.from({ length: count }, () => limit.take('a')).filter((wait) => wait === 0).length;
    expect(passed(2000)).toBe(1200);
    expect(limit.take('a')).toBe(1);
    expect(limit.take('b')).toBe(0);
    now += 1000;
    expect(passed(100)).toBe(50);
    now += 3_600_000;
    expect(passed(2000)).toBe(1200);
  });
});

describe('who dials', () => {
  test.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    [undefined, 'unknown'],
  ])('%s counts as %s', (address, dialer) => {
    expect(dialerOf(address)).toBe(dialer);
  });
});
