import type { ConfigurationKey, TriggerMessage } from './orders.ts';
import type { Millis } from './time.ts';

/** Parts of the protocol that a charger can do. */
export type Feature =
  | 'core'
  | 'firmware'
  | 'local-list'
  | 'reservation'
  | 'smart-charging'
  | 'trigger'
  | 'security'
  | 'other';

/** What a charger can do, as far as it has told. Null: it has not said. */
export interface Capabilities {
  /** As its list of features has it; null: it has none. */
  features: Feature[] | null;
  /** How many EVSEs it has. */
  evses: number | null;
  /** Does it do the security extension (certificates, signed firmware, logs, its own triggers)? */
  security: boolean | null;
  localList: {
    enabled: boolean | null;
    /** Most cards in the list, and in one message. */
    maxEntries: number | null;
    maxPerMessage: number | null;
    /** Of the list it held when it was read; 0: it has none; -1: it cannot hold one (Q62). */
    version: number | null;
  };
  smartCharging: {
    maxStackLevel: number | null;
    units: ('A' | 'W')[] | null;
    maxPeriods: number | null;
    maxProfiles: number | null;
    phaseSwitching: boolean | null;
  };
  /** Can the charger be reserved without naming an EVSE? */
  reserveWholeCharger: boolean | null;
  /** Seconds that it waits for the cable after a start. */
  connectionTimeout: number | null;
  /** Most keys that it tells in one answer. */
  maxKeys: number | null;
  /** What it was found not to do when asked for a message: `all`, or single messages (Q57). */
  untriggerable: 'all' | TriggerMessage[];
  readAt: Millis | null;
}

/** A charger of which nothing is known. */
export const NO_CAPABILITIES: Capabilities = {
  features: null,
  evses: null,
  security: null,
  localList: { enabled: null, maxEntries: null, maxPerMessage: null, version: null },
  smartCharging: { maxStackLevel: null, units: null, maxPeriods: null, maxProfiles: null, phaseSwitching: null },
  reserveWholeCharger: null,
  connectionTimeout: null,
  maxKeys: null,
  untriggerable: [],
  readAt: null,
};

/** Does a charger say that its limits can be set? */
export function takesLimits({ features }: Capabilities): boolean {
  return features?.includes('smart-charging') ?? false;
}

/** How a charger tells that it has a feature: by a yes or no, or where it does not say by having what belongs to it. */
export interface FeatureWords {
  feature: Feature;
  flag: string;
  signs: readonly string[];
}

/** The names that an OCPP version has for the configuration keys which the core acts on. */
export interface ConfigurationWords {
  /** Keys to ask for by name where a charger does not tell all by itself. */
  standard: readonly string[];
  /** Keys that only a charger with the security extension has. */
  security: readonly string[];
  /** Never written from settings, and their values never kept. */
  secret: readonly string[];
  /** One key that lists them, by names in lower case; or what all chargers have, and how the others are told. */
  features:
    | { list: string; names: Readonly<Record<string, Feature>> }
    | { always: readonly Feature[]; others: readonly FeatureWords[] };
  /** Keys that a version does not have are null. */
  evses: string | null;
  maxKeys: string;
  /** Most bytes of a question for keys by name. */
  maxBytes: string | null;
  /**
   * Do all of them come in reports after the answer? Then more by name than it can tell at once is an error, and how much of
   * a thing it can hold stands beside how much there is.
   */
  reported: boolean;
  /** Can this be the name of one? */
  isName(key: string): boolean;
  connectionTimeout: string;
  reserveWholeCharger: string;
  /** Keys of which a no says that it keeps no bays. */
  reservations: readonly string[];
  localList: {
    enabled: string;
    maxEntries: string;
    maxPerMessage: string;
    /** Most bytes of a message, and how many a card takes at most. */
    bytes: { max: string; entry: number } | null;
  };
  smartCharging: {
    maxStackLevel: string;
    units: string;
    maxPeriods: string;
    maxProfiles: string;
    phaseSwitching: string;
  };
  /** Units by the names in that list, lower case. */
  unitNames: Readonly<Record<string, 'A' | 'W'>>;
  meterInterval: string;
  /** What is read from the meter during a transaction: the key, the key with its limit, and what is wanted, best first. */
  measurands: { key: string; maxLength: string | null; wanted: readonly string[] };
}

