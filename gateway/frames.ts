import type { Deviation, Frame } from './domain/diagnostics.ts';
import type { Gateway } from './gateway.ts';
import { findCharger } from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/diagnostics.ts';

/** Kinds of deviations kept of one charger. */
const MOST_CODES = 200;

/** Of one that nobody accepted so little is kept: anybody may invent ids (law 13). */
const FEW_FRAMES = 20;
const FEW_CODES = 20;

/** Stored at a time: where hundreds of chargers talk, all at once would keep everybody waiting for tens of milliseconds. */
const CHARGERS_AT_ONCE = 10;

/** Stores what was noted; called every few seconds and at the end. What cannot be stored is dropped: it proves nothing. */
export function flushDiagnostics(gw: Gateway): Promise<void> {
  return gw.diagnostics.inTurn(async () => {
    const { frames, deviations } = gw.diagnostics.take();
    const chargers = [...new Set([...frames.keys(), ...deviations.keys()])];
    for (let first = 0; first < chargers.length; first += CHARGERS_AT_ONCE)
      await gw.db.write((tx) => {
        for (const chargerId of chargers.slice(first, first + CHARGERS_AT_ONCE))
          storeNotes(gw, tx, chargerId, frames.get(chargerId) ?? [], deviations.get(chargerId) ?? []);
      });
  });
}

function storeNotes(gw: Gateway, tx: Tx, chargerId: string, ring: Frame[], noted: Deviation[]): void {
  const registration = findCharger(gw.db, chargerId)?.registration;
  // Forgotten meanwhile: what nobody's row points to would never go again.
  if (registration === undefined) return;
  const accepted = registration === 'accepted';
  if (ring.length > 0) {
    const most = Math.min(gw.settings.framesPerCharger, accepted ? Infinity : FEW_FRAMES);
    for (const frame of ring.slice(-Math.max(1, most))) store.insertFrame(gw.db, chargerId, frame);
    store.pruneFrames(gw.db, chargerId, most);
  }
  for (const deviation of noted) {
    store.addDeviation(gw.db, chargerId, deviation, accepted ? MOST_CODES : FEW_CODES);
    tx.emit({ name: 'charger.deviated', data: { chargerId, code: deviation.code } });
  }
}

/** The newest raw frames of a charger, oldest first. */
export async function listFrames(gw: Gateway, chargerId: string, limit: number): Promise<Frame[]> {
  await flushDiagnostics(gw);
  return store.listFrames(gw.db, chargerId, limit);
}
