import { readFlag, valueOf } from './domain/capabilities.ts';
import { nextVersion, type LocalListState } from './domain/local-list.ts';
import type { OrderKind, OrderOf } from './domain/orders.ts';
import { capabilitiesOf, provisioningOf } from './capabilities.ts';
import { wordsOf } from './configuration.ts';
import type { OrderOutcome } from './connections.ts';
import type { Gateway } from './gateway.ts';
import { inParts, listChanges, type ListChange } from './local-list-changes.ts';
import { readSomeCards, type Chosen, type ListCards } from './local-list-cards.ts';
import { orderCharger } from './remote-control.ts';
import { findCharger } from './store/chargers.ts';
import { listKeys } from './store/configuration.ts';
import * as store from './store/local-lists.ts';

/** Cards taken for a list whose charger does not say how many it holds, and most for any. */
const USUAL_LENGTH = 1000;
const MOST_CARDS = 100_000;

/** The same for one message (Q14). */
const USUAL_PART = 50;
const MOST_PART = 200;

/** Entries read, or forgotten, before others have their turn. */
const PAGE = 500;

/** One looking after a charger's list. */
export interface ListRun {
  gw: Gateway;
  chargerId: string;
  /** Canonical numbers of the cards that may have changed; null: it is compared whole. */
  keys: ReadonlySet<string> | null;
  /** The version that the charger has just told; null: it is asked. */
  told: number | null;
  /** By differences where it has what we sent it last, whole in any case, or whole in one message (Q62). */
  mode: 'changes' | 'whole' | 'whole-only';
  signal: AbortSignal;
  cards(): Promise<ListCards>;
  choose(cards: ListCards, most: number, longest: number): Chosen;
  /** Resolves when others have had their turn. */
  turn(): Promise<void>;
}

/**
 * Why a list could not be brought where it should be: `refused`, `silent` and `gone` may do better another time, one that
 * takes `whole-only` lists is sent those, `unsupported` keeps none.
 */
export class ListTrouble extends Error {
  readonly kind: 'refused' | 'silent' | 'gone' | 'whole-only' | 'unsupported';
  /** The version it told, where that is the trouble. */
  readonly version: number;

  constructor(kind: ListTrouble['kind'], message: string, version = 0) {
    super(message);
    this.kind = kind;
    this.version = version;
  }
}

/** What is known of a charger's list where nothing is stored. */
const NEVER: store.StoredList = { version: 0, state: 'waiting', problem: null, firmware: null, syncedAt: null };

/**
 * Brings a charger's list to what it should be, by its differences where it has what we last sent it, else whole. What the
 * charger took is stored as it takes it, so that it can be gone on from there. Errors: ListTrouble; those of storage.
 */
export async function syncList(run: ListRun): Promise<LocalListState> {
  const { gw, chargerId } = run;
  if (isSwitchedOff(run)) return note(run, { state: 'off', problem: 'the charger is set not to use its list' });
  const told = run.told ?? (await askVersion(run));
  if (told < 0) throw new ListTrouble('unsupported', 'it says that it keeps no list', -1);
  const known = store.findList(gw.db, chargerId) ?? NEVER;
  const held = store.hasEntries(gw.db, chargerId);
  const inStep = told === 0 ? !held : told === known.version;
  // What it holds beyond some of its cards is known only while nothing is left out for want of room.
  if (run.keys && inStep && told > 0 && known.state === 'kept' && run.mode === 'changes') {
    if (await changeSome(run, run.keys, told)) return note(run, { state: 'kept' });
  }
  const cards = await run.cards();
  goOn(run);
  const chosen = chosenFor(run, cards);
  const changes = listChanges(() => pages(run), chosen, run.turn);
  if (inStep && told > 0 && run.mode === 'changes') await send(run, changes, told);
  else if (!inStep || run.mode === 'whole' || !(await isEmpty(changes)))
    await replace(run, chosen, Math.max(told, known.version, 0));
  return note(run, verdictOn(chosen));
}

async function isEmpty(changes: AsyncGenerator<ListChange>): Promise<boolean> {
  const first = await changes.next();
  await changes.return(undefined);
  return first.done === true;
}

