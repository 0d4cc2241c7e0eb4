import { toUtc } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { readiness } from '../../gateway/health.ts';
import { listPeerViews, type PeerView } from '../../gateway/peers.ts';
import { listReaders } from '../../gateway/readers.ts';
import type { BrokerLink } from './broker.ts';
import { readerPayload, uplinkPayload } from './payloads.ts';
import { topicOf } from './topics.ts';

/** Tells how the gateway itself is, its uplinks and its card readers: few topics, told where they differ from before. */
export interface Overview {
  up(link: BrokerLink): void;
  /** Tells everything again. */
  all(): void;
  close(): void;
}

/** What nobody reports as it changes is looked at so often, milliseconds. */
const LOOK = 10_000;
/** Events that change what is told here. */
const SHOWN = /^(reader\.|peer\.|card\.tapped$|charger\.(connected|disconnected)$)/;
/** And at most so often, milliseconds. */
const PACE = 200;

export interface EventCounts {
  waiting(): number;
  skipped(): number;
}

export function createOverview(gw: Gateway, base: string, version: string, events: EventCounts): Overview {
  let link: BrokerLink | null = null;
  let soon: NodeJS.Timeout | null = null;
  /** What the broker has, by topic. */
  let told = new Map<string, string>();
  const startedAt = toUtc(gw.clock());

  function wanted(): Map<string, string> {
    const peers = listPeerViews(gw);
    const { id, name } = gw.settings.site;
    const info = {
      version,
      site: { id, name },
      startedAt,
      ...readiness(gw),
      connectedChargers: gw.connections.all().length,
      uplink: uplinkOf(peers),
      events: { waiting: events.waiting(), skipped: events.skipped() },
    };
    return new Map([
      [topicOf(base, 'gatewayInfo'), JSON.stringify(info)],
      ...peers.map((peer): [string, string] => [
        topicOf(base, 'uplink', peer.name),
        JSON.stringify(uplinkPayload(peer)),
      ]),
      ...listReaders(gw).map((reader): [string, string] => [
        topicOf(base, 'reader', reader.id),
        JSON.stringify(readerPayload(reader)),
      ]),
    ]);
  }

  async function look(): Promise<void> {
    soon = null;
    const to = link;
    if (!to) return;
    const now = wanted();
    const changed = [...now].filter(([topic, payload]) => told.get(topic) !== payload);
    const gone = [...told.keys()].filter((topic) => !now.has(topic));
    told = now;
    for (const [topic, payload] of [...changed, ...gone.map((each): [string, string] => [each, ''])]) {
      if (!(await to.room())) return;
      void to.publish({ topic, payload, retain: true });
    }
  }

  function guarded(): void {
    look().catch((error: unknown) => gw.log.error({ err: error }, 'telling the MQTT broker of the gateway failed'));
  }

  const unsubscribe = gw.bus.onAny(({ name }) => {
    if (link && SHOWN.test(name)) soon ??= setTimeout(guarded, PACE);
  });
  const timer = setInterval(guarded, LOOK);

  return {
    up(next) {
      link = next;
      next.ended.addEventListener('abort', () => void (link = link === next ? null : link), { once: true });
      told = new Map();
      guarded();
    },
    all() {
      told = new Map();
      guarded();
    },
    close() {
      unsubscribe();
      clearInterval(timer);
      if (soon) clearTimeout(soon);
      link = null;
    },
  };
}

/** Down where any peer that is to be told things cannot be; none where there is no such peer. */
function uplinkOf(peers: PeerView[]): 'up' | 'down' | 'none' {
  const kinds = peers.map(({ push }) => push.kind).filter((kind) => kind !== 'idle');
  if (kinds.length === 0) return 'none';
  return kinds.some((kind) => kind !== 'up') ? 'down' : 'up';
}
