/** One kind of topic below the base topic, as the documentation shows it. */
export interface TopicKind {
  /** With `{…}` for what differs. */
  topic: string;
  way: 'out' | 'in';
  retained: boolean;
  what: string;
}

/** The whole topic tree. docs/mqtt.md shows this table, and a test holds the two together. */
export const TOPICS = {
  gatewayState: {
    topic: 'gateway/state',
    way: 'out',
    retained: true,
    what: '`online` or `offline`; the broker says `offline` where the gateway is gone without a word (last will)',
  },
  gatewayInfo: {
    topic: 'gateway/info',
    way: 'out',
    retained: true,
    what: 'version, site, is it ready and why not, connected chargers, uplink, events that wait and that were left out',
  },
  uplink: {
    topic: 'uplink/{peer}/state',
    way: 'out',
    retained: true,
    what: 'how it goes with telling an OCPI peer things, and what it is still owed',
  },
  charger: {
    topic: 'charger/{charger}/state',
    way: 'out',
    retained: true,
    what: 'connected, protocol, make, firmware, status of the whole, numbers of its EVSEs',
  },
  availability: {
    topic: 'charger/{charger}/availability',
    way: 'out',
    retained: true,
    what: '`online` while the charger is connected, else `offline`',
  },
  evse: {
    topic: 'charger/{charger}/evse/{evse}/state',
    way: 'out',
    retained: true,
    what: 'status, power, current, energy register, state of charge, and the session that runs',
  },
  reader: {
    topic: 'reader/{reader}/state',
    way: 'out',
    retained: true,
    what: 'state of a card reader line, and its last card, masked',
  },
  session: {
    topic: 'event/session',
    way: 'out',
    retained: false,
    what: 'a session that began, went on or ended, as it is now',
  },
  cdr: { topic: 'event/cdr', way: 'out', retained: false, what: 'a bill line that was issued' },
  request: {
    topic: 'request/{what}',
    way: 'in',
    retained: false,
    what: 'something to be done; a retained message is never taken',
  },
  response: {
    topic: 'response/{what}',
    way: 'out',
    retained: false,
    what: 'what became of a request that names no response topic of its own',
  },
} as const satisfies Record<string, TopicKind>;

export type TopicName = keyof typeof TOPICS;

/** A topic, its parts filled in: those of a name that MQTT gives a meaning, or that would be a level, are percent-encoded. */
export function topicOf(base: string, name: TopicName, ...parts: (string | number)[]): string {
  const left = [...parts];
  return `${base}/${TOPICS[name].topic.replaceAll(/\{\w+\}/g, () => encodeURIComponent(String(left.shift() ?? '')))}`;
}

/** The table as docs/mqtt.md has it. */
export function topicTable(): string {
  const kinds: readonly TopicKind[] = Object.values(TOPICS);
  const rows = kinds.map(
    ({ topic, way, retained, what }) => `| \`${topic}\` | ${way} | ${retained ? 'yes' : 'no'} | ${what} |`,
  );
  return ['| topic | way | retained | what |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
