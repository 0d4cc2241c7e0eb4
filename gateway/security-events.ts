import type { ListQuery, Page } from './domain/paging.ts';
import type { SecurityEvent } from './domain/security.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { findCharger } from './store/chargers.ts';
import * as store from './store/security-events.ts';

/** Kept of each charger, and of all that concerns no known one; the oldest go. */
const KEEP = 1000;

const TYPE_CHARS = 50;
/** As long as OCPP lets a charger's own detail be. */
const DETAIL_CHARS = 255;

/** Findings that wait to be stored; more kinds than that within a second are not told apart. */
const MOST_WAITING = 200;

/** The same finding again within so many milliseconds is counted, not listed again. */
const SAME = 10 * 60_000;

/** Storing findings more often than this (ms) would let a flood of bad handshakes wear out the disk. */
const PACE = 1000;

const TOO_MANY = { chargerId: null, type: 'TooManyFindings', detail: 'more at once than are told apart' };

interface Finding {
  chargerId: string | null;
  type: string;
  detail: string;
  count: number;
  firstAt: Millis;
  lastAt: Millis;
}

/** What the gateway found out and has not stored yet. */
export interface Findings {
  waiting: Map<string, Finding>;
  storedAt: Millis | null;
}

/** Makes the notebook of findings, empty. */
export function createFindings(): Findings {
  return { waiting: new Map(), storedAt: null };
}

/**
 * Notes a finding of the gateway's own in the security log (a refused downgrade, a bad certificate, wrong passwords).
 * `chargerId` null, or nobody known: it concerns no charger of ours. Stored at once, or with the next regular storing
 * where findings come in a flood. Never fails.
 */
export function noteSecurity(gw: Gateway, chargerId: string | null, type: string, detail: string): void {
  const { findings } = gw;
  const now = gw.clock();
  const known = chargerId !== null && findCharger(gw.db, chargerId) !== undefined;
  const who = known ? chargerId : null;
  const told = known || chargerId === null ? detail : `${chargerId}: ${detail}`;
  const found = { chargerId: who, type: type.slice(0, TYPE_CHARS), detail: told.slice(0, DETAIL_CHARS) };
  const roomFor = findings.waiting.has(keyOf(found)) || findings.waiting.size < MOST_WAITING;
  const finding = roomFor ? found : TOO_MANY;
  const same = findings.waiting.get(keyOf(finding));
  if (same) Object.assign(same, { count: same.count + 1, lastAt: now });
  else findings.waiting.set(keyOf(finding), { ...finding, count: 1, firstAt: now, lastAt: now });
  if (findings.storedAt !== null && Math.abs(now - findings.storedAt) < PACE) return;
  findings.storedAt = now;
  storeFindings(gw).catch((error: unknown) => gw.log.error({ err: error }, 'security findings could not be stored'));
}

function keyOf(finding: Pick<Finding, 'chargerId' | 'type' | 'detail'>): string {
  return JSON.stringify([finding.chargerId, finding.type, finding.detail]);
}

/** Stores the findings that wait; called every few seconds, before reading and at the end. */
export async function storeFindings(gw: Gateway): Promise<void> {
  const { findings } = gw;
  if (findings.waiting.size === 0) return;
  const taken = [...findings.waiting.values()];
  findings.waiting.clear();
  await gw.db.write((tx) => {
    for (const finding of taken) {
      const id = store.addFinding(gw.db, finding, tx.now - SAME);
      if (id === null) continue;
      const { chargerId, type } = finding;
      store.pruneSecurityEvents(gw.db, chargerId, KEEP);
      tx.emit({ name: 'security.noted', data: { id, chargerId, type, origin: 'gateway' } });
    }
  });
}

/** Stores what a charger reported of its security; the same report again is only counted. */
export async function recordSecurityEvent(
  gw: Gateway,
  report: { chargerId: string; type: string; detail: string | null; reportedAt: Millis; receivedAt: Millis },
): Promise<void> {
  const { chargerId, reportedAt, receivedAt } = report;
  const type = report.type.slice(0, TYPE_CHARS);
  const detail = (report.detail ?? '').slice(0, DETAIL_CHARS);
  await gw.db.write((tx) => {
    const id = store.insertReport(gw.db, { chargerId, type, detail, reportedAt, receivedAt });
    if (id === null) return;
    store.pruneSecurityEvents(gw.db, chargerId, KEEP);
    tx.emit({ name: 'security.noted', data: { id, chargerId, type, origin: 'charger' } });
  });
}

/** The security log, a page of it; of one charger where the query names one. */
export async function listSecurityEvents(gw: Gateway, query: ListQuery): Promise<Page<SecurityEvent>> {
  await storeFindings(gw);
  return store.listSecurityEvents(gw.db, query);
}
