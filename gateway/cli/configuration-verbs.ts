import type { Command } from 'commander';
import type { ConfigurationBody } from '../../adapters/console/routes/configuration.ts';
import { contextOf } from './context.ts';
import { localTime, show, table } from './output.ts';

/** Verbs on a charger's configuration keys: see them, write one, have all gone through again. */
export function addConfigurationVerbs(chargers: Command): void {
  const configuration = chargers
    .command('configuration <charger>')
    .description('configuration keys of a charger, and what they should hold')
    .option('--refresh', 'ask the charger first')
    .option('--wanted', 'only keys that should hold something')
    .action(async (id: string, options: { refresh?: boolean; wanted?: boolean }, command: Command) => {
      const { out, client } = contextOf(command);
      const query = options.refresh ? '?refresh=true' : '';
      const body = await client().get<ConfigurationBody>(`${pathOf(id)}/configuration${query}`);
      show(out, body, () => configurationText(id, body, options.wanted === true));
    });
  configuration
    .command('set <charger> <key> <value>')
    .description(
      'write one configuration key now, once; what it is to hold for good belongs into the configuration file',
    )
    .action(async (id: string, key: string, value: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const path = `${pathOf(id)}/configuration/${encodeURIComponent(key)}`;
      const answer = await client().put<WrittenAnswer>(path, { value });
      show(out, answer, () => writtenText(id, key, answer));
    });

  chargers
    .command('provision <charger>')
    .description('read and set the whole configuration of a charger again, with the steps that were left out')
    .action(async (id: string, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const body = await client().post<ConfigurationBody>(`${pathOf(id)}/provisioning`, {});
      show(out, body, () => `${id} is gone through; "chargegate chargers configuration ${id}" shows how far it is`);
    });
}

function pathOf(id: string): string {
  return `/api/chargers/${encodeURIComponent(id)}`;
}

const ANSWERS: Record<string, string> = {
  Accepted: 'took it',
  RebootRequired: 'took it, and uses it from its next reboot on',
  Rejected: 'refused it',
  NotSupported: 'has no such key',
  UnknownComponent: 'has no such key',
  UnknownVariable: 'has no such key',
};

/** As OCPP 1.6 has it, or 2.x. */
interface WrittenAnswer {
  status?: string;
  setVariableResult?: {
    attributeStatus?: string;
    attributeStatusInfo?: { reasonCode?: string; additionalInfo?: string };
  }[];
}

function writtenText(id: string, key: string, answer: WrittenAnswer): string {
  const { attributeStatus, attributeStatusInfo: why } = answer.setVariableResult?.[0] ?? {};
  const status = answer.status ?? attributeStatus ?? 'nothing';
  const reason = [why?.reasonCode, why?.additionalInfo].filter(Boolean).join(', ');
  return `${id} ${ANSWERS[status] ?? `answered ${status}`}: ${key}${reason === '' ? '' : ` (${reason})`}`;
}

function configurationText(id: string, body: ConfigurationBody, wantedOnly: boolean): string {
  const keys = body.keys.filter(({ desired }) => desired !== null || !wantedOnly);
  const lines = [`${id}: ${body.state}${body.updatedAt === null ? '' : `, ${localTime(body.updatedAt)}`}`];
  if (body.problem !== null) lines.push(`PROBLEM: ${body.problem}`);
  for (const { step, since } of body.skipped)
    lines.push(`LEFT OUT since ${localTime(since)}, because the charger went away in it: ${step}`);
  const rows = keys.map(({ key, value, known, readonly, secret, desired }) => [
    key,
    secret ? '(secret)' : known ? (value ?? '(kept to itself)') : '(no such key)',
    readonly ? 'yes' : '',
    desired ? (desired.value ?? '(secret)') : '',
    desired ? desired.by : '',
    desired ? desired.state : '',
  ]);
  const none = 'no keys known yet: they are read after the charger boots, or with --refresh';
  return [...lines, '', table(['KEY', 'VALUE', 'READ-ONLY', 'WANTED', 'BY', 'STATE'], rows, none)].join('\n');
}
