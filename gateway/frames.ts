import type { Frame } from './domain/diagnostics.ts';
import type { Gateway } from './gateway.ts';
import { findCharger } from './store/chargers.ts';
import * as store from './store/diagnostics.ts';

/** Kinds of deviations kept of one charger. */
const MOST_CODES = 200;

/** Of one that nobody accepted so little is kept: anybody may invent ids (law 13). */
const FEW_FRAMES = 20;
const FEW_CODES = 20;

/** Stores what was noted; called every few seconds and at the end. What cannot be stored is dropped: it proves nothing. */
export async function flushDiagnostics(gw: Gateway): Promise<void> {
  const { frames, deviations } = gw.diagnostics.take();
  if (frames.size === 0 && deviations.size === 0) return;
  await gw.db.write((tx) => {
    for (const [chargerId, ring] of frames) {
      const registration = findCharger(gw.db, chargerId)?.registration;
      // Forgotten meanwhile: what nobody's row points to would never go again.
      if (registration === undefined) continue;
      const most = Math.min(gw.settings.framesPerCharger, registration === 'accepted' ? Infinity : FEW_FRAMES);
      for (const frame of ring.slice(-Math.max(1, most))) store.insertFrame(gw.db, chargerId, frame);
      store.pruneFrames(gw.db, chargerId, most);
    }
    for (const [chargerId, noted] of deviations) {
      const registration = findCharger(gw.db, chargerId)?.registration;
      if (registration === undefined) continue;
      const most = registration === 'accepted' ? MOST_CODES : FEW_CODES;
      for (const deviation of noted) {
        store.addDeviation(gw.db, chargerId, deviation, most);
        tx.emit({ name: 'charger.deviated', data: { chargerId, code: deviation.code } });
      }
    }
  });
}

/** The newest raw frames of a charger, oldest first. */
export async function listFrames(gw: Gateway, chargerId: string, limit: number): Promise<Frame[]> {
  await flushDiagnostics(gw);
  return store.listFrames(gw.db, chargerId, limit);
}
