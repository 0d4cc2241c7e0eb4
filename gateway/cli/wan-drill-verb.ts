import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { WanDrillBody } from '../../adapters/console/routes/wan-drill.ts';
import { GatewayError } from '../domain/errors.ts';
import type { Client } from './client.ts';
import { contextOf } from './context.ts';
import { localTime, pairs, show } from './output.ts';

const URL = '/api/drills/wan-down';

/** The drill is looked at this often while somebody waits for it, ms. */
const LOOK = 500;

const LONGEST = 86_400;

interface DrillState {
  drill: WanDrillBody | null;
}

interface Options {
  abort?: boolean;
  status?: boolean;
  detach?: boolean;
}

/** `drill wan-down`: an outage of the internet connection, rehearsed. */
export function addWanDrillVerb(drill: Command, finish: (code: number) => void): void {
  drill
    .command('wan-down')
    .argument('[duration]', 'so long, a day at the most', secondsOf)
    .description('rehearse an outage: no call to a peer goes out for so long (90s, 10m, 2h), then tell what came of it')
    .option('--abort', 'end it now')
    .option('--status', 'how it stands, or what came of the last one')
    .option('--detach', 'do not wait for its end')
    .action(async (seconds: number | undefined, options: Options, command: Command) => {
      const { out, client } = contextOf(command);
      const daemon = client();
      const state = await begin(daemon, seconds, options);
      const waits = !options.detach && !options.status && state.drill !== null;
      const { drill: report } = waits ? await untilDone(daemon, state) : state;
      show(out, { drill: report }, () => (report ? reportText(report) : 'no outage was rehearsed since the start'));
      if (report?.state === 'done' && report.drainSeconds === null) finish(1);
    });
}

async function begin(daemon: Client, seconds: number | undefined, { abort, status }: Options): Promise<DrillState> {
  if (abort) return daemon.remove<DrillState>(URL);
  if (status) return daemon.get<DrillState>(URL);
  if (seconds === undefined)
    throw new GatewayError('REQUEST_INVALID', 'say how long: chargegate drill wan-down 10m (or --status, --abort)');
  return daemon.post<DrillState>(URL, { seconds });
}

/** `90`, `90s`, `10m`, `2h` in seconds. */
export function secondsOf(text: string): number {
  const [, number = '', unit = 's'] = /^(\d{1,5})([smh]?)$/.exec(text) ?? [];
  const seconds = Number(number) * (unit === 'h' ? 3600 : unit === 'm' ? 60 : 1);
  if (number === '' || seconds < 1 || seconds > LONGEST)
    throw new InvalidArgumentError('Write 90s, 10m or 2h, a day at the most.');
  return seconds;
}

/** Waits for the end; Ctrl-C lets calls out again, and the report is shown all the same. */
async function untilDone(daemon: Client, begun: DrillState): Promise<DrillState> {
  const abort = (): void => void daemon.remove(URL).catch(() => undefined);
  process.once('SIGINT', abort);
  try {
    let state = begun;
    while (state.drill !== null && state.drill.state !== 'done') {
      tell(state.drill);
      await new Promise((resolve) => setTimeout(resolve, LOOK));
      state = await daemon.get<DrillState>(URL);
    }
    return state;
  } finally {
    process.off('SIGINT', abort);
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
  }
}

function tell({ state, endsAt, queued }: WanDrillBody): void {
  if (!process.stderr.isTTY) return;
  const waiting = queued.reduce((sum, { now }) => sum + now, 0);
  const what =
    state === 'down' ? `the WAN is "down" until ${localTime(endsAt)}; Ctrl-C ends it` : 'peers are being told';
  process.stderr.write(`\r\u001B[K${what}: ${waiting} wait …`);
}

const STATES = {
  down: 'under way: nothing goes out to peers',
  draining: 'over; peers are being told what waited',
  done: 'over',
};

function reportText(report: WanDrillBody): string {
  const { state, startedAt, endsAt, endedAt, aborted, decisions, queued, awayBefore, drainSeconds } = report;
  const end = endedAt === null ? `${localTime(endsAt)} (ahead)` : `${localTime(endedAt)}${aborted ? ' (aborted)' : ''}`;
  const drained = drainSeconds === null ? (state === 'done' ? 'given up' : 'not yet') : `${drainSeconds.toFixed(1)} s`;
  return pairs([
    ['outage', STATES[state]],
    ['from', localTime(startedAt)],
    ['until', end],
    ['calls kept back', String(report.callsBlocked)],
    ['charges', `${report.chargesBegun} begun, ${report.chargesEnded} ended, ${report.billsIssued} bills`],
    ...rows(
      'cards',
      decisions.map(({ source, verdict, count }) => `${count} ${verdict} by ${SOURCES[source] ?? source}`),
      'none was held to anything',
    ),
    ...rows(
      'queued',
      queued.map(({ peer, before, most, now }) => `${peer}: ${before} before, ${most} at the most, ${now} now`),
      'nothing',
    ),
    ['told within', drained],
    ...awayBefore.map((peer): [string, string] => ['says nothing of', `${peer}: it was away before the drill too`]),
  ]);
}

const SOURCES: Record<string, string> = {
  'site-list': "the site's list",
  'peer-list': 'what peers told of their cards',
  'real-time': 'its owner, asked just then',
  offline: 'the rules for when nobody can be asked',
  policy: 'the rules for unknown cards',
  command: "a peer's command",
  reservation: 'a reservation',
};

function rows(label: string, items: string[], none: string): [string, string][] {
  if (items.length === 0) return [[label, none]];
  return items.map((item, index) => [index === 0 ? label : '', item]);
}
