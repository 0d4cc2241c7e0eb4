import type { Command } from 'commander';
import type { BalanceBody, LedgerBody } from '../../adapters/console/routes/prepaid.ts';
import { contextOf } from './context.ts';
import { count } from './options.ts';
import { localTime, pairs, show, table } from './output.ts';

/** Adds the money of prepaid cards to the `tokens` verbs. */
export function addPrepaidVerbs(tokens: Command): void {
  tokens
    .command('balance <uid>')
    .description('what a prepaid card has, and what moved on it')
    .option('--limit <n>', 'at most so many movements', count, 20)
    .action(async (uid: string, options: { limit: number }, command: Command) => {
      const { out, client } = contextOf(command);
      const path = `/api/tokens/${encodeURIComponent(uid)}`;
      const balance = await client().get<BalanceBody>(`${path}/balance`);
      const { items } = await client().get<{ items: LedgerBody[] }>(`${path}/ledger?limit=${options.limit}`);
      show(out, { ...balance, ledger: items }, () => `${balanceText(balance)}\n\n${ledgerText(items)}`);
    });
  tokens
    .command('refill <uid> <amount>')
    .description('bring money to a prepaid card, such as 50 or 12.50; with a minus it is taken back')
    .option('--note <text>', 'what it is for')
    .action(async (uid: string, amount: string, options: { note?: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const path = `/api/tokens/${encodeURIComponent(uid)}/refill`;
      const balance = await client().post<BalanceBody>(path, { amount, ...options });
      show(out, balance, () => balanceText(balance));
    });
}

function balanceText({ uid, currency, balance, reserved, available }: BalanceBody): string {
  return pairs([
    ['card', uid],
    ['balance', `${balance} ${currency}`],
    ['reserved', `${reserved} ${currency}`],
    ['available', `${available} ${currency}`],
  ]);
}

function ledgerText(entries: LedgerBody[]): string {
  return table(
    ['AT', 'WHAT', 'AMOUNT', 'SESSION', 'NOTE'],
    entries.map(({ at, kind, amount, currency, sessionId, note }) => [
      localTime(at),
      kind,
      `${amount} ${currency}`,
      sessionId ?? '–',
      note ?? '–',
    ]),
    'nothing has moved on it yet',
  );
}
