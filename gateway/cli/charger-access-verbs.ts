import { readFileSync } from 'node:fs';
import { Argument } from 'commander';
import type { Command } from 'commander';
import type { ProfileBody, RotationBody, SecurityBody } from '../../adapters/console/routes/charger-access.ts';
import { GatewayError } from '../domain/errors.ts';
import { contextOf } from './context.ts';
import { answerText, declined, localTime, pairs, show } from './output.ts';

/** Verbs on how chargers prove who they are: passwords and security profiles. */
export function addChargerAccessVerbs(chargers: Command): void {
  chargers
    .command('security <charger>')
    .description('how a charger proves who it is, and what is asked of it')
    .action(async (id: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const security = await client().get<SecurityBody>(pathOf(id, 'security'));
      show(out, security, () => securityText(security));
    });
  addPasswordVerbs(chargers);
  chargers
    .command('security-profile <charger>')
    .description('the lowest security profile that a charger may use; with --apply, tell the charger to move up to it')
    .addArgument(new Argument('<profile>', '0 nothing, 1 password, 2 TLS, 3 certificate').choices(['0', '1', '2', '3']))
    .option('--apply', 'tell the charger; what is let in follows when it has moved')
    .action(async (id: string, profile: string, { apply = false }: { apply?: boolean }, command: Command) => {
      const { out, client } = contextOf(command);
      const body = await client().put<ProfileBody>(pathOf(id, 'security-profile'), { profile: Number(profile), apply });
      const what = `security profile ${profile}`;
      show(out, body, () =>
        [...(apply ? [answerText(id, what, body.answer)] : []), securityText(body.security)].join('\n'),
      );
      if (apply) declined(id, what, body.answer);
    });
}

function addPasswordVerbs(chargers: Command): void {
  chargers
    .command('set-password <charger>')
    .description(
      'say which password was put into a charger by hand; read from stdin, so that no list of processes shows it',
    )
    .addArgument(new Argument('[source]', 'stdin').choices(['-']).default('-'))
    .action(async (id: string, _source: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const security = await client().put<SecurityBody>(pathOf(id, 'password'), { password: passwordFromStdin() });
      show(out, security, () => `${id} is asked for this password from now on`);
    });
  chargers
    .command('clear-password <charger>')
    .description("forget the passwords that a charger was given here; the configuration's counts again, or none")
    .action(async (id: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const security = await client().remove<SecurityBody>(pathOf(id, 'password'));
      show(out, security, () => securityText(security));
    });
  chargers
    .command('rotate-password <charger>')
    .description('make a new password and give it to the charger; nobody sees it')
    .action(async (id: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const body = await client().post<RotationBody>(pathOf(id, 'password/rotation'), {});
      show(out, body, () => [answerText(id, 'the new password', body.answer), RESULTS[body.result]].join('\n'));
      declined(id, 'the new password', body.answer);
    });
}

const RESULTS: Record<RotationBody['result'], string> = {
  taken: 'It counts from now on; the old one is good until the new one is used, and no longer than the grace.',
  refused: 'The old one stays.',
  open: 'Whether it took it is not known: both are good until it shows.',
};

function pathOf(id: string, part: string): string {
  return `/api/chargers/${encodeURIComponent(id)}/${part}`;
}

function passwordFromStdin(): string {
  const password = readFileSync(0, 'utf8').replace(/\r?\n$/, '');
  if (password === '')
    throw new GatewayError(
      'REQUEST_INVALID',
      'no password came on stdin: printf %s PASSWORD | chargegate chargers set-password ID',
    );
  return password;
}

const FORMS: Record<NonNullable<SecurityBody['passwordForm']>, string> = {
  text: 'as it was given',
  hex: 'as the text of hex digits',
  bytes: 'as bytes',
};

const SOURCES: Record<SecurityBody['password'], string> = {
  none: 'none is asked',
  config: 'as in the configuration',
  own: 'its own, given here',
};

function securityText(security: SecurityBody): string {
  const { profile, floor, configFloor, wishedProfile, password, passwordForm, rotation, graceUntil } = security;
  const until = graceUntil === null ? '' : ` until ${localTime(graceUntil)}`;
  const change = { none: 'none', open: `sent, not known to be taken${until}`, grace: `old one good${until}` }[rotation];
  return pairs([
    ['charger', security.chargerId],
    ['profile', profile === null ? 'not connected' : String(profile)],
    ['lowest allowed', `${floor} (configuration: ${configFloor})`],
    ['told to move to', wishedProfile === null ? '–' : String(wishedProfile)],
    ['password', SOURCES[password] + (passwordForm === null ? '' : `, sent ${FORMS[passwordForm]}`)],
    ['new password', change],
  ]);
}
