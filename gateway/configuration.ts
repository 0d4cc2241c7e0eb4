import { createHash } from 'node:crypto';
import { readFlag, sameKey, splitList, valueOf, type ConfigurationWords } from './domain/capabilities.ts';
import {
  isSecretKey,
  MOST_KEYS,
  noFindings,
  sameValue,
  type DesiredBy,
  type KeyState,
  type ProvisioningState,
  type SkippedStep,
} from './domain/configuration.ts';
import { GatewayError } from './domain/errors.ts';
import type { ConfigurationKey } from './domain/orders.ts';
import type { DesiredKey } from './domain/settings.ts';
import type { Millis } from './domain/time.ts';
import type { OrderOutcome } from './connections.ts';
import type { Gateway } from './gateway.ts';
import { modelsOf } from './quirks.ts';
import { orderCharger, type Unreached } from './remote-control.ts';
import { findCharger } from './store/chargers.ts';
import * as store from './store/configuration.ts';
import type { Tx } from './store/db.ts';

/** A value that a key of a charger should have. */
export interface Desired extends DesiredKey {
  by: DesiredBy;
  /** Tells one wanted value from another, without telling it. */
  mark: string;
  /** For the list of measurands: all that are wanted, and those that this charger can, as far as was found (Q54, Q56). */
  measurands: { wanted: readonly string[]; chosen: readonly string[] } | null;
}

/** A key as the operator sees it. */
export interface KeyView {
  key: string;
  /** Null: the charger does not tell it, or it is a secret. */
  value: string | null;
  /** Has the charger this key at all, as far as it has told? */
  known: boolean;
  readonly: boolean;
  secret: boolean;
  desired: { value: string | null; by: DesiredBy; state: KeyState } | null;
  readAt: Millis | null;
}

/** A charger's configuration and how far it is. */
export interface ConfigurationView {
  state: ProvisioningState;
  problem: string | null;
  skipped: SkippedStep[];
  updatedAt: Millis | null;
  keys: KeyView[];
}

/** Bounds on what a charger may make us keep: a name of 2.x has four parts of 50, a value 2500. */
const KEY_CHARS = 220;
const VALUE_CHARS = 2500;

/** What this charger's protocol calls the keys; undefined before it has spoken any. */
export function wordsOf(gw: Gateway, chargerId: string): ConfigurationWords | undefined {
  const protocol = gw.connections.find(chargerId)?.protocol ?? findCharger(gw.db, chargerId)?.protocol;
  return gw.configurationWords.get(protocol ?? '');
}

/** Has a charger said that it keeps no bays, or not now? */
export function refusesReservations(gw: Gateway, chargerId: string): boolean {
  const names = wordsOf(gw, chargerId)?.reservations ?? [];
  if (names.length === 0) return false;
  const keys = store.listKeys(gw.db, chargerId).filter(({ known }) => known);
  return names.some((name) => readFlag(valueOf(keys, name)) === false);
}

/**
 * What a charger's keys should hold: its own settings come before those of its make, these before the site's, and all of
 * them before what the gateway wants by itself. Its password is not among them: that has its own way.
 */
export function desiredKeys(gw: Gateway, chargerId: string, words: ConfigurationWords): Desired[] {
  const { settings } = gw;
  const make = findCharger(gw.db, chargerId) ?? { vendor: null, model: null, firmware: null };
  const own = settings.chargers.find((charger) => charger.id === chargerId)?.configuration ?? [];
  const ofModels = modelsOf(settings.models, make).flatMap(({ configuration }) => configuration);
  const layers: [DesiredBy, DesiredKey[]][] = [
    ['charger', own],
    ['model', ofModels],
    ['site', settings.configuration],
    ['gateway', settings.meterInterval > 0 ? [interval(settings.meterInterval, words)] : []],
    ['gateway', usesList(gw, chargerId) ? [{ key: words.localList.enabled, value: 'true' }] : []],
  ];
  const wanted: Desired[] = [];
  const free = (key: string): boolean =>
    !words.secret.some((name) => sameKey(name, key)) && !wanted.some((other) => sameKey(other.key, key));
  for (const [by, keys] of layers)
    for (const { key, value } of keys)
      if (free(key)) wanted.push({ key: key.trim(), value, by, mark: markOf(chargerId, key, value), measurands: null });
  // Who leaves the interval alone leaves alone what is read, too.
  const list = settings.meterInterval > 0 && free(words.measurands.key) ? measurandsOf(gw, chargerId, words) : null;
  return list ? [...wanted, list] : wanted;
}

/** A list that we keep is to be used, by a charger that has one to use. */
function usesList(gw: Gateway, chargerId: string): boolean {
  const { enabled = null } = store.findProvisioning(gw.db, chargerId)?.capabilities.localList ?? {};
  return gw.settings.localLists === 'keep' && enabled !== null;
}

