import { canonicalUid } from './domain/token.ts';
import type { Millis } from './domain/time.ts';
import { capabilitiesOf } from './capabilities.ts';
import type { Gateway } from './gateway.ts';
import { registeredPeers } from './local-list-cards.ts';
import { mayKeepList, note, syncList, ListTrouble, type ListRun } from './local-list-run.ts';
import { sharedCards } from './local-list-shared.ts';
import { quirksOf } from './quirks.ts';
import { findCharger } from './store/chargers.ts';
import { findList } from './store/local-lists.ts';

/** So many chargers' lists are looked after at a time. */
const MOST_RUNS = 20;

/** More changed cards than this, and lists are compared whole. */
const MOST_CHANGED = 1000;

const DAY = 86_400_000;

/** A charger that connects without a boot, and whose configuration nobody reads, is looked at after so long, ms. */
const OVERLOOKED = 300_000;

/** A charger that fails is left alone for so long, then for twice as long, up to a day, ms. */
const FIRST_WAIT = 60_000;

/** The same for one that went away the second time in a row: it may be our list that it does not stand. */
const WAIT_AFTER_GONE = 3_600_000;

/** How lists are paced, milliseconds. */
export interface ListPace {
  /** Without a further change of cards, and at the longest, before chargers are told. */
  quiet: number;
  longest: number;
  /** Most chargers that connect boot right after it. */
  aboutToBoot: number;
  /** Between looks at what is due: a list a day old, a card that has expired, one that failed. */
  look: number;
}

const USUAL_PACE: ListPace = { quiet: 2000, longest: 30_000, aboutToBoot: 2000, look: 60_000 };

/** What is known of a charger's list in this run. */
interface Keeping {
  /** What is left to do: these cards, or all; null: nothing. */
  due: { keys: ReadonlySet<string> | null; told: number | null } | null;
  /** Has it been looked at since it connected? Before, changes of cards are no matter. */
  begun: boolean;
  timer: NodeJS.Timeout | null;
  /** Looks in a row that came to nothing, and those of them in which it went away. */
  failures: number;
  gone: number;
  /** Not before then. */
  notBefore: Millis;
  /** It was found to take no changes (Q62). */
  wholeOnly: boolean;
  running: AbortController | null;
}

/** Is this charger's list ours to keep? */
export function keepsList(gw: Gateway, chargerId: string): boolean {
  return gw.settings.localLists === 'keep' && (quirksOf(gw, chargerId).provisioning ?? gw.settings.provisioning);
}

/**
 * Keeps every charger's own list of cards as the cards are that may charge without anybody being asked (OCPP 1.6 §3.5.2;
 * Q62): looked at when a charger has booted or connected, after cards and peers have changed, when a card expires, and
 * daily. One look at a charger at a time; what changes meanwhile is one more look. The closer stops it all.
 */
