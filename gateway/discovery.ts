import { readCapabilities, sameKey, takesLimits } from './domain/capabilities.ts';
import { visibleStatus } from './domain/status.ts';
import type { ConfigurationKey } from './domain/orders.ts';
import { provisioningOf } from './capabilities.ts';
import { ensureEvse, MOST_EVSES, touchEvses } from './chargers.ts';
import { desiredKeys, storeKeys } from './configuration.ts';
import { awaitReports, type Reported } from './configuration-reports.ts';
import { ask, isUnheardOf, note, RunFailed, step, unlessEnded, type Run } from './provisioning-run.ts';
import { findCharger, findEvse } from './store/chargers.ts';
import { listKeys, putProvisioning } from './store/configuration.ts';
import type { Tx } from './store/db.ts';

/** Keys asked for by name at a time, where the charger does not say how many it can. */
const KEYS_AT_A_TIME = 10;

/** What is written around each of them, at most. */
const BYTES_AROUND_NAME = 120;

interface Told {
  keys: ConfigurationKey[];
  /** Keys that it says it does not have. */
  unknown: string[];
}

/**
 * Reads a charger's configuration and keeps it, with what it says the charger can do and how many EVSEs it has. Errors:
 * RunEnded, RunFailed when it tells nothing.
 */
export async function discover(run: Run): Promise<ConfigurationKey[]> {
  const { gw, chargerId, words } = run;
  const desired = desiredKeys(gw, chargerId, words).map(({ key }) => key);
  const all = await readAll(run);
  const told: Told = { keys: all?.keys ?? [], unknown: [] };
  const complete = all?.complete ?? false;
  const wanted = complete ? desired : [...words.standard, ...words.security, ...desired];
  await readNamed(run, unread(wanted, told), told);
  if (told.keys.length === 0) throw new RunFailed('it told none of its configuration keys');
  await gw.db.write((tx) => {
    storeKeys(gw, tx, chargerId, { ...told, complete });
    const { capabilities } = provisioningOf(gw, chargerId);
    const read = readCapabilities(told.keys, words, capabilities, tx.now);
    putProvisioning(gw.db, chargerId, { ...provisioningOf(gw, chargerId), capabilities: read }, tx.now);
    // Peers are told of an EVSE whether its limits can be set.
    if (takesLimits(read) !== takesLimits(capabilities)) touchEvses(gw, tx, chargerId);
    ensureEvses(run, tx, read.evses ?? 0);
  });
  await readLocalListVersion(run);
  return told.keys;
}

/** Null: it was not asked, or refused. */
async function readAll(run: Run): Promise<Reported | null> {
  const { gw, chargerId, words } = run;
  const reports = awaitReports(gw, chargerId);
  try {
    const all = { kind: 'read-configuration' as const, keys: null, requestId: reports.requestId };
    return await step(run, 'read-configuration', async () => {
      const outcome = await ask(run, all);
      if (outcome.kind !== 'answered') return null;
      const { keys, status } = outcome.answer;
      if (keys.length > 0) return { keys, complete: !isPartial(keys, limitOf(keys, words.maxKeys)) };
      if (status !== 'accepted' || !words.reported) return null;
      const told = await unlessEnded(run, reports.all());
      return told.keys.length > 0 ? told : null;
    });
  } finally {
    reports.end();
  }
}

/** Exactly as many keys as it can tell at a time are hardly all it has. */
function isPartial(keys: readonly ConfigurationKey[], maxKeys: number | null): boolean {
  return maxKeys !== null && keys.length === maxKeys;
}

function limitOf(keys: readonly ConfigurationKey[], name: string | null): number | null {
  if (name === null) return null;
  const value = Number(keys.find(({ key }) => sameKey(key, name))?.value ?? '');
  return Number.isInteger(value) && value > 0 ? value : null;
}

function unread(wanted: readonly string[], told: Told): string[] {
  const seen = (name: string): boolean =>
    told.keys.some(({ key }) => sameKey(key, name)) || told.unknown.some((key) => sameKey(key, name));
  return wanted.filter((name, at) => !seen(name) && wanted.findIndex((other) => sameKey(other, name)) === at);
}

