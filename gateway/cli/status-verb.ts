import type { Command } from 'commander';
import type { StatusBody } from '../../adapters/console/schemas.ts';
import { paintFor } from './colour.ts';
import type { Paint } from './colour.ts';
import { contextOf } from './context.ts';
import { localTime, pairs, printable, show } from './output.ts';

/** `status`: what an operator asks first, on one screen. */
export function addStatusVerb(program: Command): void {
  program
    .command('status')
    .description('the running gateway on one screen: chargers, sessions, uplink, readers, disk, warnings')
    .action(async (_options, command: Command) => {
      const { out, client } = contextOf(command);
      const status = await client().get<StatusBody>('/api/status');
      show(out, status, () => statusText(status, paintFor(process.stdout, process.env)));
    });
}

/** So many peers, readers or warnings are named; the rest is counted. */
const NAMED = 5;

/** The status for people. */
export function statusText(status: StatusBody, paint: Paint): string {
  const { counts, site, urls, running, today, disk, broker, lastBackup, storage } = status;
  const kw = (running.powerW / 1000).toFixed(1);
  const rows: [string, string][] = [
    ['site', `${site.name ?? site.id}, ${site.city} (${site.country})`],
    ['version', `${status.version}, up ${duration(status.uptimeSeconds)}`],
    ['ready', status.ready ? 'yes' : `no: ${status.reasons.join('; ')}`],
    [
      'chargers',
      `${counts.connected} of ${counts.chargers} connected${counts.pending > 0 ? `, ${counts.pending} wait to be accepted` : ''}`,
    ],
    ['sessions', `${running.sessions} under way, ${kw} kW; ${counts.occupied} of ${counts.evses} EVSEs in use`],
    ['today', todayText(today)],
    ...named('uplink', status.uplink.map(uplinkText), 'no peers'),
    ...named(
      'readers',
      status.readers.map(({ id, state }) => `${id} ${state}`),
      'none',
      ', ',
    ),
    ...(broker === null ? [] : [['mqtt', brokerText(broker)] as [string, string]]),
    ['storage', storage.fault ?? `good, ${storage.writes} writes in ${storage.commits} commits`],
    [
      'disk',
      disk === null
        ? 'cannot be looked at'
        : `${size(disk.freeBytes)} free of ${size(disk.totalBytes)}, database ${size(disk.databaseBytes)}`,
    ],
    ['backup', lastBackup === null ? 'none yet' : `the newest is of ${localTime(lastBackup)}`],
    ['charger URL', urls.ocpp ?? '–'],
    ...(urls.ocpps === null ? [] : [['with TLS', urls.ocpps] as [string, string]]),
    ['OCPI URL', urls.ocpi ?? '–'],
  ];
  const facts = pairs(rows)
    .split('\n')
    .map((line) => (/^(ready +no|storage +(?!good))/.test(line) ? paint('red', line) : line));
  const warnings = status.warnings.slice(0, NAMED).map((text) => paint('yellow', `WARNING: ${printable(text)}`));
  const more = status.warnings.length - warnings.length;
  const rest = more > 0 ? [paint('yellow', `and ${more} more: --json tells all`)] : [];
  return [...facts, ...(warnings.length > 0 ? ['', ...warnings, ...rest] : [])].join('\n');
}

function todayText({ reservations, bookings, next }: StatusBody['today']): string {
  const ahead = next === null ? '' : `, the next at ${localTime(next)}`;
  return `${reservations} bays kept now, ${bookings} bookings${ahead}`;
}

function uplinkText({ peer, state, since, waiting, dead, waitingSince }: StatusBody['uplink'][number]): string {
  const backlog = waiting === 0 ? 'nothing waits' : `${waiting} wait since ${localTime(waitingSince)}`;
  const how = state === 'idle' ? 'idle' : `${state} since ${localTime(since)}`;
  return `${peer}: ${how}, ${backlog}${dead > 0 ? `, ${dead} given up` : ''}`;
}

function brokerText({ url, connected, waiting, skipped }: NonNullable<StatusBody['broker']>): string {
  const backlog = waiting === 0 ? 'nothing waits' : `${waiting} events wait`;
  return `${url}: ${connected ? 'up' : 'down'}, ${backlog}${skipped > 0 ? `, ${skipped} left out` : ''}`;
}

/** A line each; beyond what fits on a screen, how many more. */
function named(label: string, items: string[], none: string, glue?: string): [string, string][] {
  const shown = items.slice(0, NAMED);
  const more = items.length > NAMED ? [`and ${items.length - NAMED} more`] : [];
  const lines = [...shown, ...more];
  if (lines.length === 0) return [[label, none]];
  if (glue !== undefined) return [[label, lines.join(glue)]];
  return lines.map((line, index) => [index === 0 ? label : '', line]);
}

function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function duration(seconds: number): string {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
