import { findCdr } from '../../gateway/cdrs.ts';
import { countFeed, FEED_KINDS, nextInFeed, resumeFeed, settleFeed, type FeedKind } from '../../gateway/event-feed.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { findSession } from '../../gateway/sessions.ts';
import type { BrokerLink, Published } from './broker.ts';
import { cdrPayload, sessionPayload } from './payloads.ts';
import { topicOf } from './topics.ts';

/** Tells sessions and bill lines, each change at least once, out of the database: it is the store while the broker is away. */
export interface EventTeller {
  up(link: BrokerLink): void;
  /** Changes that are still to be told. */
  waiting(): number;
  /** Left out since the gateway started: more waited than are kept, or the broker refused them. */
  skipped(): number;
  /** Settles when nothing of it runs any more. */
  close(): Promise<void>;
}

/** A session is told once in this time at most, milliseconds. */
const PACE = 1000;
const STEP = 100;

/** `keep`: most changes of a kind that are told after the broker was away. */
export function createEventTeller(gw: Gateway, base: string, keep: number): EventTeller {
  let link: BrokerLink | null = null;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let again = false;
  let skipped = 0;

  function poke(): void {
    if (link === null) return;
    if (running) again = true;
    else timer ??= setTimeout(run, PACE);
  }

  function run(): void {
    timer = null;
    const to = link;
    if (!to || running) return;
    running = tell(to)
      .catch((error: unknown) => gw.log.error({ err: error }, 'telling the MQTT broker of sessions failed'))
      .finally(() => {
        running = null;
        if (again || (link !== null && link !== to)) {
          again = false;
          poke();
        }
      });
  }

  async function tell(to: BrokerLink): Promise<void> {
    for (const kind of FEED_KINDS) {
      for (;;) {
        const step = nextInFeed(gw, kind, STEP);
        const last = step.at(-1);
        if (
          !last ||
          !(await tellStep(
            to,
            kind,
            step.map(({ id }) => id),
          ))
        )
          break;
        await settleFeed(gw, kind, last.updatedAt);
      }
    }
  }

  /** False where the connection ended before the broker had it all. */
  async function tellStep(to: BrokerLink, kind: FeedKind, ids: string[]): Promise<boolean> {
    const told: Promise<Published>[] = [];
    for (const id of ids) {
      const payload = payloadOf(kind, id);
      if (payload === null) continue;
      if (!(await to.room())) return false;
      told.push(to.publish({ topic: topicOf(base, kind), payload: JSON.stringify(payload), retain: false }));
    }
    const outcomes = await Promise.all(told);
    if (outcomes.includes('gone')) return false;
    const refused = outcomes.filter((outcome) => outcome === 'refused').length;
    skipped += refused;
    if (refused > 0) gw.log.warn({ kind, refused }, 'the MQTT broker refuses events: see its access control');
    return true;
  }

  function payloadOf(kind: FeedKind, id: string): object | null {
    if (kind === 'cdr') {
      const cdr = findCdr(gw, id);
      return cdr && cdrPayload(cdr);
    }
    const session = findSession(gw, id);
    return session && sessionPayload(session);
  }

  async function resume(next: BrokerLink): Promise<void> {
    const left = await resumeFeed(gw, keep);
    skipped += left;
    if (left > 0) gw.log.warn({ left, keep }, 'the MQTT broker was away for long: the oldest events are not told');
    if (next.ended.aborted) return;
    link = next;
    next.ended.addEventListener('abort', () => void (link = link === next ? null : link), { once: true });
    run();
  }

  const unsubscribe = gw.bus.onAny(({ name }) => {
    if (name === 'session.changed' || name === 'cdr.issued') poke();
  });

  return {
    up(next) {
      resume(next).catch((error: unknown) =>
        gw.log.error({ err: error }, 'resuming what the MQTT broker is told failed'),
      );
    },
    waiting: () => countFeed(gw),
    skipped: () => skipped,
    async close() {
      unsubscribe();
      link = null;
      if (timer) clearTimeout(timer);
      await running;
    },
  };
}
