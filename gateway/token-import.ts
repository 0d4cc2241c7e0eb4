import { setImmediate } from 'node:timers/promises';
import { GatewayError } from './domain/errors.ts';
import { canonicalUid } from './domain/token.ts';
import { toUtc, type Millis } from './domain/time.ts';
import type { Token } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import type { Tx } from './store/db.ts';
import { readMeta, writeMeta } from './store/meta.ts';
import { deleteToken, listTokensOfSite } from './store/tokens.ts';
import type { ReadToken, RefusedLine } from './token-csv.ts';
import { stageTokens, type StagedTokens } from './token-staging.ts';
import { findSiteTokens, siteToken, storeSiteToken } from './tokens.ts';

/** Cards in one write, so that nobody waits for long behind it. */
const CHUNK = 500;
const MARKER = 'token-import';

export interface ImportOptions {
  /** `replace` also takes cards off the site's own list that the file does not have. */
  mode: 'merge' | 'replace';
  /** Only tells what would be done. */
  dryRun: boolean;
  /** Takes the good lines where others are refused; else nothing is done then. */
  skipBad: boolean;
}

export interface ImportReport {
  /** False: nothing was changed, and the counts tell what the good lines would do. */
  applied: boolean;
  added: number;
  changed: number;
  same: number;
  removed: number;
  refused: number;
  /** The first hundred. */
  refusedLines: RefusedLine[];
}

type Counts = Pick<ImportReport, 'added' | 'changed' | 'same' | 'removed'>;

/**
 * Takes in a list of cards (CSV in UTF-8) for the site's own list. All of it is read and checked before anything is
 * changed; then it is stored in pieces, so that nobody waits for long. After a power cut amid that, what was stored is
 * whole cards, and the same import once more completes it. Errors: REQUEST_INVALID, FILE_TOO_BIG; when one of them is
 * thrown nothing was changed.
 */
export async function importTokens(
  gw: Gateway,
  source: AsyncIterable<Uint8Array>,
  options: ImportOptions,
): Promise<ImportReport> {
  const staged = await stageTokens(gw, source);
  const { cards, refused, refusedLines } = staged;
  if (options.mode === 'replace' && cards.size === 0)
    throw new GatewayError(
      'REQUEST_INVALID',
      'no line of the file is a card: replacing by it would take all cards away',
    );
  const leaving = options.mode === 'replace' ? await findLeaving(gw, staged) : [];
  const applied = !options.dryRun && (refused === 0 || options.skipBad);
  const counts = applied ? await apply(gw, cards, leaving, options.mode) : await preview(gw, cards, leaving);
  if (applied)
    gw.log.info({ ...counts, refused, mode: options.mode }, "a list of cards was taken into the site's own list");
  return { applied, ...counts, refused, refusedLines };
}

/** Tells in the log of an import that a power cut ended; for the start. */
export function reviewImport(gw: Gateway): void {
  const unfinished = unfinishedImport(gw);
  if (unfinished)
    gw.log.warn(
      { mode: unfinished.mode, since: toUtc(unfinished.since) },
      'a list of cards was stored in part and not to its end: import it once more',
    );
}

/** An import that began to store and never came to its end; null where there is none. */
export function unfinishedImport(gw: Gateway): { mode: string; since: Millis } | null {
  const marker = readMeta(gw.db, MARKER);
  return marker === undefined || marker.value === '' ? null : { mode: marker.value, since: marker.updatedAt };
}

/** Cards of the site's own list that do not stand in the file. */
async function findLeaving(gw: Gateway, { cards, refusedUids }: StagedTokens): Promise<string[]> {
  const leaving: string[] = [];
  let after: number | undefined = 0;
  while (after !== undefined) {
    const page = listTokensOfSite(gw.db, after, CHUNK);
    for (const { uid } of page) {
      const key = canonicalUid(uid);
      if (!cards.has(key) && !refusedUids.has(key)) leaving.push(key);
    }
    after = page.at(-1)?.seq;
    await setImmediate();
  }
  return leaving;
}

async function preview(gw: Gateway, cards: StagedTokens['cards'], leaving: string[]): Promise<Counts> {
  const counts: Counts = { added: 0, changed: 0, same: 0, removed: leaving.length };
  for (const chunk of chunksOf([...cards])) {
    const known = findSiteTokens(gw, keysOf(chunk));
    for (const [key, { uid, change }] of chunk) {
      const before = known.get(key) ?? null;
      counts[outcomeOf(before, siteToken(gw, before, uid, change, 0))] += 1;
    }
    await setImmediate();
  }
  return counts;
}

async function apply(
  gw: Gateway,
  cards: StagedTokens['cards'],
  leaving: string[],
  mode: ImportOptions['mode'],
): Promise<Counts> {
  const counts: Counts = { added: 0, changed: 0, same: 0, removed: 0 };
  await gw.db.write((tx) => writeMeta(gw.db, MARKER, mode, tx.stamp));
  for (const chunk of chunksOf([...cards])) {
    const outcomes = await gw.db.write((tx) => put(gw, tx, chunk));
    for (const outcome of outcomes) counts[outcome] += 1;
  }
  for (const chunk of chunksOf(leaving)) counts.removed += await gw.db.write((tx) => remove(gw, tx, chunk));
  await gw.db.write((tx) => writeMeta(gw.db, MARKER, '', tx.stamp));
  return counts;
}

function put(gw: Gateway, tx: Tx, chunk: [key: string, card: ReadToken][]): Outcome[] {
  const known = findSiteTokens(gw, keysOf(chunk));
  return chunk.map(([key, { uid, change }]) => {
    const before = known.get(key) ?? null;
    const token = siteToken(gw, before, uid, change, tx.stamp);
    const outcome = outcomeOf(before, token);
    if (outcome !== 'same') storeSiteToken(gw, tx, before, token);
    return outcome;
  });
}

function remove(gw: Gateway, tx: Tx, keys: string[]): number {
  const known = [...findSiteTokens(gw, keys).values()].filter(({ origin }) => origin === 'site');
  for (const token of known) {
    deleteToken(gw.db, token);
    tx.emit({ name: 'token.changed', data: { uid: token.uid } });
  }
  return known.length;
}

type Outcome = 'added' | 'changed' | 'same';

function outcomeOf(known: Token | null, token: Token): Outcome {
  if (known === null) return 'added';
  const isSame =
    known.countryCode === token.countryCode.toUpperCase() &&
    known.partyId === token.partyId.toUpperCase() &&
    known.type === token.type &&
    known.contractId === token.contractId &&
    known.visualNumber === token.visualNumber &&
    known.groupId === token.groupId &&
    known.valid === token.valid &&
    known.whitelist === token.whitelist &&
    known.language === token.language &&
    known.expiresAt === token.expiresAt &&
    known.payment === token.payment;
  return isSame ? 'same' : 'changed';
}

function keysOf(chunk: [key: string, card: ReadToken][]): string[] {
  return chunk.map(([key]) => key);
}

function* chunksOf<T>(items: readonly T[]): Generator<T[]> {
  for (let from = 0; from < items.length; from += CHUNK) yield items.slice(from, from + CHUNK);
}
