import { setImmediate } from 'node:timers/promises';
import { readMoment } from './cdr-export.ts';
import { GatewayError } from './domain/errors.ts';
import type { Millis } from './domain/time.ts';
import { canonicalUid } from './domain/token.ts';
import type { Gateway } from './gateway.ts';
import { listTokensOfConfig } from './store/tokens.ts';
import { createTokenCsvReader, type ReadLine, type ReadToken, type RefusedLine } from './token-csv.ts';
import { isMadeUp, MADE_UP } from './tokens.ts';

/** Bounds of one list. */
export const IMPORT_BYTES = 20 * 1024 * 1024;
export const IMPORT_ROWS = 200_000;
/** Refused lines that are told; the others are counted. */
const REFUSED_TOLD = 100;
/** A list that was read and checked whole. */
export interface StagedTokens {
  /** By canonical number. */
  cards: Map<string, ReadToken>;
  /** Numbers in refused lines: they stand in the file all the same. */
  refusedUids: Set<string>;
  refused: number;
  refusedLines: RefusedLine[];
}

/** Reads a list of cards (CSV in UTF-8) and checks each line; changes nothing. Errors: REQUEST_INVALID, FILE_TOO_BIG. */
export async function stageTokens(gw: Gateway, source: AsyncIterable<Uint8Array>): Promise<StagedTokens> {
  const declared = new Set(listTokensOfConfig(gw.db).map(({ uid }) => canonicalUid(uid)));
  const staged: StagedTokens = { cards: new Map(), refusedUids: new Set(), refused: 0, refusedLines: [] };
  const reader = createTokenCsvReader(remembering((text) => readMoment(text, gw.settings.site.timeZone)));
  let rows = 0;

  function take(lines: ReadLine[]): void {
    rows += lines.length;
    if (rows > IMPORT_ROWS)
      throw new GatewayError(
        'FILE_TOO_BIG',
        `the file has more than ${IMPORT_ROWS} cards: bring them in several files`,
      );
    for (const line of lines) takeLine(staged, line, declared);
  }

  for await (const text of textOf(source)) {
    take(reader.push(text));
    await setImmediate();
  }
  take(reader.end());
  return staged;
}

function takeLine(staged: StagedTokens, read: ReadLine, declared: ReadonlySet<string>): void {
  const key = read.uid === null ? null : canonicalUid(read.uid);
  const refuse = (refused: RefusedLine): void => {
    staged.refused += 1;
    if (staged.refusedLines.length < REFUSED_TOLD) staged.refusedLines.push(refused);
    if (key !== null) staged.refusedUids.add(key);
  };
  if ('refused' in read || key === null) {
    if ('refused' in read) refuse(read.refused);
    return;
  }
  const { line, uid, change } = read;
  const other = staged.cards.get(key);
  if (other) refuse({ line, column: 'uid', reason: `the same card stands in line ${other.line}` });
  else if (isMadeUp(uid, change.type)) refuse({ line, column: 'uid', reason: `it ${MADE_UP}` });
  else if (declared.has(key))
    refuse({ line, column: 'uid', reason: 'the card is declared in the config file: change it there' });
  else staged.cards.set(key, read);
}

/** Errors: FILE_TOO_BIG, REQUEST_INVALID for other text than UTF-8. */
async function* textOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let bytes = 0;
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > IMPORT_BYTES)
        throw new GatewayError('FILE_TOO_BIG', `the file is larger than ${IMPORT_BYTES} bytes: bring it in several`);
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA'))
      throw error;
    throw new GatewayError('REQUEST_INVALID', 'the file is not UTF-8: save it as "CSV UTF-8"', { cause: error });
  }
}

/** Lists have few dates, and many cards of each. */
function remembering(moment: (text: string) => Millis | null): (text: string) => Millis | null {
  const known = new Map<string, Millis | null>();
  return (text) => {
    let at = known.get(text);
    if (at === undefined) {
      at = moment(text);
      known.set(text, at);
    }
    return at;
  };
}
