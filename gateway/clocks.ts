import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { quirksOf } from './quirks.ts';
import { fileHeld } from './samples.ts';
import * as store from './store/clocks.ts';
import { findOpen } from './store/transactions.ts';

const MINUTE = 60_000;

/** Zones differ by whole quarters of an hour; none but UTC itself is nearer to UTC, and none further from it. */
const STEP = 15;
const LEAST = 60;
const MOST = 14 * 60;

/** How far a live message may be from its clock's whole quarter: its way here, and what the clock is wrong beside. */
const NEAR = 2 * MINUTE;

/** So many live messages have to agree before we believe them, each so long after the one before. */
const AGREEING = 3;
/** A burst is one witness: what was stored while disconnected comes in bursts. */
const APART = 30_000;

interface Rival {
  offset: number;
  count: number;
  lastAt: Millis;
  /** Did anything but readings speak for it? Some chargers give a reading the time at which its interval began. */
  event: boolean;
}

/** What we make of one charger's clock. */
interface ChargerClock {
  /** Minutes ahead of the UTC that its times claim to be. */
  offset: number;
  /** What the configuration says of it, or what is known of the make: then nothing is learnt. */
  told: number | null;
  /** Another offset that its latest messages speak for. */
  rival: Rival | null;
}

/** The chargers' clocks as far as they were met in this run. */
export type Clocks = Map<string, ChargerClock>;

/**
 * Watches a charger's clock by a message that may be live: one that tells `reportedAt` (uncorrected) and came at
 * `receivedAt`; `kind` is whether it tells of an event or a reading. When three that did not come together agree on another whole quarter of an hour, that is its offset from
 * now on: local times without a zone, or marked as UTC (Q32), and the change to summer time. What was stored while
 * disconnected agrees on nothing, and what it shows is not learnt. What is already stored of transactions that run is corrected
 * with it. Gives a promise only where there is something to wait for; it never rejects.
 */
export function watchClock(
  gw: Gateway,
  chargerId: string,
  kind: 'event' | 'reading',
  reportedAt: Millis,
  receivedAt: Millis,
): Promise<void> | undefined {
  const clock = clockOf(gw, chargerId);
  if (clock.told !== null) return clock.told === clock.offset ? undefined : setOffset(gw, chargerId, clock, clock.told);
  const ahead = reportedAt - receivedAt;
  const offset = STEP * Math.round(ahead / (STEP * MINUTE));
  const isZone = offset === 0 || (Math.abs(offset) >= LEAST && Math.abs(offset) <= MOST);
  // Not live, or a clock that is wrong by no zone: it tells nothing.
  if (!isZone || Math.abs(ahead - offset * MINUTE) > NEAR) return undefined;
  const event = kind === 'event';
  const { rival } = clock;
  if (offset === clock.offset) clock.rival = null;
  else if (rival?.offset !== offset) clock.rival = { offset, count: 1, lastAt: receivedAt, event };
  else {
    rival.event ||= event;
    if (receivedAt - rival.lastAt >= APART) Object.assign(rival, { count: rival.count + 1, lastAt: receivedAt });
    if (rival.count >= AGREEING && rival.event) return setOffset(gw, chargerId, clock, offset);
  }
  return undefined;
}

/** What a charger's clock shows, as UTC; unchanged for a charger whose clock is right or not yet known. */
export function correctTime(gw: Gateway, chargerId: string, reportedAt: Millis): Millis {
  const { offset } = clockOf(gw, chargerId);
  if (offset === 0) return reportedAt;
  gw.diagnostics.deviation(chargerId, 'CLOCK_OFFSET', `${offset > 0 ? '+' : ''}${offset} min`);
  return reportedAt - offset * MINUTE;
}

/** Looks anew at what is known of a charger's clock: after a boot, which tells its make. Never rejects. */
export async function meetAgain(gw: Gateway, chargerId: string): Promise<void> {
  gw.clocks.delete(chargerId);
  const clock = clockOf(gw, chargerId);
  if (clock.told !== null && clock.told !== clock.offset) await setOffset(gw, chargerId, clock, clock.told);
}

function clockOf(gw: Gateway, chargerId: string): ChargerClock {
  const known = gw.clocks.get(chargerId);
  if (known) return known;
  const clock: ChargerClock = {
    offset: store.findClockOffset(gw.db, chargerId) ?? 0,
    told: quirksOf(gw, chargerId).clockOffset,
    rival: null,
  };
  gw.clocks.set(chargerId, clock);
  return clock;
}

async function setOffset(gw: Gateway, chargerId: string, clock: ChargerClock, offset: number): Promise<void> {
  clock.rival = null;
  const by = (clock.offset - offset) * MINUTE;
  try {
    await gw.db.write((tx) => {
      store.putClockOffset(gw.db, chargerId, offset, tx.now);
      // Two clocks do not mix: what runs was begun by the one that was believed till now.
      for (const { seq } of findOpen(gw.db, chargerId)) {
        fileHeld(gw, tx, seq);
        store.shiftReported(gw.db, seq, by);
        // Of a clock that was ahead, the moments were not believed: they are ours already.
        if (by > 0) store.shiftPhases(gw.db, seq, by);
        // What is remembered of it is by the old clock.
        tx.after(() => gw.held.forget(seq));
      }
    });
    gw.log.warn(
      { charger: chargerId, minutes: offset },
      'clock of the charger is off by its zone: times are corrected',
    );
    clock.offset = offset;
  } catch (error) {
    gw.log.error({ err: error, charger: chargerId }, "the charger's clock offset could not be stored");
  }
}
