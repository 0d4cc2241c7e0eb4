import { isSecretKey } from './domain/configuration.ts';
import { OTHER_DEVIATIONS, type Deviation, type Frame } from './domain/diagnostics.ts';
import type { Clock } from './domain/time.ts';
import { maskSecrets } from './mask-secrets.ts';

/** A frame's text is cut here: the ring is for reading, not for keeping. */
const FRAME_CHARS = 4096;

/** So many frames of a charger are stored each time: ordinary traffic whole, a flood sampled. */
const FRAMES_PER_FLUSH = 50;

/** Kinds of deviations noted of one charger, and how long the name of one may be: chargers put what they like into keys. */
const MOST_CODES = 100;
const CODE_CHARS = 120;
const SAMPLE_CHARS = 500;

/** Fields whose bare value is that of a variable, which may be any. */
const BARE_VALUES = /\/(?:variableAttribute(?:\/value)?|actualValue|attributeValue)$/;

/**
 * What is noted for diagnosis as it happens and stored every few seconds: a bounded ring of raw frames per charger, and
 * how each charger departs from the standard. Memory first, so that a flood of either costs no disk.
 */
export interface Diagnostics {
  frame(chargerId: string, direction: 'in' | 'out', text: string): void;
  deviation(chargerId: string, code: string, sample: string): void;
  /** Does one work after the other, each when those before have ended, however they did. */
  inTurn(work: () => Promise<void>): Promise<void>;
  /** Takes what has come since the last call. */
  take(): { frames: Map<string, Frame[]>; deviations: Map<string, Deviation[]> };
}

/** Makes the notebook, empty. */
export function createDiagnostics(clock: Clock): Diagnostics {
  let frames = new Map<string, Frame[]>();
  let deviations = new Map<string, Map<string, Deviation>>();
  let last: Promise<void> = Promise.resolve();
  return {
    inTurn(work) {
      const mine = last.then(work);
      last = mine.catch(() => undefined);
      return mine;
    },
    frame(chargerId, direction, text) {
      let ring = frames.get(chargerId);
      if (!ring) frames.set(chargerId, (ring = []));
      ring.push({ at: clock(), direction, text });
      // Cut rarely: the newest always survive.
      if (ring.length > 2 * FRAMES_PER_FLUSH) ring.splice(0, FRAMES_PER_FLUSH);
    },
    deviation(chargerId, kind, sample) {
      let codes = deviations.get(chargerId);
      if (!codes) deviations.set(chargerId, (codes = new Map<string, Deviation>()));
      const at = clock();
      const named = kind.slice(0, CODE_CHARS);
      const code = codes.has(named) || codes.size < MOST_CODES ? named : OTHER_DEVIATIONS;
      const known = codes.get(code);
      if (known) Object.assign(known, { count: known.count + 1, lastSeenAt: at });
      else
        codes.set(code, { code, count: 1, firstSeenAt: at, lastSeenAt: at, sample: presentableSample(kind, sample) });
    },
    take() {
      const taken = {
        frames: new Map([...frames].map(([id, ring]) => [id, ring.slice(-FRAMES_PER_FLUSH).map(presentable)])),
        deviations: new Map([...deviations].map(([id, codes]) => [id, [...codes.values()]])),
      };
      frames = new Map();
      deviations = new Map();
      return taken;
    },
  };
}

function presentable(frame: Frame): Frame {
  return { ...frame, text: maskSecrets(frame.text).slice(0, FRAME_CHARS) };
}

/** An example, without what is nobody's business: of a field, its name alone tells. */
function presentableSample(kind: string, sample: string): string {
  const field = kind.includes(':') ? kind.slice(kind.lastIndexOf('/') + 1) : '';
  return BARE_VALUES.test(kind) || isSecretKey(field) ? '***' : maskSecrets(sample).slice(0, SAMPLE_CHARS);
}
