/** A depot's core whose bays are booked: two bays, a tariff with every fee, a clock of its own; it can be cut off. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { applyConfig } from '../../gateway/apply-config.ts';
import { reportStatus } from '../../gateway/availability.ts';
import { requestBooking } from '../../gateway/bookings.ts';
import { keepDueBays } from '../../gateway/booking-upkeep.ts';
import { createGateway } from '../../gateway/create-gateway.ts';
import type { Booking, BookingRequest } from '../../gateway/domain/bookings.ts';
import type { EvseStatus } from '../../gateway/domain/status.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { expireReservations, recoverReservations, startReservationUpkeep } from '../../gateway/reservation-upkeep.ts';
import { startTransaction, stopTransaction } from '../../gateway/transactions.ts';
import { layDatabase } from '../harness/database.ts';
import { testConfig } from '../harness/gateway.ts';

export const MINUTE = 60_000;
/** 2026-10-24 12:00 in Stockholm: the night after, clocks go back. */
export const NOON = Date.UTC(2026, 9, 24, 10);

export const YAML = (terms = ''): string => `
bookings: { publish: true, no-show-fee: true${terms} }
default-connector: { tariff: standard }
tariffs:
  - id: standard
    currency: SEK
    tax-included: no
    elements:
      - { restrictions: { booking: booking-cancellation-fees }, components: [{ type: flat, price: 30, vat: 25 }] }
      - { restrictions: { booking: booking-expires }, components: [{ type: flat, price: 50, vat: 25 }] }
      - { restrictions: { booking: booking }, components: [{ type: flat, price: 10, vat: 25 }] }
      - { restrictions: { booking: booking-overtime }, components: [{ type: time, price: 60, vat: 25, step: 60 }] }
      - { components: [{ type: energy, price: 3, vat: 25 }] }
chargers:
  - id: BAY-1
    evses: [{ id: 1, uid: E1, connectors: [{ id: 1 }] }, { id: 2, uid: E2, connectors: [{ id: 1 }] }]
`;

export interface Depot {
  gw: Gateway;
  now: number;
  /** Lets time pass, a minute at a time, with all that is looked after meanwhile. */
  pass(minutes: number): Promise<void>;
  /** Power cut and start: it goes on from what was on disk. */
  cut(): Promise<void>;
  request(change?: Partial<BookingRequest>): Promise<Booking>;
  status(evse: number, status: EvseStatus): Promise<void>;
  arrive(evse: number, uid: string): Promise<{ wireId: string; verdict: string }>;
  leave(wireId: string, energyWh?: number): Promise<void>;
  close(): Promise<void>;
}

let requests = 0;

export async function createDepot(yaml = YAML()): Promise<Depot> {
  const root = mkdtempSync(join(tmpdir(), 'chargegate-bookings-'));
  let lives = 0;
  let end: () => void = () => undefined;
  /** What was logged as an error: there should be none. */
  const unexpected: object[] = [];
  const silent = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: (data: object) => void unexpected.push(data),
  };

  async function open(): Promise<Gateway> {
    const directory = join(root, String(lives));
    mkdirSync(directory, { recursive: true });
    layDatabase(directory);
    const { settings } = testConfig(directory, yaml);
    const gw = createGateway({ settings, directory, maxBytes: 0, clock: () => depot.now, log: silent });
    await applyConfig(gw);
    await recoverReservations(gw);
    end = startReservationUpkeep(gw);
    return gw;
  }

  const depot: Depot = {
    gw: undefined as unknown as Gateway,
    now: NOON,
    async pass(minutes) {
      for (let minute = 0; minute < minutes; minute += 1) {
        depot.now += MINUTE;
        // What events set off is done first.
        await depot.gw.db.write(() => undefined);
        await keepDueBays(depot.gw);
        await expireReservations(depot.gw);
      }
    },
    async cut() {
      const before = join(root, String(lives));
      lives += 1;
      const after = join(root, String(lives));
      mkdirSync(after);
      for (const file of ['chargegate.db', 'chargegate.db-wal'])
        if (existsSync(join(before, file))) copyFileSync(join(before, file), join(after, file));
      end();
      depot.gw.db.close();
      depot.gw = await open();
    },
    request: (change = {}) =>
      requestBooking(depot.gw, {
        peer: 'emsp',
        countryCode: 'NL',
        partyId: 'EMS',
        requestId: `R${(requests += 1)}`,
        place: 'any',
        evseUid: null,
        tokens: [card(`CARD${requests}`)],
        access: [],
        startsAt: depot.now + 120 * MINUTE,
        endsAt: depot.now + 180 * MINUTE,
        authorizationReference: `REF${requests}`,
        powerKw: null,
        cancel: null,
        receivedAt: depot.now,
        ...change,
      }),
    async status(evse, status) {
      await reportStatus(depot.gw, {
        chargerId: 'BAY-1',
        evse,
        status,
        errorCode: null,
        reportedAt: depot.now,
        receivedAt: depot.now,
      });
      // What that sets off is done before anybody else comes.
      await depot.gw.db.write(() => undefined);
    },
    async arrive(evse, uid) {
      const { wireId, card: answer } = await startTransaction(depot.gw, {
        chargerId: 'BAY-1',
        evse,
        connector: 1,
        tokenUid: uid,
        meterStart: 1000,
        reportedAt: depot.now,
        receivedAt: depot.now,
        timestamp: `${new Date(depot.now).toISOString()} ${uid} ${evse}`,
      });
      return { wireId, verdict: answer.verdict };
    },
    async leave(wireId, energyWh = 4000) {
      await stopTransaction(depot.gw, {
        chargerId: 'BAY-1',
        wireId,
        meterStop: 1000 + energyWh,
        reportedAt: depot.now,
        receivedAt: depot.now,
        timestamp: new Date(depot.now).toISOString(),
        reason: 'Local',
        tokenUid: null,
        samples: [],
        payload: null,
      });
    },
    async close() {
      end();
      depot.gw.db.close();
      rmSync(root, { recursive: true, force: true });
      expect(unexpected).toEqual([]);
    },
  };
  depot.gw = await open();
  await depot.status(1, 'Available');
  await depot.status(2, 'Available');
  return depot;
}

export const card = (uid: string) => ({
  countryCode: 'NL',
  partyId: 'EMS',
  uid,
  type: 'RFID' as const,
  contractId: `NL-EMS-${uid}`,
});
