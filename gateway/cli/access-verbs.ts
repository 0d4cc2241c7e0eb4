import { randomBytes } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { PeerBody, TokenBody } from '../../adapters/console/schemas.ts';
import { contextOf } from './context.ts';
import { count, visibility } from './options.ts';
import { localTime, pairs, show, table } from './output.ts';
import { addRegistrationVerbs } from './registration-verbs.ts';

/** Verbs on who may use the site: cards and OCPI peers. */
export function addAccessVerbs(program: Command): void {
  addTokenVerbs(program.command('tokens').description("cards: the site's own list and what peers sent"));
  addPeerVerbs(program.command('peers').description('OCPI connections: clouds, eMSPs, hubs'));
}

interface CardOptions {
  type?: string;
  expires?: string;
  group?: string;
  payment?: string;
}

function addTokenVerbs(tokens: Command): void {
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
    .command('add <uid>')
    .description("put a card on the site's own list, or let a blocked one charge again")
    .addOption(new Option('--type <type>', 'what it is').choices(['RFID', 'APP_USER', 'OTHER']))
    .option('--expires <time>', 'from then on it may not charge, 2027-01-31T00:00:00Z')
    .option('--group <id>', "cards of one group may stop each other's sessions")
    .option('--payment <text>', 'how its charges are paid')
    .action(async (uid: string, options: CardOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const token = await client().put<TokenBody>(tokenPath(uid), {
        blocked: false,
        ...(options.type !== undefined && { type: options.type }),
        ...(options.expires !== undefined && { expiresAt: options.expires }),
        ...(options.group !== undefined && { groupId: options.group }),
        ...(options.payment !== undefined && { payment: options.payment }),
      });
      show(
        out,
        token,
        () => `${token.uid} may charge here${token.expiresAt ? ` until ${localTime(token.expiresAt)}` : ''}`,
      );
    });
  tokens
    .command('block <uid>')
    .description('keep a card on the list, and from charging')
    .action(async (uid: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const token = await client().put<TokenBody>(tokenPath(uid), { blocked: true });
      show(out, token, () => `${token.uid} may not charge here any more`);
    });
  tokens
    .command('remove <uid>')
    .description("take a card off the site's own list")
    .action(async (uid: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      await client().remove(tokenPath(uid));
      show(out, { removed: uid }, () => `${uid} is off the site's own list`);
    });
}

interface PeerOptions {
  visibility: string;
  inboundToken?: string;
  outboundToken?: string;
  versionsUrl?: string;
}

function addPeerVerbs(peers: Command): void {
  addRegistrationVerbs(peers);
  peers
    .command('list', { isDefault: true })
    .description('all connections')
    .action(async (_options, command: Command) => {
      const { out, client } = contextOf(command);
      const { items } = await client().get<{ items: PeerBody[] }>('/api/peers');
      show(out, { items }, () => peersText(items));
    });
  peers
    .command('add <name>')
    .description('make a connection without the handshake, for a peer that knows its token already')
    .addOption(visibility())
    .option('--inbound-token <token>', 'what the peer uses with us; made up and shown when left out')
    .option('--outbound-token <token>', 'what we use with the peer')
    .option('--versions-url <url>', "the peer's OCPI versions URL")
    .action(async (name: string, options: PeerOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const { inboundToken = randomBytes(32).toString('base64url'), ...rest } = options;
      const peer = await client().post<PeerBody>('/api/peers', { name, inboundToken, ...rest });
      const made = options.inboundToken === undefined ? { ...peer, inboundToken } : peer;
      show(out, made, () =>
        options.inboundToken === undefined
          ? `${name} may connect, with this token (shown only now): ${inboundToken}`
          : `${name} may connect`,
      );
    });
  peers
    .command('invite <name>')
    .description('make a token with which a peer registers itself (the OCPI handshake)')
    .addOption(visibility())
    .action(async (name: string, options: { visibility: string }, command: Command) => {
      const { out, client } = contextOf(command);
      const made = await client().post<{ token: string; versionsUrl: string | null }>(
        `/api/peers/${encodeURIComponent(name)}/invitation`,
        { visibility: options.visibility },
      );
      show(out, made, () =>
        [
          `Give these to ${name}; the token is shown only now and works once:`,
          pairs([
            ['versions URL', made.versionsUrl ?? '–'],
            ['token', made.token],
          ]),
        ].join('\n'),
      );
    });
}

function tokenPath(uid: string): string {
  return `/api/tokens/${encodeURIComponent(uid)}`;
}

function tokensText(tokens: TokenBody[]): string {
  return table(
    ['UID', 'TYPE', 'OF', 'MAY CHARGE', 'EXPIRES', 'CONTRACT'],
    tokens.map((token) => [
      token.uid,
      token.type,
      token.peer ?? (token.origin === 'config' ? 'config file' : 'site'),
      token.valid ? 'yes' : 'no',
      localTime(token.expiresAt),
      token.contractId,
    ]),
    'no cards yet: put one on the list with "chargegate tokens add UID"',
  );
}

function peersText(peers: PeerBody[]): string {
  return table(
    ['PEER', 'STATE', 'SEES', 'VERSION', 'PARTIES', 'PUSH', 'LAST SEEN'],
    peers.map((peer) => [
      peer.name,
      peer.handshake ? `${peer.state}, ${peer.handshake.kind} unanswered` : peer.state,
      peer.visibility,
      peer.version ?? '–',
      peer.parties.map((party) => `${party.countryCode}*${party.partyId} ${party.role}`).join(', ') || '–',
      [
        peer.push.state,
        peer.outbox.waiting > 0 && `${peer.outbox.waiting} wait`,
        peer.outbox.dead > 0 && `${peer.outbox.dead} given up`,
      ]
        .filter(Boolean)
        .join(', '),
      localTime(peer.lastSeenAt),
    ]),
    'no peers yet: "chargegate peers invite NAME" makes a registration token for one',
  );
}