/** Compares key names as chargers write them (Q59). */
export function sameKey(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}

/** The value of a key among these; null when it has none. */
export function valueOf(keys: readonly ConfigurationKey[], name: string): string | null {
  return keys.find(({ key }) => sameKey(key, name))?.value ?? null;
}

/** Parts of a list, whatever stands between them (Q30). */
export function splitList(text: string): string[] {
  return text.split(/[,\s]+/).filter((part) => part !== '');
}

/** Reads what a charger can do from its configuration keys; what only asking tells is taken over from `before`. */
export function readCapabilities(
  keys: readonly ConfigurationKey[],
  words: ConfigurationWords,
  before: Capabilities,
  readAt: Millis,
): Capabilities {
  const count = (name: string | null): number | null => (name === null ? null : readCount(valueOf(keys, name)));
  const flag = (name: string): boolean | null => readFlag(valueOf(keys, name));
  const most = (name: string): number | null => (words.reported ? maxOf(keys, name) : count(name));
  const list = (name: string): string[] | null => {
    const text = valueOf(keys, name);
    return text === null ? null : splitList(text).map((part) => part.toLowerCase());
  };
  const { localList, smartCharging } = words;
  const units = list(smartCharging.units)?.map((name) => words.unitNames[name]);
  const features = readFeatures(words.features, list, flag, (name) => keys.some(({ key }) => sameKey(key, name)));
  // A list of features can leave some out; where each is told by itself, what it says of one counts.
  const lists = !words.reported || (features?.includes('local-list') ?? true);
  return {
    features,
    evses: count(words.evses),
    security:
      features?.includes('security') === true ||
      keys.some(({ key }) => words.security.some((name) => sameKey(name, key))),
    localList: {
      enabled: flag(localList.enabled),
      maxEntries: lists ? most(localList.maxEntries) : null,
      maxPerMessage: least(count(localList.maxPerMessage), cardsIn(localList.bytes, count)),
      version: before.localList.version,
    },
    smartCharging: {
      maxStackLevel: count(smartCharging.maxStackLevel),
      units: units ? [...new Set(units.filter((unit) => unit !== undefined))] : null,
      maxPeriods: count(smartCharging.maxPeriods),
      maxProfiles: most(smartCharging.maxProfiles),
      phaseSwitching: flag(smartCharging.phaseSwitching),
    },
    reserveWholeCharger: flag(words.reserveWholeCharger),
    connectionTimeout: count(words.connectionTimeout),
    maxKeys: count(words.maxKeys),
    untriggerable: before.untriggerable,
    readAt,
  };
}

function readFeatures(
  words: ConfigurationWords['features'],
  list: (name: string) => string[] | null,
  flag: (name: string) => boolean | null,
  has: (name: string) => boolean,
): Feature[] | null {
  if ('list' in words) {
    const features = list(words.list)?.map((name) => words.names[name] ?? 'other');
    return features ? [...new Set(features)] : null;
  }
  const some = words.others.filter((other) => flag(other.flag) ?? other.signs.some(has));
  return [...words.always, ...some.map(({ feature }) => feature)];
}

/** How much of it there can be at most, as it is told beside the value. */
function maxOf(keys: readonly ConfigurationKey[], name: string): number | null {
  const { max } = keys.find(({ key }) => sameKey(key, name)) ?? {};
  return max !== undefined && Number.isSafeInteger(max) && max >= 0 ? max : null;
}

/** Cards that fit into a message of so many bytes; one always is tried. */
function cardsIn(
  bytes: ConfigurationWords['localList']['bytes'],
  count: (name: string) => number | null,
): number | null {
  const room = bytes && count(bytes.max);
  return room && bytes ? Math.max(1, Math.floor(room / bytes.entry) - 1) : null;
}

function least(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** Yes or no as chargers write it (Q59); null: neither. */
export function readFlag(text: string | null): boolean | null {
  const word = text?.trim().toLowerCase();
  if (word === 'true' || word === '1' || word === 'yes') return true;
  if (word === 'false' || word === '0' || word === 'no') return false;
  return null;
}

function readCount(text: string | null): number | null {
  const value = text === null || text.trim() === '' ? NaN : Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : null;
}
