import { setImmediate } from 'node:timers/promises';
import type { Gateway } from './gateway.ts';
import { listTokensOfSite } from './store/tokens.ts';
import { TOKEN_CSV_HEADER, tokenCsvLine } from './token-csv.ts';

/** Cards read at a time: what an export holds in memory, however long it is. */
const PAGE = 500;

/**
 * The site's own cards, a piece of CSV at a time, as `importTokens` takes them. Those of the config file are not among
 * them, and neither are those of peers: both are told elsewhere.
 */
export async function* exportTokens(gw: Gateway): AsyncGenerator<string> {
  yield TOKEN_CSV_HEADER;
  let after = 0;
  for (;;) {
    const tokens = listTokensOfSite(gw.db, after, PAGE);
    const last = tokens.at(-1);
    if (last === undefined) return;
    yield tokens.map(tokenCsvLine).join('');
    after = last.seq;
    // Others have their turn between two pages.
    await setImmediate();
  }
}
