import type { Command } from 'commander';
import type { ChargerBody, RunningBody, SessionBody } from '../../adapters/console/schemas.ts';
import { addChargerAccessVerbs } from './charger-access-verbs.ts';
import { addConfigurationVerbs } from './configuration-verbs.ts';
import { contextOf, readJson } from './context.ts';
import { addFileVerbs } from './file-verbs.ts';
import { count } from './options.ts';
import { addOrderVerbs } from './order-verbs.ts';
import { localTime, show, table } from './output.ts';
import { addStatusVerb } from './status-verb.ts';

/** Verbs on what is at the site: its state, chargers and sessions. */
export function addSiteVerbs(program: Command): void {
  addStatusVerb(program);
  const chargers = program
    .command('chargers')
    .description('chargers, their EVSEs and what these do')
    .action(async (_options, command: Command) => {
      const { out, client } = contextOf(command);
      const items = await client().list<ChargerBody>('/api/chargers', 10_000);
      show(out, { items }, () => chargersText(items));
    });
  addOrderVerbs(chargers);
  addConfigurationVerbs(chargers);
  addChargerAccessVerbs(chargers);
  addFileVerbs(program, chargers);

  program
    .command('sessions')
    .description('charging sessions, newest first')
    .option('--limit <n>', 'at most so many', count, 20)
    .option('--running', 'only those under way, with what they draw')
    .action(async (options: { limit: number; running?: boolean }, command: Command) => {
      const { out, client } = contextOf(command);
      if (options.running) {
        const { items } = await client().get<{ items: RunningBody[] }>('/api/sessions/running');
        return show(out, { items }, () => sessionsText(items, 'nobody is charging'));
      }
      const items = await client().list<SessionBody>('/api/sessions', options.limit);
      show(out, { items }, () => sessionsText(items));
    });

  program
    .command('call <charger> <action> [json]')
    .description('make an OCPP call to a charger and print its answer; json "-" reads the payload from stdin')
    .action(async (id: string, action: string, json: string | undefined, _options, command: Command) => {
      const { out, client } = contextOf(command);
      const payload = json === undefined ? {} : readJson(json);
      const path = `/api/chargers/${encodeURIComponent(id)}/calls`;
      out.print(JSON.stringify(await client().post(path, { action, payload }), null, 2));
    });
}

function chargersText(chargers: ChargerBody[]): string {
  return table(
    ['CHARGER', 'CONNECTED', 'STATE', 'PROTOCOL', 'MODEL', 'EVSES', 'LAST SEEN'],
    chargers.map((charger) => [
      charger.id,
      charger.connected ? 'yes' : 'no',
      charger.registration,
      charger.protocol ?? '–',
      [charger.vendor, charger.model].filter((part) => part !== null).join(' ') || '–',
      charger.evses
        .filter((evse) => !evse.removed)
        .map((evse) => `${evse.evse}:${evse.status}`)
        .join(' ') || '–',
      localTime(charger.lastSeenAt),
    ]),
    'no chargers yet: point one at the charger URL that "chargegate status" shows, or try "chargegate simulate"',
  );
}

function sessionsText(
  sessions: (SessionBody & Partial<RunningBody>)[],
  none = 'no sessions yet: they appear when somebody charges',
): string {
  return table(
    ['STARTED', 'STATUS', 'CHARGER', 'EVSE', 'CARD', 'KWH', 'KW', 'COST', 'ENDED'],
    sessions.map((session) => [
      localTime(session.startedAt),
      session.status,
      session.chargerId,
      String(session.evse),
      session.tokenUid,
      session.kwh.toFixed(3),
      typeof session.powerW === 'number' ? (session.powerW / 1000).toFixed(1) : '–',
      session.cost ? `${session.cost.afterTaxes} ${session.cost.currency}` : '–',
      localTime(session.endedAt),
    ]),
    none,
  );
}
