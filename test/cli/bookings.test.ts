import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDepot, type Operator } from '../bookings/operator.ts';
import { chargegate, chargegateReading, type Done } from './harness.ts';

let depot: Operator;
const folder = mkdtempSync(join(tmpdir(), 'chargegate-bookings-cli-'));
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  depot = await openDepot();
});
afterAll(async () => {
  await depot.site.cleanUp();
  rmSync(folder, { recursive: true, force: true });
});

const ZONE = { TZ: 'Europe/Stockholm' };
const at = (): string[] => ['--url', depot.site.urls.console];
const run = (...args: string[]): Promise<Done> => chargegate(['bookings', ...args, ...at()], ZONE);

describe('bookings at the command line', () => {
  it('are made, listed, moved, cancelled and shown bay by bay for a day', async () => {
    expect((await run()).out).toBe('nothing is booked\n');
    const times = ['--from', '2026-10-25 18:00', '--to', '2026-10-26 06:00'];
    const made = await run('add', '--card', 'CARD1', ...times, '--bay', 'BAY-1/2', '--vehicle', 'bus 12');
    expect(made).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^bus 12 at BAY-1\/2, 2026-10-25 18:00 to 2026-10-26 06:00: booking \S+\n$/),
    });
    const id = /booking (\S+)/.exec(made.out)?.[1] ?? '';
    expect((await run()).out).toMatch(
      new RegExp(`^2026-10-25 18:00 +2026-10-26 06:00 +BAY-1/2 +bus 12 +CARD1 +RESERVED +site +${id}$`, 'm'),
    );
    expect(await run('add', '--card', 'X', ...times, '--bay', 'BAY-1/2')).toMatchObject({
      code: 1,
      err: 'chargegate: [BOOKING_REFUSED] the bay cannot be booked: no bay is free at that time\n',
    });
    expect(await run('move', id, '--from', '2026-10-25 20:00')).toMatchObject({
      code: 0,
      out: 'bus 12 at BAY-1/2, 2026-10-25 20:00 to 2026-10-26 08:00\n',
    });
    const plan = (await run('--day', 'tomorrow')).out.split('\n');
    expect(plan[0]).toBe('2026-10-25 (Europe/Stockholm)');
    expect(plan.slice(2, 5)).toEqual([
      expect.stringMatching(/^BAY-1\/1 +– +– +free all day$/),
      expect.stringMatching(new RegExp(`^BAY-1/2 +20:00 +2026-10-26 08:00 +bus 12 +RESERVED +${id}$`)),
      expect.stringMatching(/^LOCKED\/1 +– +– +free all day$/),
    ]);
    expect(JSON.parse((await run('--day', '2026-10-26', '--json')).out)).toMatchObject({ day: '2026-10-26' });
    expect(await run('--day', 'someday')).toMatchObject({ code: 1, err: expect.stringContaining('[REQUEST_INVALID]') });
    expect(await run('cancel', id, '--reason', 'BLOCKED', '--note', 'roadworks')).toMatchObject({
      code: 0,
      out: `booking ${id} is cancelled\n`,
    });
    expect((await run('--status', 'RESERVED')).out).toBe('nothing is booked\n');
    expect(await run('cancel', id)).toMatchObject({ code: 1, err: expect.stringContaining('[BOOKING_REFUSED]') });
  });

  it('come as a list, all or none, and go out as a calendar', async () => {
    const head = 'vehicle,token,from,to,weekly,until\n';
    writeFileSync(file('week.csv'), `${head}bus 1,A,2026-10-26 22:00,06:00,mon-fri,2026-10-30\n`);
    expect(await run('import', file('week.csv'), '--dry-run')).toMatchObject({
      code: 0,
      out: '5 added, 0 the same, 0 refused: if it were done\n',
    });
    expect(await run('import', file('week.csv'))).toMatchObject({ code: 0, out: '5 added, 0 the same, 0 refused\n' });
    expect(await run('import', file('week.csv'))).toMatchObject({ code: 0, out: '0 added, 5 the same, 0 refused\n' });
    const bad = `${head}bus 2,B,2026-11-26 22:00,06:00,,\nbus 3,C,soon,06:00,,\n`;
    const refused = await chargegateReading(bad, ['bookings', 'import', '-', ...at()], ZONE);
    const reason = "line 3, from: write the site's own time without a zone: 2026-11-21 18:00";
    expect(refused).toEqual({
      code: 1,
      signal: null,
      out: '',
      err: `${reason}\nchargegate: [BOOKING_REFUSED] one booking of the list cannot be made, so none was; ${reason}\n`,
    });
    expect(await run('export', '--ics', file('bookings.ics'))).toMatchObject({ code: 0, err: '' });
    const calendar = readFileSync(file('bookings.ics'), 'utf8');
    expect(calendar.match(/^BEGIN:VEVENT\r$/gm)).toHaveLength(6);
    expect((await run('export', '--ics', '-')).out).toBe(calendar);
    expect(await run('export', '--ics', join(folder, 'none', 'x.ics'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('cannot be written'),
    });
  });
});
