import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDepot, type Body, type Operator } from './operator.ts';

let depot: Operator;

beforeEach(async () => {
  depot = await openDepot();
});
afterEach(() => depot.site.cleanUp());

const HEAD = 'vehicle,token,from,to,evse,weekly,until';
const list = (...lines: string[]): string => [HEAD, ...lines, ''].join('\n');
const times = async (): Promise<string[]> =>
  (await depot.bookings()).map(({ startsAt, endsAt }) => `${String(startsAt)} ${String(endsAt)}`);

describe('a list of bookings', () => {
  it.each([
    [
      'a single time',
      'bus 1,CARD1,2026-10-24 18:00,2026-10-24 20:00,,,',
      ['2026-10-24T16:00:00Z 2026-10-24T18:00:00Z'],
    ],
    ['an end without a day', 'bus 1,CARD1,2026-10-26T22:00,06:00,,,', ['2026-10-26T21:00:00Z 2026-10-27T05:00:00Z']],
    [
      'every night of the week in which clocks go back: the same on the wall, an hour longer on Saturday',
      'bus 1,CARD1,2026-10-24 22:00,06:00,BAY-1/2,daily,2026-10-26',
      [
        '2026-10-24T20:00:00Z 2026-10-25T05:00:00Z',
        '2026-10-25T21:00:00Z 2026-10-26T05:00:00Z',
        '2026-10-26T21:00:00Z 2026-10-27T05:00:00Z',
      ],
    ],
    [
      'weekdays, from the first that fits until the last day, included',
      'bus 1,CARD1,2026-10-24 08:00,2026-10-24 09:00,,"mon,wed",2026-10-28',
      ['2026-10-26T07:00:00Z 2026-10-26T08:00:00Z', '2026-10-28T07:00:00Z 2026-10-28T08:00:00Z'],
    ],
    [
      'days over the end of the week, in capitals',
      'bus 1,CARD1,2026-10-25 08:00,09:00,,FRI-MON,2026-10-31',
      [
        '2026-10-25T07:00:00Z 2026-10-25T08:00:00Z',
        '2026-10-26T07:00:00Z 2026-10-26T08:00:00Z',
        '2026-10-30T07:00:00Z 2026-10-30T08:00:00Z',
        '2026-10-31T07:00:00Z 2026-10-31T08:00:00Z',
      ],
    ],
    [
      'the hour that there is twice counts as the first one',
      'bus 1,CARD1,2026-10-25 02:30,2026-10-25 03:30,,,',
      ['2026-10-25T00:30:00Z 2026-10-25T02:30:00Z'],
    ],
  ])('has %s', async (_what, line, expected) => {
    expect(await depot.bring(list(line))).toMatchObject({
      status: 200,
      body: { applied: true, added: expected.length, same: 0, refused: 0 },
    });
    expect(await times()).toEqual(expected);
  });

  it('leaves out the night in spring of which clocks leave nothing, and loses an hour of the one that they cut', async () => {
    const lines = [
      'bus 1,CARD1,2027-03-27 02:30,03:15,BAY-1/1,daily,2027-03-29',
      'bus 2,CARD2,2027-03-27 22:00,06:00,BAY-1/2,daily,2027-03-28',
    ];
    expect((await depot.bring(list(...lines))).body).toMatchObject({ applied: true, added: 4, skipped: 1 });
    expect(await times()).toEqual([
      '2027-03-27T01:30:00Z 2027-03-27T02:15:00Z',
      '2027-03-27T21:00:00Z 2027-03-28T04:00:00Z',
      '2027-03-28T20:00:00Z 2027-03-29T04:00:00Z',
      '2027-03-29T00:30:00Z 2027-03-29T01:15:00Z',
    ]);
  });

  it('changes nothing when it comes again, also weeks later, and leaves what was moved or cancelled as it is', async () => {
    const csv = list(
      'bus 1,CARD1,2026-10-24 18:00,20:00,,daily,2026-11-02',
      'bus 2,CARD2,2026-10-25 10:00,11:00,BAY-1/1,,',
    );
    expect((await depot.bring(csv)).body).toMatchObject({ applied: true, added: 11 });
    const [first, second] = await depot.bookings();
    await depot.api('DELETE', `bookings/${String(first?.['id'])}`);
    await depot.api('PUT', `bookings/${String(second?.['id'])}`, { startsAt: '2026-10-25 12:00' });
    const before = await depot.bookings();
    expect((await depot.bring(csv)).body).toMatchObject({ applied: true, added: 0, same: 11, past: 0 });
    // The same in other words for a spreadsheet: separators, a byte order mark, a card's number with blanks.
    const again = `\uFEFF${csv.replaceAll(',', ';').replaceAll('CARD1', 'card 1')}`;
    expect((await depot.bring(again)).body).toMatchObject({ added: 0, same: 11 });
    depot.now += 5 * 86_400_000;
    expect((await depot.bring(csv)).body).toMatchObject({ added: 0, same: 11 });
    expect((await depot.bring(csv.replaceAll('bus 1', 'bus 3').replaceAll('CARD1', 'CARD3'))).body).toMatchObject({
      added: 5,
      same: 1,
      past: 5,
    });
    expect((await depot.bookings()).slice(0, 2)).toMatchObject(before.slice(0, 2).map(({ id }) => ({ id })));
  });

  it('is taken whole or not at all, with a reason for each line', async () => {
    await depot.api('POST', 'bookings', {
      tokenUid: 'BUSY',
      startsAt: '2026-10-25 08:00',
      endsAt: '2026-10-25 09:00',
      bay: 'BAY-1/1',
    });
    const before = await depot.bookings();
    const bad: [line: string, column: string | null, reason: RegExp][] = [
      ['v,,2026-10-24 18:00,20:00,,,', 'token', /number/],
      ['v,A,24.10.2026 18:00,20:00,,,', 'from', /site's own time/],
      ['v,A,2026-10-24 18:00Z,20:00,,,', 'from', /without a zone/],
      ['v,A,2026-10-24 18:00,24:00,,,', 'to', /06:00/],
      ['v,A,2026-10-24 18:00,2026-10-24 18:00,,,', 'to', /after it begins/],
      ['v,A,2026-10-24 18:00,2026-12-24 18:00,,,', 'to', /31 days/],
      ['v,A,2026-10-24 18:00,20:00,NO/1,,', 'evse', /no bay NO\/1/],
      ['v,A,2026-10-24 18:00,20:00,,noday,2026-11-01', 'weekly', /mon-fri/],
      ['v,A,2026-10-24 18:00,20:00,,mon,', 'until', /last day/],
      ['v,A,2026-10-24 18:00,20:00,,,2026-11-01', 'until', /weekly/],
      ['v,A,2026-10-24 18:00,20:00,,mon,2026-10-01', 'until', /before the first/],
      ['v,A,2026-10-24 18:00,20:00,,mon,2030-10-01', 'until', /400 days/],
      ['v,A,2026-10-24 09:00,10:00,,,', null, /begun already/],
      ['v,A,2026-10-25 08:30,09:30,BAY-1/1,,', null, /no bay is free/],
      ['v,A,2026-10-24 08:30,09:30,BAY-1/1,daily,2026-10-25', null, /^2026-10-25 08:30: no bay is free/],
      ['v,A,2027-03-28 02:30,03:15,,,', null, /clocks skip/],
      ['v,A,2026-10-24 18:00,20:00,,,,more', null, /more cells/],
      [`${'v'.repeat(101)},A,2026-10-24 18:00,20:00,,,`, 'vehicle', /100 characters/],
    ];
    for (const [line, column, reason] of bad) {
      const { status, body } = await depot.bring(list('ok,GOOD,2026-10-24 18:00,20:00,,,', line));
      expect([line, status, body['code'], body['applied'], body['refused']]).toEqual([
        line,
        422,
        'BOOKING_REFUSED',
        false,
        1,
      ]);
      expect(body['refusedLines']).toEqual([{ line: 3, column, reason: expect.stringMatching(reason) }]);
    }
    const twice = await depot.bring(list('ok,A,2026-10-24 18:00,20:00,,,', 'ok,A,2026-10-24 18:00,20:00,,,'));
    expect(twice.body['refusedLines']).toEqual([{ line: 3, column: null, reason: 'the same stands in line 2' }]);
    expect(await depot.bookings()).toEqual(before);
  });

  it('can be tried first, and is refused as a whole where it is no such list', async () => {
    const csv = list('bus 1,CARD1,2026-10-24 18:00,20:00,,daily,2026-11-02');
    expect(await depot.bring(csv, '?dry-run=true')).toMatchObject({ status: 200, body: { applied: false, added: 10 } });
    expect(await depot.bookings()).toEqual([]);
    for (const [text, message] of [
      ['', /empty/],
      ['token,from\nA,B\n', /no column to/],
      ['token,from,to,colour\n', /unknown column "colour"/],
      ['token,from,to,to\n', /twice/],
      ['token,from,to\n"A', /never closed/],
    ] as [string, RegExp][])
      expect(await depot.bring(text)).toMatchObject({
        status: 400,
        body: { code: 'REQUEST_INVALID', message: expect.stringMatching(message) as string },
      });
    const many = list(
      ...Array.from({ length: 6 }, (_, n) => `v${n},C${n},2026-10-25 0${n}:00,0${n}:30,,daily,2027-11-01`),
    );
    expect(await depot.bring(many)).toMatchObject({ status: 413, body: { code: 'FILE_TOO_BIG' } });
    expect(await depot.bring(`${HEAD}\n${' '.repeat(1024 * 1024)}`)).toMatchObject({ status: 413 });
    expect(await depot.bookings()).toEqual([]);
  });

  it('of two thousand bookings is taken in without keeping others waiting for long', async () => {
    const rows = Array.from({ length: 5 }, (_, n) => {
      const hour = String(2 * n + 8).padStart(2, '0');
      return `bus ${n},CARD${n},2026-10-25 ${hour}:00,${hour}:45,,daily,2027-11-28`;
    });
    const began = performance.now();
    const { body } = await depot.bring(list(...rows));
    const ms = performance.now() - began;
    expect(body).toMatchObject({ applied: true, added: 2000 });
    process.stderr.write(`2000 bookings imported in ${ms.toFixed(0)} ms\n`);
    expect(ms).toBeLessThan(10_000);
    const plan = await depot.api<{ bays: { bookings: Body[] }[] }>('GET', 'bookings/plan?day=2027-03-28');
    expect(plan.body.bays.flatMap(({ bookings }) => bookings)).toHaveLength(5);
  });
});
