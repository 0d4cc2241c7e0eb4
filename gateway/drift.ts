import type { Deviation, DriftReport } from './domain/drift.ts';
import { GatewayError } from './domain/errors.ts';
import { PUSH_MODULES, type PushModule } from './domain/outbox.ts';
import type { Millis } from './domain/time.ts';
import type { Session } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { readMeta, writeMeta } from './store/meta.ts';
import * as outbox from './store/outbox.ts';
import { findPeer } from './store/peers.ts';
import { findSession, listSessions } from './store/sessions.ts';

/** Compares what peers hold with what we do; the OCPI adapter, while it pushes. */
export interface DriftChecker {
  /** Errors: PEER_REFUSED, PEER_UNREACHABLE, PEER_UNUSABLE. */
  check(peer: string): Promise<DriftReport>;
}

const DAY = 86_400_000;

/** So many sessions are looked at: those under way, then the newest. */
const MOST_LIVE = 200;
const NEWEST = 20;

/** What is remembered of a peer's checks. */
interface Checks {
  checkedAt: Millis;
  /** What the peer has let us read at least once: what it does not know there is gone. */
  readable: PushModule[];
  /** What we said that it does not let us read. */
  noted: PushModule[];
}

/** Compares now. Errors: PEER_UNKNOWN, PEER_UNUSABLE, PEER_REFUSED, PEER_UNREACHABLE. */
export async function checkDrift(gw: Gateway, name: string): Promise<DriftReport> {
  if (!findPeer(gw.db, name))
    throw new GatewayError('PEER_UNKNOWN', `there is no peer ${name}: see "chargegate peers"`);
  if (!gw.driftChecker)
    throw new GatewayError(
      'PEER_UNUSABLE',
      'peers are not told anything (ocpi.push is off): there is nothing to check',
    );
  return gw.driftChecker.check(name);
}

/** Was the last check of this peer a day ago, or its registration where there was none? */
export function isCheckDue(gw: Gateway, name: string): boolean {
  const peer = findPeer(gw.db, name);
  if (peer?.state !== 'registered') return false;
  const last = Math.max(readChecks(gw, name)?.checkedAt ?? 0, peer.updatedAt);
  const now = gw.clock();
  // A time in the future is a clock that was set.
  return now - last > DAY || last > now + DAY;
}

/** What of a module the peer has let us read before. */
export function wasReadable(gw: Gateway, peer: string, module: PushModule): boolean {
  return readChecks(gw, peer)?.readable.includes(module) ?? false;
}

/** Does the object wait to be told to the peer, so that a difference is no news? */
export function isWaiting(gw: Gateway, peer: string, module: PushModule, object: string): boolean {
  return outbox.isWaiting(gw.db, { peer, module, object });
}

/** The sessions that a check looks at: those under way and the newest that the peer was told of. */
export function sessionsToCheck(gw: Gateway, peer: string): Session[] {
  const known = findPeer(gw.db, peer);
  if (!known) return [];
  const owner = known.visibility === 'all' ? null : peer;
  const live = outbox.liveSessions(gw.db, owner).slice(0, MOST_LIVE);
  const query = { offset: 0, limit: NEWEST, newestFirst: true, ...(owner !== null && { peer: owner }) };
  const ids = new Set([...live, ...listSessions(gw.db, query).items].map(({ id }) => id));
  return [...ids].flatMap((id) => {
    const told = outbox.findDelivery(gw.db, { peer, module: 'sessions', object: id });
    return (told && findSession(gw.db, id)) ?? [];
  });
}

/** The newest bill lines that the peer has acknowledged, newest first. */
export function cdrsToCheck(gw: Gateway, peer: string): { object: string; location: string | null }[] {
  return outbox.newestDelivered(gw.db, peer, 'cdrs', NEWEST);
}

/**
 * Marks what deviates as not told, so that the peer is told anew, and notes that the check was made. An EVSE is told whole:
 * what we thought of the peer's copy is void.
 */
export async function noteDrift(gw: Gateway, report: DriftReport, read: PushModule[]): Promise<void> {
  const { peer, deviations, unreadable } = report;
  const before = readChecks(gw, peer);
  const checks: Checks = {
    checkedAt: report.checkedAt,
    readable: PUSH_MODULES.filter((module) => read.includes(module) || before?.readable.includes(module)),
    noted: unreadable,
  };
  await gw.db.write((tx) => {
    if (findPeer(gw.db, peer)?.state !== 'registered') return;
    for (const { module, object } of deviations.filter(({ repaired }) => repaired)) {
      if (module === 'locations') outbox.deleteDelivery(gw.db, { peer, module, object });
      outbox.putDirty(gw.db, { peer, module, object }, tx.stamp, tx.now, tx.now);
    }
    writeMeta(gw.db, keyOf(peer), JSON.stringify(checks), tx.stamp);
    tx.after(() => tell(gw, report, before));
  });
}

function tell(gw: Gateway, { peer, deviations, unreadable }: DriftReport, before: Checks | null): void {
  if (deviations.length > 0)
    gw.log.warn({ peer, deviations: deviations.slice(0, 20).map(named) }, `${deviations.length} objects deviate`);
  const news = unreadable.filter((module) => !before?.noted.includes(module));
  if (news.length > 0)
    gw.log.info({ peer, modules: news }, 'a peer does not let us read what it holds: it cannot be compared');
}

function named({ module, object, kind, fields }: Deviation): string {
  return `${module} ${object} ${kind}${fields.length > 0 ? `: ${fields.join(', ')}` : ''}`;
}

function readChecks(gw: Gateway, peer: string): Checks | null {
  const stored = readMeta(gw.db, keyOf(peer));
  return stored ? (JSON.parse(stored.value) as Checks) : null;
}

function keyOf(peer: string): string {
  return `drift of ${peer}`;
}
