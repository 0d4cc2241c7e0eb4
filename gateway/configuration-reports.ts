import { randomInt } from 'node:crypto';
import { mustKnow, recordKeys, wordsOf } from './configuration.ts';
import type { OrderOutcome } from './connections.ts';
import { sameKey } from './domain/capabilities.ts';
import { MOST_KEYS } from './domain/configuration.ts';
import type { ConfigurationKey, ReportPart } from './domain/orders.ts';
import type { Gateway } from './gateway.ts';
import { orderCharger, type Unreached } from './remote-control.ts';

/** What came; `complete`: every part did. */
export interface Reported {
  keys: ConfigurationKey[];
  complete: boolean;
}

/** A wait for reports; it has to be ended. */
export interface ReportWait {
  requestId: number;
  /** Resolves with what came, when all did or no more comes. */
  all(): Promise<Reported>;
  end(): void;
}

/** Keeps a part of a report, and hands it to whoever waits for it. */
export async function recordReport(gw: Gateway, chargerId: string, part: ReportPart): Promise<void> {
  await recordKeys(gw, chargerId, part.keys);
  gw.bus.publish({ name: 'configuration.reported', data: { chargerId, ...part } });
}

/**
 * Waits for the reports that follow a question for everything: begun before it is asked, since some report first. A charger
 * that is silent for as long as an answer may take, or goes away, has told what it tells.
 */
export function awaitReports(gw: Gateway, chargerId: string): ReportWait {
  const requestId = randomInt(1, 2 ** 31 - 1);
  const keys: ConfigurationKey[] = [];
  const parts = new Set<number>();
  const done = Promise.withResolvers<void>();
  const silence = (gw.connections.find(chargerId)?.callTimeout ?? 0) * 1000;
  let last = Infinity;
  let timer: NodeJS.Timeout | null = null;

  function wait(): void {
    if (timer) clearTimeout(timer);
    timer = setTimeout(done.resolve, silence).unref();
  }

  const isComplete = (): boolean => parts.size > last;

  const unsubscribe = [
    gw.bus.on('configuration.reported', (told) => {
      if (told.chargerId !== chargerId || told.requestId !== requestId) return;
      const fresh = told.keys.filter(({ key }) => !keys.some((other) => sameKey(other.key, key)));
      keys.push(...fresh.slice(0, MOST_KEYS - keys.length));
      parts.add(told.part);
      if (told.last) last = told.part;
      if (isComplete() || keys.length >= MOST_KEYS) done.resolve();
      else if (timer) wait();
    }),
    gw.bus.on('charger.disconnected', (gone) => gone.chargerId === chargerId && done.resolve()),
  ];

  return {
    requestId,
    async all() {
      wait();
      await done.promise;
      return { keys, complete: isComplete() && keys.length < MOST_KEYS };
    },
    end() {
      for (const off of unsubscribe) off();
      if (timer) clearTimeout(timer);
      done.resolve();
    },
  };
}

/**
 * Asks a charger for all its keys and keeps what it tells, with its answer or in reports after it. Errors:
 * CHARGER_UNKNOWN; those of storage.
 */
export async function refreshConfiguration(
  gw: Gateway,
  chargerId: string,
): Promise<OrderOutcome<'read-configuration'> | Unreached> {
  mustKnow(gw, chargerId);
  const reports = awaitReports(gw, chargerId);
  try {
    const { requestId } = reports;
    const outcome = await orderCharger(gw, chargerId, { kind: 'read-configuration', keys: null, requestId });
    if (outcome.kind !== 'answered') return outcome;
    const { keys, status } = outcome.answer;
    if (keys.length > 0) await recordKeys(gw, chargerId, keys);
    else if (status === 'accepted' && wordsOf(gw, chargerId)?.reported === true) await reports.all();
    return outcome;
  } finally {
    reports.end();
  }
}
