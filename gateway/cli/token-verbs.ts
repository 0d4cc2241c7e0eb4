import { Option } from 'commander';
import type { Command } from 'commander';
import type { TokenBody } from '../../adapters/console/schemas.ts';
import { contextOf } from './context.ts';
import { count } from './options.ts';
import { localTime, show, table } from './output.ts';
import { addTokenFileVerbs } from './token-file-verbs.ts';

interface CardOptions {
  type?: string;
  expires?: string;
  group?: string;
  payment?: string;
}

/** Verbs on cards and apps. */
export function addTokenVerbs(tokens: Command): void {
  tokens
    .command('list', { isDefault: true })
    .description('all cards, newest first')
    .option('--limit <n>', 'at most so many', count, 100)
    .action(async (options: { limit: number }, command: Command) => {
      const { out, client } = contextOf(command);
      const items = await client().list<TokenBody>('/api/tokens', options.limit);
      show(out, { items }, () => tokensText(items));
    });
  tokens
    .command('add <uid...>')
    .description("put cards on the site's own list, or let blocked ones charge again")
    .addOption(new Option('--type <type>', 'what they are').choices(['RFID', 'APP_USER', 'OTHER']))
    .option('--expires <time>', 'from then on they may not charge, 2027-01-31T00:00:00Z')
    .option('--group <id>', "cards of one group may stop each other's sessions")
    .option('--payment <text>', 'how their charges are paid')
    .action(async (uids: string[], options: CardOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const reached = client();
      const items: TokenBody[] = [];
      for (const uid of uids) items.push(await reached.put<TokenBody>(pathOf(uid), changeOf(options)));
      show(out, items.length === 1 ? items[0] : { items }, () => items.map(addedText).join('\n'));
    });
  tokens
    .command('block <uid>')
    .description('keep a card on the list, and from charging')
    .action(async (uid: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const token = await client().put<TokenBody>(pathOf(uid), { blocked: true });
      show(out, token, () => `${token.uid} may not charge here any more`);
    });
  tokens
    .command('unblock <uid>')
    .description('let a card on the list charge again')
    .action(async (uid: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const reached = client();
      // A card that is not there is not put there.
      await reached.get(pathOf(uid));
      const token = await reached.put<TokenBody>(pathOf(uid), { blocked: false });
      show(out, token, () => addedText(token));
    });
  tokens
    .command('remove <uid>')
    .description("take a card off the site's own list")
    .action(async (uid: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      await client().remove(pathOf(uid));
      show(out, { removed: uid }, () => `${uid} is off the site's own list`);
    });
  addTokenFileVerbs(tokens);
}

function changeOf({ type, expires, group, payment }: CardOptions): object {
  return {
    blocked: false,
    ...(type !== undefined && { type }),
    ...(expires !== undefined && { expiresAt: expires }),
    ...(group !== undefined && { groupId: group }),
    ...(payment !== undefined && { payment }),
  };
}

function pathOf(uid: string): string {
  return `/api/tokens/${encodeURIComponent(uid)}`;
}

function addedText({ uid, expiresAt, weak }: TokenBody): string {
  const until = expiresAt === null ? '' : ` until ${localTime(expiresAt)}`;
  return `${uid} may charge here${until}${weak ? '; its number is short: easily copied, and another card may have it too' : ''}`;
}

function tokensText(tokens: TokenBody[]): string {
  return table(
    ['UID', 'TYPE', 'OF', 'MAY CHARGE', 'EXPIRES', 'CONTRACT', 'NUMBER'],
    tokens.map((token) => [
      token.uid,
      token.type,
      token.peer ?? (token.origin === 'config' ? 'config file' : 'site'),
      token.valid ? 'yes' : 'no',
      localTime(token.expiresAt),
      token.contractId,
      token.weak ? 'weak' : '',
    ]),
    'no cards yet: put one on the list with "chargegate tokens add UID"',
  );
}
