import { Argument } from 'commander';
import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import type { PeerBody } from '../../adapters/console/schemas.ts';
import { GatewayError } from '../domain/errors.ts';
import { PEER_QUIRKS } from '../domain/peer-quirks.ts';
import { contextOf } from './context.ts';
import { visibility } from './options.ts';
import { pairs, show } from './output.ts';

interface RegisterOptions {
  versionsUrl: string;
  token: string;
  visibility?: string;
}

/** Verbs on a peer's registration: `peers register`, `rotate`, `unregister`, `quirks`. */
export function addRegistrationVerbs(peers: Command): void {
  peers
    .command('register <name>')
    .description('register with a platform that gave us a registration token (the OCPI handshake, begun by us)')
    .requiredOption('--versions-url <url>', "the peer's OCPI versions URL")
    .requiredOption('--token <token>', 'the registration token it gave; "-" reads it from stdin')
    .addOption(visibility())
    .action(async (name: string, options: RegisterOptions, command: Command) => {
      const { out, client } = contextOf(command);
      const peer = await client().post<PeerBody>(registrationPath(name), { ...options, token: tokenOf(options.token) });
      show(out, peer, () => `${name} is registered\n${peerText(peer)}`);
    });
  peers
    .command('rotate <name>')
    .description('new tokens both ways with a registered peer')
    .action(async (name: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const peer = await client().put<PeerBody>(registrationPath(name), {});
      show(out, peer, () => `${name} has new tokens\n${peerText(peer)}`);
    });
  peers
    .command('unregister <name>')
    .description('end the relation with a peer: both tokens are void afterwards')
    .option('--force', 'on our side alone, where the peer does not answer')
    .action(async (name: string, options: { force?: true }, command: Command) => {
      const { out, client } = contextOf(command);
      await client().remove(`${registrationPath(name)}${options.force ? '?force=true' : ''}`);
      show(out, { unregistered: name }, () => `${name} is unregistered`);
    });
  peers
    .command('quirks <name>')
    .description('say how a peer has to be handled beyond what its OCPI version says; none given: as the version says')
    .addArgument(new Argument('[quirks...]', 'all that apply').choices(PEER_QUIRKS))
    .action(async (name: string, quirks: string[], _options, command: Command) => {
      const { out, client } = contextOf(command);
      const peer = await client().put<PeerBody>(`/api/peers/${encodeURIComponent(name)}/quirks`, { quirks });
      show(out, peer, () => `${name}: ${peer.quirks.join(', ') || 'no quirks'}`);
    });
}

function registrationPath(name: string): string {
  return `/api/peers/${encodeURIComponent(name)}/registration`;
}

/** Not as an argument, where a list of processes would show it. Errors: REQUEST_INVALID. */
function tokenOf(given: string): string {
  if (given !== '-') return given;
  const token = readFileSync(0, 'utf8').trim();
  if (token === '')
    throw new GatewayError('REQUEST_INVALID', 'no token came on stdin: printf %s TOKEN | chargegate peers register …');
  return token;
}

function peerText(peer: PeerBody): string {
  return pairs([
    ['version', peer.version ?? '–'],
    ['parties', peer.parties.map(({ countryCode, partyId, role }) => `${countryCode}*${partyId} ${role}`).join(', ')],
    ['versions URL', peer.versionsUrl ?? '–'],
  ]);
}
