import { GatewayError } from './domain/errors.ts';
import type { Millis } from './domain/time.ts';
import type { DecisionSource, Verdict } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { countOutbox } from './outbox.ts';

/** What came of an outage so far. */
export interface WanReport {
  /** `down`: nothing goes out. `draining`: it is over, and peers are told what waited. `done`: they have been told. */
  state: 'down' | 'draining' | 'done';
  startedAt: Millis;
  /** Our clock: when it ends by itself. */
  endsAt: Millis;
  /** When calls went out again; null: not yet. */
  endedAt: Millis | null;
  aborted: boolean;
  /** Calls to peers that were not made. */
  callsBlocked: number;
  decisions: { source: DecisionSource; verdict: Verdict; count: number }[];
  chargesBegun: number;
  chargesEnded: number;
  billsIssued: number;
  /** What waited for each peer: before, at the most, and now. */
  queued: { peer: string; before: number; most: number; now: number }[];
  /** Peers that could not be told anything before it began either: of them it says nothing. */
  awayBefore: string[];
  /** Seconds from its end until every peer had been told; null: not yet, or given up. */
  drainSeconds: number | null;
}

/** A rehearsed outage. It lives in memory: a restart ends it. */
export interface WanDrill {
  /** Is this call to be kept back? Counts it. */
  block(): boolean;
  report(): WanReport;
  /** Lets calls out again, and peers be told at once; does nothing once it is over. */
  abort(): void;
  /** Ends all that ticks. */
  close(): void;
}

/** What waits is looked at this often. */
const LOOK = 250;

/** Peers that still have not been told after so long are away for a reason of their own, ms. */
const MOST_DRAINING = 15 * 60_000;

/**
 * Rehearses an outage of the internet connection: for so many seconds no call of OCPI's client goes out, as if each failed;
 * what peers ask of us is still answered. Errors: DRILL_RUNNING.
 */
export function startWanDrill(gw: Gateway, seconds: number): WanDrill {
  if (gw.wanDrill !== null && gw.wanDrill.report().state !== 'done')
    throw new GatewayError(
      'DRILL_RUNNING',
      'an outage is being rehearsed already: "chargegate drill wan-down --status" shows it, "--abort" ends it',
    );
  gw.wanDrill?.close();
  gw.wanDrill = createWanDrill(gw, seconds);
  gw.log.warn({ seconds }, 'drill: calls to peers are kept back as if the WAN were down');
  return gw.wanDrill;
}

/** Is a drill keeping calls to peers back? Counts the call. */
export function isKeptBack(gw: Gateway): boolean {
  return gw.wanDrill?.block() ?? false;
}

function createWanDrill(gw: Gateway, seconds: number): WanDrill {
  const startedAt = gw.clock();
  const queue = new Map<string, { before: number; most: number; now: number }>();
  const decisions = new Map<string, WanReport['decisions'][number]>();
  const counts = { callsBlocked: 0, chargesBegun: 0, chargesEnded: 0, billsIssued: 0 };
  let state: WanReport['state'] = 'down';
  let endedAt: Millis | null = null;
  let aborted = false;
  let drainSeconds: number | null = null;
  let over = 0;

  const awayBefore = [...gw.pushStates]
    .filter(([, { kind }]) => kind === 'down' || kind === 'refusing')
    .map(([peer]) => peer);
  for (const { peer, waiting } of countOutbox(gw)) queue.set(peer, { before: waiting, most: waiting, now: waiting });

  const ignore = [
    gw.measures.listen({
      decision(source, verdict) {
        const key = `${source} ${verdict}`;
        const entry = decisions.get(key) ?? { source, verdict, count: 0 };
        decisions.set(key, { ...entry, count: entry.count + 1 });
      },
    }),
    gw.bus.on('transaction.started', () => void (counts.chargesBegun += 1)),
    gw.bus.on('transaction.stopped', () => void (counts.chargesEnded += 1)),
    gw.bus.on('cdr.issued', () => void (counts.billsIssued += 1)),
  ];

  function look(): void {
    const waiting = new Map(countOutbox(gw).map((each) => [each.peer, each.waiting]));
    for (const peer of new Set([...queue.keys(), ...waiting.keys()])) {
      const now = waiting.get(peer) ?? 0;
      const { before, most } = queue.get(peer) ?? { before: 0, most: 0 };
      queue.set(peer, { before, most: Math.max(most, now), now });
    }
    if (state !== 'draining') return;
    const passed = performance.now() - over;
    const told = [...queue.values()].every(({ before, now }) => now <= before);
    if (!told && passed < MOST_DRAINING) return;
    if (told) drainSeconds = passed / 1000;
    finish();
  }

  function finish(): void {
    state = 'done';
    clearInterval(ticker);
    clearTimeout(end);
    gw.log.info({ ...counts, drainSeconds }, 'drill: over, and its report is ready');
  }

  function ignoreAll(): void {
    for (const stop of ignore.splice(0)) stop();
  }

  function comeBack(early: boolean): void {
    if (state !== 'down') return;
    look();
    clearTimeout(end);
    ignoreAll();
    aborted = early;
    state = 'draining';
    endedAt = gw.clock();
    over = performance.now();
    gw.log.info({ aborted }, 'drill: calls to peers go out again');
    // Each peer is tried at once, not when its pause is over, also where nothing waits for it.
    for (const peer of new Set([...queue.keys(), ...gw.pushStates.keys()]))
      gw.bus.publish({ name: 'outbox.retried', data: { peer } });
  }

  const end = setTimeout(() => comeBack(false), seconds * 1000);
  const ticker = setInterval(look, LOOK);
  end.unref();
  ticker.unref();

  return {
    block() {
      if (state !== 'down') return false;
      counts.callsBlocked += 1;
      return true;
    },
    report: () => ({
      state,
      startedAt,
      endsAt: startedAt + seconds * 1000,
      endedAt,
      aborted,
      ...counts,
      decisions: [...decisions.values()],
      queued: [...queue].map(([peer, numbers]) => ({ peer, ...numbers })),
      awayBefore,
      drainSeconds,
    }),
    abort: () => comeBack(true),
    close() {
      ignoreAll();
      clearInterval(ticker);
      clearTimeout(end);
    },
  };
}
