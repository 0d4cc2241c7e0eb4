/** The iCalendar export, read back by a reader of its own. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requestBooking } from '../../gateway/bookings.ts';
import { depotRequest } from '../../gateway/depot-bookings.ts';
import { calendarLines, type CalendarEvent } from '../../gateway/icalendar.ts';
import { openDepot, type Operator } from './operator.ts';
import { card } from './site.ts';

type Entry = Record<string, string>;

/** Unfolds, splits into entries and unescapes; complains about all that RFC 5545 does not allow in between. */
function readCalendar(text: string): { head: Entry; events: Entry[] } {
  expect(text.endsWith('\r\n')).toBe(true);
  const physical = text.slice(0, -2).split('\r\n');
  for (const line of physical) {
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(line).not.toMatch(/[\p{Cc}\uFFFD]/u);
  }
  const lines = physical.join('\r\n').replaceAll('\r\n ', '').split('\r\n');
  const [head, events]: [Entry, Entry[]] = [{}, []];
  let event: Entry | null = null;
  for (const line of lines) {
    const [, name = '', value = ''] = /^([A-Z-]+):(.*)$/.exec(line) ?? [];
    expect([line, name]).not.toEqual([line, '']);
    const plain = value.replaceAll(/\\([\\;,nN])/g, (_all, sign: string) => (/n/i.test(sign) ? '\n' : sign));
    expect(value.replaceAll(/\\[\\;,nN]/g, '')).not.toMatch(/[\\]/);
    if (line === 'BEGIN:VEVENT') event = {};
    else if (line === 'END:VEVENT') {
      events.push(event ?? { 'an end': 'without a begin' });
      event = null;
    } else (event ?? head)[name] = plain;
  }
  expect([lines[0], lines.at(-1)]).toEqual(['BEGIN:VCALENDAR', 'END:VCALENDAR']);
  return { head, events };
}

let depot: Operator;

beforeEach(async () => {
  depot = await openDepot();
});
afterEach(() => depot.site.cleanUp());

async function fetchCalendar(): Promise<string> {
  const response = await fetch(new URL('api/bookings/calendar.ics', depot.site.urls.console));
  expect(response.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
  return response.text();
}

const UID = '04A2245AB43580';
const book = async (more: object): Promise<string> => {
  const wish = { tokenUid: UID, startsAt: '2026-10-24 18:00', endsAt: '2026-10-25 06:00', ...more };
  return String((await depot.api('POST', 'bookings', wish)).body['id']);
};

describe('the calendar of bookings', () => {
  it('has each with the same UID for ever, in UTC, with its status', async () => {
    const vehicle = 'Bus 12; "Örebro", back\\slash';
    const first = await book({ bay: 'BAY-1/2', vehicle, note: 'check the brakes, please' });
    const second = await book({ startsAt: '2026-10-26 18:00', endsAt: '2026-10-26 20:00', bay: 'BAY-1/1' });
    const { head, events } = readCalendar(await fetchCalendar());
    expect(head).toMatchObject({ VERSION: '2.0', METHOD: 'PUBLISH', 'X-WR-CALNAME': 'Test depot: bookings' });
    expect(events).toEqual([
      {
        UID: `${first}@chargegate`,
        DTSTAMP: expect.stringMatching(/^20261024T100000Z$/),
        'LAST-MODIFIED': expect.stringMatching(/^20261024T100000Z$/),
        DTSTART: '20261024T160000Z',
        DTEND: '20261025T050000Z',
        STATUS: 'CONFIRMED',
        SUMMARY: `${vehicle} at BAY-1/2`,
        LOCATION: 'Test depot, SE*DEP*EBAY1*2',
        DESCRIPTION: 'booked\ncheck the brakes, please',
      },
      expect.objectContaining({ UID: `${second}@chargegate`, SUMMARY: 'card 04…80 at BAY-1/1' }),
    ]);
    depot.now += 60_000;
    await depot.api('PUT', `bookings/${first}`, { startsAt: '2026-10-24 19:00' });
    await depot.api('DELETE', `bookings/${second}?note=not%20needed`);
    const after = readCalendar(await fetchCalendar()).events;
    expect(after.map((event) => [event['UID'], event['DTSTART'], event['STATUS'], event['DTSTAMP']])).toEqual([
      [`${first}@chargegate`, '20261024T170000Z', 'CONFIRMED', '20261024T100100Z'],
      [`${second}@chargegate`, '20261026T170000Z', 'CANCELLED', '20261024T100100Z'],
    ]);
    expect(after[1]?.['DESCRIPTION']).toBe('cancelled\nnot needed');
  });

  it('tells no whole card number, no access code and no reference', async () => {
    const { gateway } = depot.site;
    const wish = { tokenUid: UID, bay: null, vehicle: null, note: null };
    const times = { startsAt: depot.now + 3_600_000, endsAt: depot.now + 7_200_000 };
    const request = {
      ...depotRequest(gateway, { ...wish, ...times }, 'SECRET-REQUEST', depot.now),
      access: [{ method: 'ACCESS_CODE' as const, value: '4711' }],
      authorizationReference: 'SECRET-REFERENCE',
    };
    await requestBooking(gateway, request);
    // A change that is declined is told with the card that stands against it.
    const other = await requestBooking(gateway, { ...request, requestId: 'R2', tokens: [card('CARD2')] });
    await requestBooking(gateway, { ...request, requestId: 'R2' });
    expect((await depot.api('GET', `bookings/${other.id}`)).body['reason']).toMatch(/another booking/);
    const text = (await fetchCalendar()).replaceAll('\r\n ', '');
    expect(readCalendar(await fetchCalendar()).events).toHaveLength(2);
    for (const secret of [UID, '4711', 'SECRET']) expect(text).not.toContain(secret);
  });

  it('folds lines at 75 octets, never within a character, whatever their text', () => {
    const texts = ['', 'ö'.repeat(200), '𝄞'.repeat(100), `${'a'.repeat(66)}𝄞b`, 'a\r\nb\rc\u0007\u0085d;,\\', ' lead '];
    const events = texts.map((text, n): CalendarEvent => ({
      uid: `${n}@x`,
      changedAt: 0,
      startsAt: 1_000,
      endsAt: 2_999,
      status: 'TENTATIVE',
      summary: text,
      location: '',
      description: text,
    }));
    const read = readCalendar([...calendarLines('a, b', events)].join('')).events;
    expect(read.map((event) => event['SUMMARY'])).toEqual([...texts.slice(0, 4), 'a\nb\ncd;,\\', ' lead ']);
    expect(read[1]).toMatchObject({ DTSTART: '19700101T000001Z', DTEND: '19700101T000002Z', STATUS: 'TENTATIVE' });
    expect(read[0]).not.toHaveProperty('DESCRIPTION');
  });
});
