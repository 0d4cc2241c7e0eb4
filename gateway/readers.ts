import type { Feedback, ReaderSettings, ReaderState, ReaderView, TapSeen } from './domain/readers.ts';
import { GatewayError } from './domain/errors.ts';
import { maskUid } from './domain/token.ts';
import type { Millis } from './domain/time.ts';
import type { EvseView } from './chargers.ts';
import type { Gateway } from './gateway.ts';
import { siteView } from './site.ts';

/** A reader line, as the RFID adapter keeps it. */
export interface ReaderLink {
  settings: ReaderSettings;
  state: ReaderState;
  reason: string | null;
  since: Millis;
  addresses: { address: number | null; answers: boolean }[];
  lastCard: { card: string; at: Millis } | null;
  /** Lets a reader show something; does nothing while the port is not open. */
  show(feedback: Feedback, address: number | null): void;
}

/** Somebody who wants to see the next card. */
export interface TapWaiter {
  /** Null: at any reader. */
  readerId: string | null;
  see(tap: TapSeen): void;
}

/** Every reader line as it is now. */
export function listReaders(gw: Gateway): ReaderView[] {
  return [...gw.readers.values()].map(({ settings, state, reason, since, addresses, lastCard }) => ({
    id: settings.id,
    protocol: settings.protocol,
    path: settings.path,
    state,
    reason,
    since,
    addresses,
    lastCard,
    places: settings.places,
  }));
}

/** Notes how a reader line is, as the adapter finds it. */
export function noteReaderState(
  gw: Gateway,
  id: string,
  now: Pick<ReaderLink, 'state' | 'reason' | 'addresses'>,
): void {
  const link = gw.readers.get(id);
  if (!link) return;
  const changed = link.state !== now.state;
  Object.assign(link, now, changed ? { since: gw.clock() } : {});
  gw.bus.publish({ name: 'reader.changed', data: { readerId: id, state: now.state } });
  if (!changed) return;
  const about = { reader: id, state: now.state, reason: now.reason };
  if (now.state === 'up') gw.log.info(about, 'a card reader works');
  else if (now.state !== 'opening') gw.log.warn(about, 'a card reader does not work');
}

/** The EVSEs that a card held to this reader may mean. */
export function evsesOfReader(gw: Gateway, { places, placesOf }: ReaderSettings, address: number | null): EvseView[] {
  const own = placesOf.find((each) => each.address === address)?.places ?? [];
  const named = own.length > 0 ? own : places;
  const all = siteView(gw).evses.filter(({ removed }) => !removed);
  if (named.length === 0) return all;
  return all.filter((evse) =>
    named.some((place) => [evse.uid, evse.chargerId, `${evse.chargerId}/${evse.evse}`].includes(place)),
  );
}

/**
 * Waits for the next card at a reader (null: at any); it does nothing but be seen. Rejects with the signal's reason when that
 * comes first. Errors: READER_UNKNOWN.
 */
export function awaitTap(gw: Gateway, readerId: string | null, signal: AbortSignal): Promise<TapSeen> {
  if (readerId !== null && !gw.readers.has(readerId))
    throw new GatewayError('READER_UNKNOWN', `there is no reader ${readerId}: /api/readers lists them`);
  return new Promise((resolve, reject) => {
    const waiter: TapWaiter = {
      readerId,
      see(tap) {
        end();
        resolve(tap);
      },
    };
    const giveUp = (): void => {
      end();
      reject(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
    };
    const end = (): void => {
      gw.tapWaiters.delete(waiter);
      signal.removeEventListener('abort', giveUp);
    };
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp);
    gw.tapWaiters.add(waiter);
  });
}

/** Shows a card to those who wait for it; is anybody? */
export function showToWaiters(gw: Gateway, tap: TapSeen): boolean {
  const waiting = [...gw.tapWaiters].filter(({ readerId }) => readerId === null || readerId === tap.readerId);
  for (const waiter of waiting) waiter.see(tap);
  return waiting.length > 0;
}

/** Remembers, masked, which card came last. */
export function noteCard(gw: Gateway, readerId: string, uid: string): void {
  const link = gw.readers.get(readerId);
  if (link) link.lastCard = { card: maskUid(uid), at: gw.clock() };
}
