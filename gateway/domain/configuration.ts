import { readFlag } from './capabilities.ts';
import type { Millis } from './time.ts';

/**
 * How a desired value of a configuration key stands. `waiting`: not written yet; `accepted`: written, not seen since;
 * `reboot-required`: written, and the charger takes it up when it reboots; `differs`: accepted, but it reads otherwise.
 */
export const KEY_STATES = [
  'waiting',
  'as-desired',
  'accepted',
  'reboot-required',
  'rejected',
  'not-supported',
  'readonly',
  'differs',
] as const;

export type KeyState = (typeof KEY_STATES)[number];

/** Who wants a value: the charger's own settings, those of its make, the site's, or the gateway by itself. */
export type DesiredBy = 'charger' | 'model' | 'site' | 'gateway';

/**
 * How far a charger's configuration is. `never`: not begun; `interrupted`: the charger went away in between, goes on when
 * it is back; `waiting-for-idle`: a reboot is due and a transaction runs; `rebooting`: told to; `failed`: it told nothing.
 */
export const PROVISIONING_STATES = [
  'never',
  'running',
  'interrupted',
  'waiting-for-idle',
  'rebooting',
  'done',
  'failed',
] as const;

export type ProvisioningState = (typeof PROVISIONING_STATES)[number];

/** A step that is left out because the charger rebooted or dropped in it, time and again (Q29). */
export interface SkippedStep {
  step: string;
  since: Millis;
}

/** What was found out about a charger's configuration beside its keys, for one firmware. */
export interface Findings {
  /** How often the charger went away in a step. */
  strikes: Record<string, number>;
  skipped: SkippedStep[];
  /** It refuses to be asked for single keys (Q30). */
  listsRefused: boolean;
  /** What it took of the wanted measurands, and what these were then (Q54, Q56). */
  measurands: { wanted: string[]; taken: string[] } | null;
}

/** Nothing found out. */
export function noFindings(): Findings {
  return { strikes: {}, skipped: [], listsRefused: false, measurands: null };
}

const NUMBER = /^-?\d+(?:\.\d+)?$/;

/** Do two values mean the same: numbers by what they count, yes and no however written, lists whatever blanks they have? */
export function sameValue(a: string, b: string): boolean {
  const [left, right] = [tidy(a), tidy(b)];
  if (left === right) return true;
  if (NUMBER.test(left) && NUMBER.test(right)) return Number(left) === Number(right);
  const yes = readFlag(left);
  return yes !== null && yes === readFlag(right);
}

function tidy(text: string): string {
  return text
    .trim()
    .replace(/\s*,\s*/g, ',')
    .replace(/\s+/g, ' ');
}

/** So many keys of one charger are kept. */
export const MOST_KEYS = 2000;

/** Names of keys whose values are nobody's business, whoever made the charger. */
export const SECRET_KEYS = /authorizationkey|passw|passphrase|secret|credential|privatekey|psk|sim_?pin|vpn_?key/i;

/** Is the value of this key to be kept out of storage, answers and frames? */
export function isSecretKey(key: string): boolean {
  return SECRET_KEYS.test(key);
}
