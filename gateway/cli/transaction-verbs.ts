import type { Command } from 'commander';
import type { TransactionBody } from '../../adapters/console/schemas.ts';
import { contextOf } from './context.ts';
import { count } from './options.ts';
import { localTime, show, table } from './output.ts';

/** Verbs on what chargers measured. */
export function addTransactionVerbs(program: Command): void {
  const transactions = program
    .command('transactions')
    .description('what chargers measured, newest first')
    .option('--limit <n>', 'at most so many', count, 20)
    .action(async (options: { limit: number }, command: Command) => {
      const { out, client } = contextOf(command);
      const items = await client().list<TransactionBody>('/api/transactions', options.limit);
      show(out, { items }, () => transactionsText(items));
    });
  transactions
    .command('close <id>')
    .description('end, by estimate, a transaction whose charger does not tell its stop')
    .option('--force', 'also where the connected charger says that it is still charging')
    .action(async (id: string, options: { force?: boolean }, command: Command) => {
      const { out, client } = contextOf(command);
      const path = `/api/transactions/${encodeURIComponent(id)}/close`;
      const closed = await client().post<TransactionBody>(path, { force: options.force ?? false });
      show(out, closed, () => `transaction ${closed.id} ended, by estimate, at ${closed.meterStop ?? '?'} Wh`);
    });
}

function transactionsText(transactions: TransactionBody[]): string {
  return table(
    ['STARTED', 'CHARGER', 'EVSE', 'CARD', 'FROM WH', 'TO WH', 'ENDED', 'BY', 'ID'],
    transactions.map((transaction) => [
      localTime(transaction.startedAt),
      transaction.chargerId,
      String(transaction.evse),
      transaction.tokenUid,
      String(transaction.meterStart),
      transaction.meterStop === null ? '–' : String(transaction.meterStop),
      localTime(transaction.stoppedAt),
      endText(transaction),
      transaction.id,
    ]),
    'no transactions yet: they appear when somebody charges',
  );
}

function endText({ stopReason, stopEstimated, stopPendingSince }: TransactionBody): string {
  if (stopPendingSince !== null) return `stop pending since ${localTime(stopPendingSince)}`;
  return `${stopReason ?? 'running'}${stopEstimated ? ' (estimated)' : ''}`;
}
