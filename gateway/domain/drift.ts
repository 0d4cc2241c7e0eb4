import type { PushModule } from './outbox.ts';
import type { Millis } from './time.ts';

/** Something that a peer holds otherwise than we do. */
export interface Deviation {
  module: PushModule;
  /** EVSE uid, or '' for the whole location; id of a tariff, session or CDR. */
  object: string;
  kind: 'absent' | 'differs';
  /** Which fields, by their path; none where it is absent. */
  fields: string[];
  /** Is it told anew? A bill line that differs is not: it never changes, so people have to look. */
  repaired: boolean;
}

/** What came of comparing a peer's copy with ours. */
export interface DriftReport {
  peer: string;
  checkedAt: Millis;
  /** Objects that were looked at. */
  compared: number;
  /** Objects that were left out because they wait to be told anyway. */
  waiting: number;
  deviations: Deviation[];
  /** What the peer does not let us read, so that nothing can be said of it. */
  unreadable: PushModule[];
}
