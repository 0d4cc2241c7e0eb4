import type { Frame } from './domain/diagnostics.ts';
import type { Gateway } from './gateway.ts';
import * as store from './store/diagnostics.ts';

/** Stores what was noted; called every few seconds and at the end. What cannot be stored is dropped: it proves nothing. */
export async function flushDiagnostics(gw: Gateway): Promise<void> {
  const { frames, deviations } = gw.diagnostics.take();
  if (frames.size === 0 && deviations.size === 0) return;
  await gw.db.write((tx) => {
    for (const [chargerId, ring] of frames) {
      for (const frame of ring) store.insertFrame(gw.db, chargerId, frame);
      store.pruneFrames(gw.db, chargerId, gw.settings.framesPerCharger);
    }
    for (const [chargerId, noted] of deviations) {
      for (const deviation of noted) {
        store.addDeviation(gw.db, chargerId, deviation);
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
