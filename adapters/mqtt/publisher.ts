import { findCharger, listForgottenEvses, type ChargerView } from '../../gateway/chargers.ts';
import { contentHash } from '../../gateway/domain/hash.ts';
import type { GatewayEvent } from '../../gateway/domain/events.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { listChargerIds, liveEvse } from '../../gateway/live-evse.ts';
import type { BrokerLink, Publication } from './broker.ts';
import { chargerDevice, discoveryTopic, type Discovery } from './homeassistant.ts';
import { chargerPayload, evsePayload } from './payloads.ts';
import { topicOf } from './topics.ts';

/**
 * Tells the state of chargers and EVSEs. It keeps no message: what changed is marked, and what is told is the state as it is
 * then (law 8). Without a connection nothing is marked, as the next one is told everything.
 */
export interface StatePublisher {
  /** A connection began: everything is told to it. */
  up(link: BrokerLink): void;
  /** Tells everything again. */
  all(): void;
  /** Chargers that are marked and not told yet. */
  marked(): number;
  /** Messages handed to the broker since it began. */
  published(): number;
  close(): void;
}

/** A topic changes at most five times a second, milliseconds. */
const ROUND = 200;
/** So long at a time may the event loop be kept from chargers, milliseconds. */
const TURN = 1;

/** What of a charger changed: the whole of it, all its EVSEs, or one. */
type Change = 'whole' | 'evses' | number;
type Mark = Set<Change>;

export function createStatePublisher(gw: Gateway, base: string, discovery: Discovery | null): StatePublisher {
  let link: BrokerLink | null = null;
  let dirty = new Map<string, Mark>();
  let timer: NodeJS.Timeout | null = null;
  let published = 0;
  /** The EVSEs that each charger was told to have, for the day that it is gone. */
  const known = new Map<string, number[]>();
  /** What the broker has of each charger's device, as a hash. */
  const devices = new Map<string, number>();

  function mark(chargerId: string, what: Change): void {
    if (link === null) return;
    const marks = dirty.get(chargerId);
    if (marks) marks.add(what);
    else dirty.set(chargerId, new Set([what]));
    timer ??= setTimeout(() => void round(), ROUND);
  }

  function all(): void {
    devices.clear();
    for (const id of listChargerIds(gw)) mark(id, 'whole');
    for (const { chargerId, evse } of listForgottenEvses(gw)) {
      if (!known.has(chargerId)) known.set(chargerId, []);
      known.get(chargerId)?.push(evse);
      mark(chargerId, 'whole');
    }
  }

  async function round(): Promise<void> {
    const current = link;
    const work = dirty;
    dirty = new Map();
    try {
      if (current) await tell(current, work);
    } catch (error) {
      gw.log.error({ err: error }, 'telling the MQTT broker of chargers failed');
    }
    // From the end of a round, so that rounds never lie closer where the broker is slow.
    timer = dirty.size > 0 ? setTimeout(() => void round(), ROUND) : null;
  }

  async function tell(to: BrokerLink, work: Map<string, Mark>): Promise<void> {
    let since = performance.now();
    for (const [chargerId, marks] of work) {
      for (const publication of publications(chargerId, marks)) {
        if (!(await to.room())) return;
        published += 1;
        void to.publish(publication);
      }
      if (performance.now() - since < TURN) continue;
      await new Promise<void>((resolve) => void setImmediate(resolve));
      since = performance.now();
    }
  }

  function publications(chargerId: string, marks: Mark): Publication[] {
    const charger = findCharger(gw, chargerId);
    if (charger?.registration !== 'accepted') return gone(chargerId, charger);
    const before = known.get(chargerId) ?? [];
    known.set(
      chargerId,
      charger.evses.map(({ evse }) => evse),
    );
    // An EVSE that was not there before changes the charger too.
    const whole = marks.has('whole') || charger.evses.some(({ evse }) => !before.includes(evse));
    const told = charger.evses.filter(({ evse }) => whole || marks.has('evses') || marks.has(evse));
    const ofEvses = told.map((evse) =>
      evse.removed
        ? nothing(topicOf(base, 'evse', chargerId, evse.evse))
        : state(topicOf(base, 'evse', chargerId, evse.evse), evsePayload(evse, liveEvse(gw, evse))),
    );
    return whole ? [...ofCharger(charger), ...ofEvses] : ofEvses;
  }

  function ofCharger(charger: ChargerView): Publication[] {
    return [
      ...deviceOf(charger),
      state(topicOf(base, 'charger', charger.id), chargerPayload(charger)),
      {
        topic: topicOf(base, 'availability', charger.id),
        payload: charger.connected ? 'online' : 'offline',
        retain: true,
      },
    ];
  }

  /** Long, and seldom other than before. */
  function deviceOf(charger: ChargerView): Publication[] {
    if (!discovery) return [];
    const device = state(discoveryTopic(discovery, charger.id), chargerDevice(discovery, charger));
    const hash = contentHash(device.payload);
    if (devices.get(charger.id) === hash) return [];
    devices.set(charger.id, hash);
    return [device];
  }

  /** Forgotten, rejected, or never taken in: whatever the broker keeps of it is taken away. */
  function gone(chargerId: string, charger: ChargerView | null): Publication[] {
    const evses = new Set([...(known.get(chargerId) ?? []), ...(charger?.evses ?? []).map(({ evse }) => evse)]);
    known.delete(chargerId);
    devices.delete(chargerId);
    return [
      ...(discovery ? [nothing(discoveryTopic(discovery, chargerId))] : []),
      nothing(topicOf(base, 'charger', chargerId)),
      nothing(topicOf(base, 'availability', chargerId)),
      ...[...evses].map((evse) => nothing(topicOf(base, 'evse', chargerId, evse))),
    ];
  }

  const unsubscribe = gw.bus.onAny((event) => {
    const change = changeOf(event);
    if (change) mark(change.chargerId, change.what);
  });

  return {
    up(next) {
      link = next;
      next.ended.addEventListener(
        'abort',
        () => {
          if (link !== next) return;
          link = null;
          dirty = new Map();
        },
        { once: true },
      );
      all();
    },
    all,
    marked: () => dirty.size,
    published: () => published,
    close() {
      unsubscribe();
      link = null;
      dirty = new Map();
      if (timer) clearTimeout(timer);
    },
  };
}

/** What of which charger an event changes; null: nothing that is told. */
function changeOf(event: GatewayEvent): { chargerId: string; what: Change } | null {
  switch (event.name) {
    case 'charger.connected':
    case 'charger.disconnected':
    case 'charger.booted':
    case 'charger.forgotten':
      return { chargerId: event.data.chargerId, what: 'whole' };
    case 'evse.changed':
    case 'evse.status':
    case 'reservation.changed':
    case 'transaction.started':
    case 'transaction.sampled':
    case 'transaction.stopped':
      return { chargerId: event.data.chargerId, what: event.data.evse };
    case 'session.changed':
      return { chargerId: event.data.chargerId, what: 'evses' };
    default:
      return null;
  }
}

function state(topic: string, payload: object): Publication {
  return { topic, payload: JSON.stringify(payload), retain: true };
}

function nothing(topic: string): Publication {
  return { topic, payload: '', retain: true };
}
