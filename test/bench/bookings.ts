import { join } from 'node:path';
import { parseConfig } from '../../config/load.ts';
import { applyConfig } from '../../gateway/apply-config.ts';
import { ANY_BAY, calendarOf, findPlace } from '../../gateway/booking-places.ts';
import { requestBooking } from '../../gateway/bookings.ts';
import { createGateway } from '../../gateway/create-gateway.ts';
import { percentile } from './common.ts';

/** Many bookings ahead, at twenty bays. */
export interface BookingsSummary {
  bookings: number;
  request: Spread;
  calendarOfAll: Spread;
  calendarOfOne: Spread;
}

interface Spread {
  p50: number;
  p99: number;
}

const BOOKINGS = 10_000;
const BAYS = 20;
const QUARTER = 900_000;
const DAY = 86_400_000;

/** Through the use-cases, each booking a write of its own; then the calendar of a fortnight. */
export async function runBookings(directory: string): Promise<BookingsSummary> {
  const now = Math.ceil(Date.now() / QUARTER) * QUARTER;
  const silent = (): void => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const { settings } = parseConfig(SITE, join(directory, 'bench.yaml'), { CHARGEGATE_DATA_DIR: directory });
  const gw = createGateway({ settings, directory, maxBytes: 0, clock: () => now, log });
  try {
    await applyConfig(gw);
    const took: number[] = [];
    let reserved = 0;
    for (let index = 0; reserved < BOOKINGS; index += 1) {
      const startsAt = now + 4 * QUARTER + ((index * 7919) % (60 * 96)) * QUARTER;
      const from = performance.now();
      const made = await requestBooking(gw, {
        peer: 'emsp',
        countryCode: 'NL',
        partyId: 'EMS',
        requestId: `R${index}`,
        place: ANY_BAY,
        evseUid: null,
        tokens: [{ countryCode: 'NL', partyId: 'EMS', uid: `CARD${index}`, type: 'RFID', contractId: `C${index}` }],
        access: [],
        startsAt,
        endsAt: startsAt + (1 + (index % 5)) * QUARTER,
        authorizationReference: `A${index}`,
        powerKw: null,
        cancel: null,
        receivedAt: now,
      });
      took.push(performance.now() - from);
      if (made.state === 'RESERVED') reserved += 1;
    }
    const calendar = (id: string): Spread =>
      spread(
        Array.from({ length: 100 }, () => {
          const from = performance.now();
          const place = findPlace(gw, id);
          if (place) calendarOf(gw, place, now, now + 14 * DAY);
          return performance.now() - from;
        }),
      );
    return {
      bookings: reserved,
      request: spread(took),
      calendarOfAll: calendar(ANY_BAY),
      calendarOfOne: calendar('E1'),
    };
  } finally {
    gw.db.close();
  }
}

function spread(values: number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

export function bookingsTable({ bookings, request, calendarOfAll, calendarOfOne }: BookingsSummary): string {
  const line = (what: string, { p50, p99 }: Spread): string =>
    `${what.padEnd(58)} p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms`;
  return [
    line(`a request, until there are ${bookings}`, request),
    line(`the calendar of a fortnight, any of ${BAYS} bays`, calendarOfAll),
    line('the same of one bay', calendarOfOne),
  ].join('\n');
}

const EVSES = Array.from(
  { length: BAYS },
  (_, index) => `{ id: ${index + 1}, uid: E${index + 1}, connectors: [{ id: 1 }] }`,
);
const SITE = `
site: { id: B, name: Bench, address: A, city: C, country: SWE, latitude: "59.27412", longitude: "15.20664", time-zone: Europe/Stockholm, country-code: SE, party-id: BEN }
bookings: { publish: true, horizon-days: 90 }
chargers:
  - { id: HUB, evses: [${EVSES.join(', ')}] }
`;