/** Changes the entries of these cards alone; false where there is no room for all of them. */
async function changeSome(run: ListRun, keys: ReadonlySet<string>, told: number): Promise<boolean> {
  const { gw, chargerId } = run;
  const cards = readSomeCards(gw, [...keys]);
  const before = store.entriesOf(gw.db, chargerId, [...keys]);
  const { most, longest } = boundsOf(run);
  const chosen = run.choose(cards, most, longest);
  const count = store.countEntries(gw.db, chargerId) - before.length + chosen.keys.length;
  if (chosen.beyond > 0 || chosen.unwritable > 0 || count > most) return false;
  await send(
    run,
    listChanges(() => [before], chosen, run.turn),
    told,
  );
  return true;
}

function chosenFor(run: ListRun, cards: ListCards): Chosen {
  const { most, longest, part } = boundsOf(run);
  return run.choose(cards, run.mode === 'whole-only' ? Math.min(most, part) : most, longest);
}

/** What the charger can hold, in all and in one message, and characters of a number. */
function boundsOf({ gw, chargerId }: ListRun): { most: number; part: number; longest: number } {
  const { maxEntries, maxPerMessage } = capabilitiesOf(gw, chargerId).localList;
  return {
    most: Math.min(maxEntries ?? USUAL_LENGTH, MOST_CARDS),
    part: Math.max(1, Math.min(maxPerMessage ?? USUAL_PART, MOST_PART)),
    longest: gw.connections.find(chargerId)?.tokenLimit ?? 0,
  };
}

function* pages(run: ListRun): Generator<store.StoredEntry[]> {
  const { gw, chargerId } = run;
  let page = store.pageEntries(gw.db, chargerId, '', PAGE);
  while (page.length > 0) {
    yield page;
    goOn(run);
    const last = page.at(-1);
    page = last && page.length === PAGE ? store.pageEntries(gw.db, chargerId, last.key, PAGE) : [];
  }
}

/** Sends the whole list: its first part replaces what the charger has, the others are added. */
async function replace(run: ListRun, chosen: Chosen, version: number): Promise<void> {
  await forget(run);
  const changes = listChanges(() => pages(run), chosen, run.turn);
  const { part } = boundsOf(run);
  let at = version;
  let whole = true;
  for await (const entries of inParts(changes, part)) {
    at = await deliver(run, entries, at, whole);
    whole = false;
  }
  if (whole) await deliver(run, [], at, true);
}

/** Sends differences, in as many messages as it takes, a version each. */
async function send(run: ListRun, changes: AsyncIterable<ListChange>, version: number): Promise<void> {
  let at = version;
  for await (const part of inParts(changes, boundsOf(run).part)) at = await deliver(run, part, at, false);
}

/** Sends a part under the version after this one, and stores it once the charger has it; gives its version. */
async function deliver(run: ListRun, part: readonly ListChange[], after: number, whole: boolean): Promise<number> {
  const { gw, chargerId } = run;
  const version = nextVersion(after);
  const entries = part.map(({ entry }) => entry);
  await hand(run, { kind: 'send-local-list', version, full: whole, entries });
  await gw.db.write((tx) => {
    if (!findCharger(gw.db, chargerId)) return;
    const known = store.findList(gw.db, chargerId) ?? NEVER;
    store.putList(gw.db, chargerId, { ...known, version, state: 'waiting', problem: null }, tx.now);
    for (const { key, stored } of part) store.putEntry(gw.db, chargerId, key, stored);
  });
  return version;
}

/** Errors: ListTrouble where the charger does not take it. */
async function hand(run: ListRun, order: OrderOf<'send-local-list'>): Promise<void> {
  const outcome = await ask(run, order);
  const { status, reason } = outcome.answer;
  if (status === 'accepted') return;
  // It answered without saying (Q27): the version it has now tells.
  if (status === 'unknown' && (await askVersion(run)) === order.version) return;
  if (status === 'not-supported') throw unheardOf(order, 'not supported');
  const why = reason === undefined ? '' : ` (${reason})`;
  throw new ListTrouble(
    'refused',
    `it answers ${status}${why} to ${order.full ? 'a whole list' : 'a change of its list'}`,
  );
}

function unheardOf(order: OrderOf<OrderKind>, answer: string): ListTrouble {
  if (order.kind === 'send-local-list' && !('full' in order && order.full))
    return new ListTrouble('whole-only', `it takes no changes of its list: ${answer}`);
  return new ListTrouble('unsupported', `it takes no list: ${answer}`, order.kind === 'local-list-version' ? -1 : 0);
}

