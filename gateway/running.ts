import { isAway } from './chargers.ts';
import type { Session } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { listDraws } from './store/running.ts';
import { findSession } from './store/sessions.ts';

/** A session under way and what it draws now. */
export interface RunningSession extends Session {
  /** As the charger last reported; null where it does not, and where it is away: nobody knows then. */
  powerW: number | null;
  socPercent: number | null;
}

/** Every session whose transaction is open, newest first. */
export function listRunning(gw: Gateway): RunningSession[] {
  return listDraws(gw.db).flatMap(({ sessionId, powerW, socPercent }) => {
    const session = findSession(gw.db, sessionId);
    return session ? [{ ...session, powerW: isAway(gw, session.chargerId) ? null : powerW, socPercent }] : [];
  });
}
