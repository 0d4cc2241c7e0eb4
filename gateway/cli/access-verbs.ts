import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import type { PeerBody } from '../../adapters/console/schemas.ts';
import { contextOf } from './context.ts';
import { visibility } from './options.ts';
import { localTime, pairs, show, table } from './output.ts';
import { addReaderVerbs } from './reader-verbs.ts';
import { addRegistrationVerbs } from './registration-verbs.ts';
import { addPrepaidVerbs } from './prepaid-verbs.ts';
import { addTokenVerbs } from './token-verbs.ts';

/** Verbs on who may use the site: cards, the readers they are held to, and OCPI peers. */
export function addAccessVerbs(program: Command): void {
  const tokens = program.command('tokens').description("cards: the site's own list and what peers sent");
  addTokenVerbs(tokens);
  addPrepaidVerbs(tokens);
  addReaderVerbs(program.command('readers').description("card readers of the site's own, on serial lines"));
  addPeerVerbs(program.command('peers').description('OCPI connections: clouds, eMSPs, hubs'));
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