async function askVersion(run: ListRun): Promise<number> {
  const { answer } = await ask(run, { kind: 'local-list-version' });
  return Number.isInteger(answer.version) ? answer.version : -1;
}

/** Gives the order behind all that people and clouds want. Errors: ListTrouble where there is no answer, or an error. */
async function ask<K extends 'local-list-version' | 'send-local-list'>(
  run: ListRun,
  order: OrderOf<K>,
): Promise<Extract<OrderOutcome<K>, { kind: 'answered' }>> {
  goOn(run);
  const over = Promise.withResolvers<null>();
  const end = (): void => over.resolve(null);
  run.signal.addEventListener('abort', end);
  const answer = orderCharger(run.gw, run.chargerId, order, { background: true });
  const outcome = await Promise.race([answer, over.promise]).finally(() =>
    run.signal.removeEventListener('abort', end),
  );
  goOn(run);
  if (outcome === null) throw new ListTrouble('gone', 'it went away');
  switch (outcome.kind) {
    case 'answered':
      return outcome;
    case 'error':
      if (/^not(implemented|supported)$/i.test(outcome.code.trim())) throw unheardOf(order, outcome.code);
      throw new ListTrouble('refused', `it answers ${order.kind} with ${outcome.code}`);
    case 'invalid':
      throw new ListTrouble('refused', `its protocol has no ${order.kind}: ${outcome.problems.join('; ')}`);
    case 'timeout':
    case 'queue-full':
      throw new ListTrouble('silent', `it did not answer ${order.kind} in time`);
    default:
      throw new ListTrouble('gone', 'it went away');
  }
}

/** Errors: ListTrouble where the charger went away, or the gateway stops. */
function goOn({ signal }: ListRun): void {
  if (signal.aborted) throw new ListTrouble('gone', 'it went away');
}

/** Until the whole list is taken, nothing is known of what the charger holds. */
async function forget(run: ListRun): Promise<void> {
  const { gw, chargerId } = run;
  let more = true;
  while (more) {
    goOn(run);
    more = await gw.db.write((tx) => {
      if (!findCharger(gw.db, chargerId)) return false;
      const known = store.findList(gw.db, chargerId) ?? NEVER;
      store.putList(gw.db, chargerId, { ...known, version: 0, state: 'waiting', problem: null }, tx.now);
      return store.dropEntries(gw.db, chargerId, PAGE);
    });
    await run.turn();
  }
}

/** Whether the charger was left without use of its list, as far as it shows. */
function isSwitchedOff({ gw, chargerId }: ListRun): boolean {
  const words = wordsOf(gw, chargerId);
  return words !== undefined && readFlag(valueOf(listKeys(gw.db, chargerId), words.localList.enabled)) === false;
}

/** Can it keep a list, as far as it says or was found? */
export function mayKeepList(gw: Gateway, chargerId: string): boolean {
  const { features, localList } = capabilitiesOf(gw, chargerId);
  const { skipped } = provisioningOf(gw, chargerId).findings;
  if (skipped.some(({ step }) => step === 'local-list-version')) return false;
  return features === null || features.includes('local-list') || localList.maxEntries !== null;
}

function verdictOn({ unwritable, beyond, keys }: Chosen): { state: LocalListState; problem: string | null } {
  const problems = [
    ...(beyond > 0 ? [`it holds ${keys.length} cards: ${beyond} more have no place`] : []),
    ...(unwritable > 0 ? [`${unwritable} cards have numbers that it cannot be told`] : []),
  ];
  if (problems.length === 0) return { state: 'kept', problem: null };
  return { state: 'cut', problem: problems.join('; ') };
}

/** Stores how a list stands, with the firmware of its charger, and tells it. */
export async function note(
  { gw, chargerId }: Pick<ListRun, 'gw' | 'chargerId'>,
  { state, problem = null, version }: { state: LocalListState; problem?: string | null; version?: number },
): Promise<LocalListState> {
  await gw.db.write((tx) => {
    const charger = findCharger(gw.db, chargerId);
    if (!charger) return;
    const known = store.findList(gw.db, chargerId) ?? NEVER;
    const syncedAt = state === 'kept' || state === 'cut' ? tx.now : known.syncedAt;
    const list = { version: version ?? known.version, state, problem, firmware: charger.firmware, syncedAt };
    store.putList(gw.db, chargerId, list, tx.now);
    tx.emit({ name: 'local-list.synced', data: { chargerId, state } });
  });
  return state;
}
