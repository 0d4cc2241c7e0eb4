import { isAway } from './chargers.ts';
import { flowNow } from './domain/status.ts';
import type { Session } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { listDraws } from './store/running.ts';
import { findSession } from './store/sessions.ts';

/** A session under way and what it draws now. */
export interface RunningSession extends Session {
  /** As the charger last reported, 0 while it says that none flows; null where it does not, and where it is away: nobody knows then. */
  powerW: number | null;
  socPercent: number | null;
}

/** Every session whose transaction is open, newest first. */
export function listRunning(gw: Gateway): RunningSession[] {
  return listDraws(gw.db).flatMap((draw) => {
    const session = findSession(gw.db, draw.sessionId);
    if (!session) return [];
    const powerW = isAway(gw, session.chargerId) ? null : flowNow(draw.powerW, draw.receivedAt, draw);
    return [{ ...session, powerW, socPercent: draw.socPercent }];
  });
}
