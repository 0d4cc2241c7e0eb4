import { errorFrame, ERROR, RESULT, RESULT_ERROR, SEND, type Frame } from './rpc.ts';

/** So many unreadable frames within ten seconds are an attack or a broken charger: it is let go. */
export const MAX_MALFORMED = 50;

/** So many of them are answered: one that means well learns it from these. */
const ANSWERED_MALFORMED = 10;

const MALFORMED_WINDOW = 10_000;

/** Counts the unreadable frames of one socket: this one is answered, passed over, or one too many. */
export function createMalformedCount(): () => 'answer' | 'pass' | 'too-many' {
  let since = -Infinity;
  let count = 0;
  return () => {
    const now = performance.now();
    if (now - since > MALFORMED_WINDOW) [since, count] = [now, 0];
    count += 1;
    if (count > MAX_MALFORMED) return 'too-many';
    return count <= ANSWERED_MALFORMED ? 'answer' : 'pass';
  };
}

/**
 * What an unreadable frame is answered with; null: nothing. Only what may be a call gets a CALLERROR; where the version has errors
 * for answers (`unconfirmed`), an answer gets one.
 */
export function complaint(
  { id, type, problem }: Frame & { kind: 'malformed' | 'unknown' },
  code: string | null,
  unconfirmed: boolean,
): string | null {
  if (code === null) return null;
  if (type === RESULT) return unconfirmed ? errorFrame(id, code, problem, RESULT_ERROR) : null;
  if (type === ERROR || (unconfirmed && (type === RESULT_ERROR || type === SEND))) return null;
  return errorFrame(id, code, problem);
}