/** Asks for these keys by name, few at a time, and adds what is told; nothing where the charger refuses lists (Q30). */
export async function readNamed(run: Run, names: readonly string[], told: Told): Promise<boolean> {
  const { gw, chargerId, words, quirks } = run;
  if (quirks.allKeysOnly === true || provisioningOf(gw, chargerId).findings.listsRefused) return false;
  // One that its version cannot even name.
  told.unknown.push(...names.filter((name) => !words.isName(name)));
  let left = names.filter((name) => words.isName(name));
  let most = KEYS_AT_A_TIME;
  while (left.length > 0) {
    const keys = nextNames(run, left, told, most);
    const outcome = await step(run, 'read-named-keys', () => ask(run, { kind: 'read-configuration', keys }));
    if (outcome === null) return false;
    if (outcome.kind === 'answered') {
      told.keys.push(...outcome.answer.keys.filter(({ key }) => !told.keys.some((other) => sameKey(other.key, key))));
      told.unknown.push(...outcome.answer.unknown);
      left = left.slice(keys.length);
    } else if (words.reported && keys.length > 1 && !isUnheardOf(outcome)) {
      // Perhaps it was too much at once.
      most = Math.ceil(keys.length / 2);
    } else {
      await note(run, ({ findings }) => ({ findings: { ...findings, listsRefused: true } }));
      return false;
    }
  }
  return true;
}

/** As many of them as the charger can be asked for at a time; how many that is comes first where it matters. */
function nextNames({ gw, chargerId, words }: Run, left: readonly string[], told: Told, most: number): string[] {
  const [first = ''] = left;
  const limits = [words.maxKeys, words.maxBytes].filter((name) => name !== null);
  if (words.reported && limits.some((name) => sameKey(name, first))) return [first];
  const known = [...told.keys, ...listKeys(gw.db, chargerId)];
  const items = Math.min(limitOf(known, words.maxKeys) ?? most, most);
  let room = limitOf(known, words.maxBytes) ?? Infinity;
  const fitting = left.slice(0, items).findIndex((name) => (room -= name.length + BYTES_AROUND_NAME) < 0);
  return left.slice(0, fitting === -1 ? items : Math.max(1, fitting));
}

/** What keys now hold: by name, or all of them where the charger refuses that; null where neither works. */
export async function readAgain(run: Run, names: readonly string[]): Promise<ConfigurationKey[] | null> {
  const told: Told = { keys: [], unknown: [] };
  const keys = (await readNamed(run, names, told)) ? told.keys : (await readAll(run))?.keys;
  if (!keys) return null;
  await run.gw.db.write((tx) => storeKeys(run.gw, tx, run.chargerId, { keys, unknown: [], complete: false }));
  return keys;
}

/** A charger that the config does not describe has the EVSEs it says (Q47). */
function ensureEvses(run: Run, tx: Tx, count: number): void {
  const { gw, chargerId } = run;
  const described = gw.settings.chargers.find((charger) => charger.id === chargerId)?.evses.length ?? 0;
  if (described > 0) return;
  if (count > MOST_EVSES) {
    gw.diagnostics.deviation(chargerId, 'CONNECTOR_UNBELIEVABLE', `it says that it has ${count}`);
    return;
  }
  const whole = findCharger(gw.db, chargerId)?.status ?? null;
  for (let evse = 1; evse <= count; evse += 1) {
    const known = findEvse(gw.db, chargerId, evse);
    if (known && !known.removed) continue;
    const { status } = ensureEvse(gw, tx, chargerId, evse);
    tx.emit({ name: 'evse.changed', data: { chargerId, evse, status: visibleStatus(status, whole, false) } });
  }
}

/** Which list of cards it holds; -1 where it says that it can hold none, or does not know the question (Q62). */
async function readLocalListVersion(run: Run): Promise<void> {
  const { capabilities } = provisioningOf(run.gw, run.chargerId);
  const able = capabilities.features === null || capabilities.features.includes('local-list');
  if (!able && capabilities.localList.maxEntries === null) return;
  const outcome = await step(run, 'local-list-version', () => ask(run, { kind: 'local-list-version' }));
  if (outcome === null) return;
  const told = outcome.kind === 'answered' ? outcome.answer.version : -1;
  const version = Number.isInteger(told) && told >= 0 ? told : -1;
  await note(run, (row) => ({
    capabilities: { ...row.capabilities, localList: { ...row.capabilities.localList, version } },
  }));
}