export function startLocalListSync(gw: Gateway, pace: ListPace = USUAL_PACE): () => Promise<void> {
  const chargers = new Map<string, Keeping>();
  const queue = new Set<string>();
  const active = new Map<string, Promise<void>>();
  const shared = sharedCards(gw);
  let changed: Set<string> | null = new Set();
  let changeTimer: NodeJS.Timeout | null = null;
  let changedSince: number | null = null;
  let peers = registeredPeers(gw).join();
  let stopped = false;

  function keepingOf(chargerId: string): Keeping {
    const known = chargers.get(chargerId);
    if (known) return known;
    const fresh: Keeping = {
      due: null,
      begun: false,
      timer: null,
      failures: 0,
      gone: 0,
      notBefore: 0,
      wholeOnly: false,
      running: null,
    };
    chargers.set(chargerId, fresh);
    return fresh;
  }

  function want(chargerId: string, keys: ReadonlySet<string> | null, told: number | null = null): void {
    if (stopped || !keepsList(gw, chargerId) || !gw.connections.find(chargerId)) return;
    const keeping = keepingOf(chargerId);
    keeping.due = { keys: union(keeping.due, keys), told };
    queue.add(chargerId);
    fill();
  }

  function fill(): void {
    for (const chargerId of queue) {
      if (stopped || active.size >= MOST_RUNS) return;
      if (active.has(chargerId)) continue;
      queue.delete(chargerId);
      const keeping = keepingOf(chargerId);
      const { due } = keeping;
      keeping.due = null;
      if (due && gw.clock() >= keeping.notBefore && mayRun(gw, chargerId, due.told)) begin(chargerId, keeping, due);
    }
    if (active.size === 0) shared.release();
  }

  function begin(chargerId: string, keeping: Keeping, due: NonNullable<Keeping['due']>): void {
    const controller = new AbortController();
    keeping.running = controller;
    keeping.begun = true;
    const run: ListRun = {
      gw,
      chargerId,
      keys: due.keys,
      told: due.told,
      mode: keeping.wholeOnly ? 'whole-only' : 'changes',
      signal: controller.signal,
      cards: shared.cards,
      choose: shared.choose,
      turn: shared.turn,
    };
    const ended = goThrough(run, keeping)
      .catch((error: unknown) => gw.log.error({ err: error, charger: chargerId }, 'keeping a local list failed'))
      .then(() => {
        active.delete(chargerId);
        keeping.running = null;
        fill();
      });
    active.set(chargerId, ended);
  }

  async function goThrough(run: ListRun, keeping: Keeping): Promise<void> {
    try {
      await syncSomehow(run, () => (keeping.wholeOnly = true));
      Object.assign(keeping, { failures: 0, gone: 0, notBefore: 0 });
    } catch (error) {
      // On the gateway's own way out the charger is not to blame.
      if (stopped) return;
      if (error instanceof ListTrouble && error.kind === 'unsupported') {
        const { message: problem, version } = error;
        await note(run, { state: 'unsupported', problem, version });
        return;
      }
      keeping.failures += 1;
      keeping.gone = error instanceof ListTrouble && error.kind === 'gone' ? keeping.gone + 1 : 0;
      keeping.notBefore = gw.clock() + waitAfter(keeping);
      if (!(error instanceof ListTrouble)) throw error;
      const { kind, message: problem } = error;
      await note(run, { state: kind === 'refused' ? 'failed' : 'waiting', problem });
      gw.log.info({ charger: run.chargerId, problem }, "the charger's list of cards could not be kept");
    }
  }

  /** The charger went away, or begins anew. */
  function interrupt(chargerId: string): void {
    queue.delete(chargerId);
    const keeping = chargers.get(chargerId);
    if (!keeping) return;
    if (keeping.timer) clearTimeout(keeping.timer);
    Object.assign(keeping, { due: null, begun: false, timer: null });
    keeping.running?.abort();
  }

  function noteChange(uid: string | null): void {
    if (uid === null || (changed && changed.size >= MOST_CHANGED)) changed = null;
    else changed?.add(canonicalUid(uid));
    const now = performance.now();
    changedSince ??= now;
    if (changeTimer) clearTimeout(changeTimer);
    const wait = Math.max(0, Math.min(pace.quiet, changedSince + pace.longest - now));
    changeTimer = setTimeout(tellChanges, wait).unref();
  }

  function tellChanges(): void {
    const keys = changed;
    changed = new Set();
    changeTimer = null;
    changedSince = null;
    shared.renew();
    for (const { chargerId } of gw.connections.all()) if (chargers.get(chargerId)?.begun) want(chargerId, keys);
  }

  /** Looks at what nothing else leads to. */
  function look(): void {
    const now = gw.clock();
    const expired = shared.expiresNext() !== null && now >= (shared.expiresNext() ?? 0);
    if (expired) shared.renew();
    for (const { chargerId, since } of gw.connections.all()) {
      if (active.has(chargerId) || queue.has(chargerId)) continue;
      const keeping = chargers.get(chargerId);
      const isDue = keeping?.begun
        ? expired || keeping.failures > 0 || isOld(chargerId, now)
        : now - since > OVERLOOKED;
      if (isDue) want(chargerId, null);
    }
  }

  function isOld(chargerId: string, now: Millis): boolean {
    const list = findList(gw.db, chargerId);
    if (list?.state === 'unsupported' || list?.state === 'off') return false;
    return Math.abs(now - (list?.syncedAt ?? 0)) > DAY;
  }

  const unsubscribe = [
    gw.bus.on('charger.connected', ({ chargerId }) => {
      interrupt(chargerId);
      if (!keepsList(gw, chargerId)) return;
      const quiet = (quirksOf(gw, chargerId).quietAfterBoot ?? gw.settings.quietAfterBoot) * 1000;
      const keeping = keepingOf(chargerId);
      const look = (): void => {
        keeping.timer = null;
        want(chargerId, null);
      };
      keeping.timer = setTimeout(look, Math.max(quiet, pace.aboutToBoot)).unref();
    }),
    // Its configuration is read first, which tells what it can hold.
    gw.bus.on('charger.booted', ({ chargerId }) => {
      interrupt(chargerId);
      const keeping = chargers.get(chargerId);
      // Whatever was wrong may be mended; unless it boots because of us.
      if (keeping?.gone === 0) Object.assign(keeping, { failures: 0, notBefore: 0, wholeOnly: false });
    }),
    gw.bus.on('charger.disconnected', ({ chargerId }) => interrupt(chargerId)),
    gw.bus.on('charger.forgotten', ({ chargerId }) => {
      interrupt(chargerId);
      chargers.delete(chargerId);
    }),
    gw.bus.on('charger.provisioned', ({ chargerId, state }) => {
      const keeping = chargers.get(chargerId);
      if (keeping?.timer) clearTimeout(keeping.timer);
      if (keeping) keeping.timer = null;
      const isFresh = state !== 'failed' && !active.has(chargerId);
      want(chargerId, null, isFresh ? capabilitiesOf(gw, chargerId).localList.version : null);
    }),
    gw.bus.on('token.changed', ({ uid }) => noteChange(uid)),
    gw.bus.on('peer.changed', () => {
      const now = registeredPeers(gw).join();
      if (now !== peers) noteChange(null);
      peers = now;
    }),
  ];
  const timer = setInterval(look, pace.look).unref();

  return async () => {
    stopped = true;
    for (const off of unsubscribe) off();
    clearInterval(timer);
    if (changeTimer) clearTimeout(changeTimer);
    for (const chargerId of chargers.keys()) interrupt(chargerId);
    await Promise.all(active.values());
  };
}