function interval(seconds: number, words: ConfigurationWords): DesiredKey {
  return { key: words.meterInterval, value: String(seconds) };
}

/** The list of measurands: all that are wanted, or what this charger was found to take of them. */
function measurandsOf(gw: Gateway, chargerId: string, words: ConfigurationWords): Desired {
  const { key, maxLength, wanted } = words.measurands;
  const known = store.listKeys(gw.db, chargerId).filter((each) => each.known);
  const most = Number((maxLength === null ? null : valueOf(known, maxLength)) ?? '');
  const all = Number.isInteger(most) && most > 0 ? wanted.slice(0, most) : wanted;
  const found = store.findProvisioning(gw.db, chargerId)?.findings.measurands;
  const chosen = found && found.wanted.join() === all.join() ? found.taken : all;
  return {
    key,
    value: (chosen.length > 0 ? chosen : all).join(','),
    by: 'gateway',
    mark: markOf(chargerId, key, wanted.join(',')),
    measurands: { wanted: all, chosen },
  };
}

function markOf(...parts: string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** One mark for everything that is wanted of a charger. */
export function fingerprintOf(desired: readonly Desired[]): string {
  return markOf(...desired.map(({ mark }) => mark).sort());
}

/** Does this value do? More measurands than those wanted are as good. */
export function fits(desired: Desired, value: string): boolean {
  if (!desired.measurands) return sameValue(desired.value, value);
  const told = new Set(splitList(value).map((each) => each.toLowerCase()));
  return splitList(desired.value).every((each) => told.has(each.toLowerCase()));
}

/** What was last noted of a wanted value. */
type Noted = { state: KeyState | null; mark: string | null } | undefined;

const noted = (desired: Desired, before: Noted): KeyState | null =>
  before && before.mark === desired.mark ? before.state : null;

/**
 * How a wanted value stands by what the charger has just told, before anything is written: `waiting` and `rejected` are
 * to be written. What it took and shows otherwise all the same is not pressed upon it again.
 */
export function judge(desired: Desired, told: ConfigurationKey | undefined, before: Noted): KeyState {
  const was = noted(desired, before);
  if (told && told.value !== null && fits(desired, told.value)) return 'as-desired';
  if (told?.readonly) return 'readonly';
  const silent = !told || told.value === null;
  // It keeps this to itself: that it took it has to do.
  if (silent && was === 'accepted') return 'accepted';
  // It was as wanted and is no longer, or was never looked at after it was taken.
  if (was === null || was === 'as-desired' || was === 'readonly' || was === 'accepted') return 'waiting';
  return was;
}

/** How a value that was taken stands by what the charger shows of it afterwards. */
export function judgeReadBack(desired: Desired, told: ConfigurationKey | undefined): KeyState {
  if (!told || told.value === null) return 'accepted';
  return fits(desired, told.value) ? 'as-desired' : 'differs';
}

/**
 * Keeps what a charger told of its keys, inside the write at hand; `complete`: what it did not tell, it does not have.
 * Secrets are noted without their value.
 */
export function storeKeys(
  gw: Gateway,
  tx: Tx,
  chargerId: string,
  told: { keys: readonly ConfigurationKey[]; unknown: readonly string[]; complete: boolean },
): void {
  const nameOf = (key: string): string => key.trim().toLowerCase();
  const known = new Map(store.listKeys(gw.db, chargerId).map((each) => [nameOf(each.key), each]));
  const put = (key: string, facts: { known: boolean; readonly: boolean | null; value: string | null }): void => {
    const before = known.get(nameOf(key));
    if (key.trim() === '' || key.length > KEY_CHARS || (!before && known.size >= MOST_KEYS)) {
      gw.diagnostics.deviation(chargerId, 'CONFIGURATION_UNKEEPABLE', key);
      return;
    }
    const readonly = facts.readonly ?? before?.readonly ?? false;
    const row = { ...facts, key: key.trim(), readonly, readAt: facts.known ? tx.now : null };
    store.putKey(gw.db, chargerId, row, tx.now);
    known.set(nameOf(key), { ...row, state: before?.state ?? null, mark: before?.mark ?? null });
  };
  const names = new Set(told.keys.map(({ key }) => nameOf(key)));
  if (told.complete)
    for (const [name, { key, known: had }] of known)
      if (had && !names.has(name)) {
        store.deleteKey(gw.db, chargerId, key);
        known.delete(name);
      }
  for (const { key, readonly, value } of told.keys)
    put(key, { known: true, readonly, value: isSecretKey(key) || (value?.length ?? 0) > VALUE_CHARS ? null : value });
  for (const key of told.unknown) put(key, { known: false, readonly: false, value: null });
}

/** Keeps keys that a charger tells by itself, or in a report that comes after its answer. */
export async function recordKeys(gw: Gateway, chargerId: string, keys: readonly ConfigurationKey[]): Promise<void> {
  if (keys.length > 0) await gw.db.write((tx) => storeKeys(gw, tx, chargerId, { keys, unknown: [], complete: false }));
}

/** A charger's configuration as it last told it, beside what is wanted of it. Errors: CHARGER_UNKNOWN. */
export function configurationOf(gw: Gateway, chargerId: string): ConfigurationView {
  mustKnow(gw, chargerId);
  const words = wordsOf(gw, chargerId);
  const desired = words ? desiredKeys(gw, chargerId, words) : [];
  const stored = store.listKeys(gw.db, chargerId);
  const row = store.findProvisioning(gw.db, chargerId);
  const missing = desired.filter(({ key }) => !stored.some((each) => sameKey(each.key, key)));
  const keys: KeyView[] = [
    ...stored
      .filter((each) => each.known || desired.some(({ key }) => sameKey(key, each.key)))
      .map(({ key, value, known: has, readonly, readAt, ...before }) => {
        const wanted = desired.find((each) => sameKey(each.key, key));
        const told = has ? { key, readonly, value } : undefined;
        return { key, value, known: has, readonly, readAt, ...wantedView(key, wanted, told, before) };
      }),
    ...missing.map((wanted) => ({
      key: wanted.key,
      value: null,
      known: false,
      readonly: false,
      readAt: null,
      ...wantedView(wanted.key, wanted, undefined, undefined),
    })),
  ];
  return {
    state: row?.state ?? 'never',
    problem: row?.problem ?? null,
    skipped: (row?.findings ?? noFindings()).skipped,
    updatedAt: row?.updatedAt ?? null,
    keys: keys.toSorted((a, b) => a.key.localeCompare(b.key)),
  };
}

function wantedView(
  key: string,
  wanted: Desired | undefined,
  told: ConfigurationKey | undefined,
  before: Noted,
): Pick<KeyView, 'secret' | 'desired'> {
  const secret = isSecretKey(key);
  if (!wanted) return { secret, desired: null };
  return {
    secret,
    desired: { value: secret ? null : wanted.value, by: wanted.by, state: stateNow(wanted, told, before) },
  };
}

/** As it was noted; only what was read since can say more. */
function stateNow(wanted: Desired, told: ConfigurationKey | undefined, before: Noted): KeyState {
  const was = noted(wanted, before);
  if (told && told.value !== null && fits(wanted, told.value)) return 'as-desired';
  if (was === null) return told?.readonly ? 'readonly' : 'waiting';
  return was === 'as-desired' && told && told.value !== null ? 'differs' : was;
}

/**
 * Writes one key at once, because an operator says so: it becomes no desired value. What the charger shows afterwards is
 * kept where it tells it. Errors: CHARGER_UNKNOWN; REQUEST_INVALID for its password, which is changed in its own way.
 */
export async function writeKey(
  gw: Gateway,
  chargerId: string,
  key: string,
  value: string,
): Promise<OrderOutcome<'write-configuration'> | Unreached> {
  mustKnow(gw, chargerId);
  if (wordsOf(gw, chargerId)?.secret.some((name) => sameKey(name, key)))
    throw new GatewayError(
      'REQUEST_INVALID',
      `${key} is the charger's password: written like this the gateway would not know it and lock the charger out; have the gateway give it a new one instead`,
    );
  if (wordsOf(gw, chargerId)?.isName(key) === false)
    throw new GatewayError('REQUEST_INVALID', `${key} is no variable: they are named Component.Variable`);
  const outcome = await orderCharger(gw, chargerId, { kind: 'write-configuration', key, value });
  if (outcome.kind === 'answered' && outcome.answer.status === 'accepted') await readBack(gw, chargerId, key);
  return outcome;
}

/** A charger that cannot be asked for one key is left at what it told before. */
async function readBack(gw: Gateway, chargerId: string, key: string): Promise<void> {
  if (store.findProvisioning(gw.db, chargerId)?.findings.listsRefused) return;
  const outcome = await orderCharger(gw, chargerId, { kind: 'read-configuration', keys: [key] });
  if (outcome.kind !== 'answered') return;
  const { keys } = outcome.answer;
  await gw.db.write((tx) => storeKeys(gw, tx, chargerId, { keys, unknown: [], complete: false }));
}

/** Errors: CHARGER_UNKNOWN. */
export function mustKnow(gw: Gateway, chargerId: string): void {
  if (!findCharger(gw.db, chargerId))
    throw new GatewayError(
      'CHARGER_UNKNOWN',
      `no charger ${chargerId} has ever been seen or configured here: check the id, case counts`,
    );
}
