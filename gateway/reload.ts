import { adoptFilePasswords } from './charger-passwords.ts';
import { applyConfig } from './apply-config.ts';
import type { Settings } from './domain/settings.ts';
import type { UpkeepSettings } from './domain/upkeep.ts';
import type { Gateway } from './gateway.ts';
import { changeUpkeep } from './upkeep.ts';

type Key = keyof Settings;

/** What a configuration must have to be taken by a gateway that serves; whatever else it has is told where it differs. */
export interface Reloadable {
  settings: Settings;
  log: { level: string };
  upkeep: UpkeepSettings;
}

/** How a setting is named in the file, and whether a new value counts at once or after a restart. */
const RULES: { readonly [K in Key]: readonly [name: string, when: 'now' | 'restart'] } = {
  // Sessions, bills and peers know the site by its ids and its zone.
  site: ['site', 'restart'],
  unknownChargers: ['ocpp.unknown-chargers', 'now'],
  unknownTokens: ['authorization.unknown-tokens', 'now'],
  authorizationOrder: ['authorization.order', 'now'],
  offlineCards: ['authorization.offline', 'now'],
  authorizationTimeout: ['authorization.timeout', 'now'],
  localLists: ['authorization.local-lists', 'restart'],
  concurrentUse: ['authorization.concurrent', 'now'],
  heartbeatInterval: ['ocpp.heartbeat-interval', 'now'],
  disconnectedGrace: ['ocpp.disconnected-grace', 'now'],
  bootRetryInterval: ['ocpp.boot-retry-interval', 'now'],
  defaultConnector: ['default-connector', 'now'],
  chargers: ['chargers', 'now'],
  models: ['models', 'now'],
  securityProfile: ['ocpp.security-profile', 'now'],
  passwordGrace: ['ocpp.password-grace', 'now'],
  provisioning: ['ocpp.provisioning', 'now'],
  quietAfterBoot: ['ocpp.quiet-after-boot', 'now'],
  meterInterval: ['ocpp.meter-interval', 'now'],
  energyCheck: ['ocpp.energy-check', 'now'],
  configuration: ['ocpp.configuration', 'now'],
  vendorData: ['ocpp.vendor-data', 'now'],
  bookings: ['bookings', 'now'],
  // Their ports are open.
  readers: ['readers', 'restart'],
  tariffs: ['tariffs', 'now'],
  tokens: ['tokens', 'now'],
  peers: ['peers', 'now'],
  publishOpenData: ['open-data.publish', 'restart'],
  sessionPushInterval: ['ocpi.session-push-interval', 'now'],
  framesPerCharger: ['storage.frames-per-charger', 'now'],
};

/** Settings that count at once, by their names in the file; what is done at night and the level of the log are beside them. */
export const RELOADED: readonly string[] = [
  ...Object.values(RULES).flatMap(([name, when]) => (when === 'now' ? [name] : [])),
  'upkeep',
  'log.level',
];

export interface Reload {
  /** What counts from now on. */
  applied: string[];
  /** What the file says otherwise than the gateway does, until it is restarted. */
  afterRestart: string[];
}

/**
 * Takes over from a checked configuration what can change while the gateway serves, whole or not at all. `held`: what
 * must wait for the restart with another part that does. `setLevel` is told the level of the log. Errors: those of
 * `applyConfig`; nothing has changed then.
 */
export async function reloadConfig(
  gw: Gateway,
  running: Reloadable,
  next: Reloadable,
  { held, setLevel }: { held: readonly Key[]; setLevel: (level: string) => void },
): Promise<Reload> {
  const changed = keys().filter((key) => differ(gw.settings[key], next.settings[key]));
  const live = changed.filter((key) => RULES[key][1] === 'now' && !held.includes(key));
  const taken: Partial<Settings> = Object.fromEntries(live.map((key) => [key, next.settings[key]]));
  const before = gw.settings;
  // A gateway of its own until all is stored: the one that serves must not know what may yet be refused.
  const trial: Gateway = { ...gw, settings: { ...before, ...taken } };
  if (live.length > 0) {
    await applyConfig(trial);
    gw.settings = trial.settings;
    gw.siteUpdatedAt = trial.siteUpdatedAt;
    // Kept for chargers that were asked for by the old settings.
    gw.quirkFlags.clear();
    if (live.includes('chargers')) await adoptFilePasswords(gw);
    tellOf(gw, before, live);
  }
  const level = next.log.level !== running.log.level;
  if (level) setLevel(next.log.level);
  const upkeep = differ(running.upkeep, next.upkeep);
  if (upkeep) changeUpkeep(gw, next.upkeep);
  const waiting = changed.filter((key) => !live.includes(key)).map((key) => RULES[key][0]);
  return {
    applied: [...live.map((key) => RULES[key][0]), ...(upkeep ? ['upkeep'] : []), ...(level ? ['log.level'] : [])],
    afterRestart: [...waiting, ...otherParts(running, next)],
  };
}

function keys(): Key[] {
  return Object.keys(RULES).filter((key): key is Key => key in RULES);
}

/** Peers and chargers' lists are told of what is new by these. */
function tellOf(gw: Gateway, before: Settings, live: readonly Key[]): void {
  const { settings, bus } = gw;
  for (const tariffId of changedIds(before.tariffs, settings.tariffs, ({ id }) => id))
    bus.publish({ name: 'tariff.changed', data: { tariffId } });
  for (const uid of changedIds(before.tokens, settings.tokens, (token) => token.uid))
    bus.publish({ name: 'token.changed', data: { uid } });
  for (const name of changedIds(before.peers, settings.peers, (peer) => peer.name))
    bus.publish({ name: 'peer.changed', data: { name } });
  if (live.includes('chargers') || live.includes('defaultConnector'))
    bus.publish({ name: 'tariff.assigned', data: { chargerId: null } });
}

function changedIds<T>(before: readonly T[], after: readonly T[], idOf: (item: T) => string): string[] {
  const old = new Map(before.map((item) => [idOf(item), item]));
  const changed = after.filter((item) => differ(old.get(idOf(item)), item)).map(idOf);
  const kept = new Set(after.map(idOf));
  return [...changed, ...[...old.keys()].filter((id) => !kept.has(id))];
}

/** Parts of a configuration that are seen to above. */
const TAKEN = new Set(['settings', 'upkeep', 'log', 'file']);

/** What differs beside the settings, the night's work and the log's level: `ocpp.port`, `storage.directory`. */
function otherParts(running: Reloadable, next: Reloadable): string[] {
  const before = new Map(Object.entries(running));
  return Object.entries(next).flatMap(([section, value]: [string, unknown]) => {
    if (TAKEN.has(section)) return [];
    const old: unknown = before.get(section);
    if (!isObject(value) || !isObject(old)) return differ(old, value) ? [inFile(section)] : [];
    const known = new Map(Object.entries(old));
    return Object.entries(value)
      .filter(([key, part]: [string, unknown]) => differ(known.get(key), part))
      .map(([key]) => (key === 'peers' ? 'peers[].tls' : `${inFile(section)}.${inFile(key)}`));
  });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function inFile(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function differ(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}