/** Milliseconds that a charger is left alone after it failed so often. */
function waitAfter({ failures, gone }: Keeping): number {
  // Whoever goes away once was switched off.
  if (gone === 1) return 0;
  return Math.min(DAY, (gone > 1 ? WAIT_AFTER_GONE : FIRST_WAIT) * 2 ** (Math.max(failures, 1) - 1));
}

/** What is refused is sent whole once more; who takes no changes is sent what fits into one message. */
async function syncSomehow(run: ListRun, onWholeOnly: () => void): Promise<void> {
  try {
    await syncList(run);
  } catch (error) {
    if (!(error instanceof ListTrouble) || run.mode === 'whole-only') throw error;
    const again = { ...run, keys: null, told: null };
    if (error.kind === 'whole-only') {
      onWholeOnly();
      await syncSomehow({ ...again, mode: 'whole-only' }, onWholeOnly);
    } else if (error.kind === 'refused' && run.mode === 'changes')
      await syncSomehow({ ...again, mode: 'whole' }, onWholeOnly);
    else throw error;
  }
}

/** What was to be done and what is besides; null: everything. */
function union(before: Keeping['due'], keys: ReadonlySet<string> | null): ReadonlySet<string> | null {
  if (!before) return keys;
  if (!before.keys || !keys) return null;
  const all = new Set([...before.keys, ...keys]);
  return all.size > MOST_CHANGED ? null : all;
}

/** One that was found to keep none is asked again with other firmware, or when it tells otherwise by itself. */
function mayRun(gw: Gateway, chargerId: string, told: number | null): boolean {
  const charger = findCharger(gw.db, chargerId);
  if (charger?.registration !== 'accepted' || !mayKeepList(gw, chargerId)) return false;
  const list = findList(gw.db, chargerId);
  if (list?.state !== 'unsupported' || list.firmware !== charger.firmware) return true;
  return list.version < 0 && told !== null && told >= 0;
}
