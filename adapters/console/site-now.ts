import { bookingsBetween } from '../../gateway/day-plan.ts';
import { diskSpace } from '../../gateway/disk.ts';
import { takesBay } from '../../gateway/domain/bookings.ts';
import { toUtc } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { dayAt, siteDay } from '../../gateway/local-times.ts';
import { listPeerViews } from '../../gateway/peers.ts';
import { listReaders } from '../../gateway/readers.ts';
import { listRunning } from '../../gateway/running.ts';
import { listLiveReservations } from '../../gateway/site-reservations.ts';
import type { StatusBody } from './schemas.ts';

type SiteNow = Pick<
  StatusBody,
  'running' | 'uplink' | 'readers' | 'disk' | 'broker' | 'lastBackup' | 'today' | 'drill'
>;

/** What goes on at the site just now. */
export function siteNow(gw: Gateway): SiteNow {
  const running = listRunning(gw);
  const space = diskSpace(gw);
  const newestBackup = gw.upkeep?.newestBackup ?? null;
  return {
    running: { sessions: running.length, powerW: running.reduce((sum, { powerW }) => sum + (powerW ?? 0), 0) },
    uplink: listPeerViews(gw).map(({ name, push, waiting, dead, waitingSince }) => ({
      peer: name,
      state: push.kind,
      since: push.kind === 'idle' ? null : toUtc(push.since),
      problem: 'problem' in push ? push.problem : null,
      waiting,
      dead,
      waitingSince: waitingSince === null ? null : toUtc(waitingSince),
    })),
    readers: listReaders(gw).map(({ id, state, since, reason }) => ({ id, state, since: toUtc(since), reason })),
    disk: space && { freeBytes: space.free, totalBytes: space.total, databaseBytes: space.database },
    broker: gw.broker?.() ?? null,
    lastBackup: newestBackup === null ? null : toUtc(newestBackup),
    today: today(gw),
    drill: drill(gw),
  };
}

function today(gw: Gateway): SiteNow['today'] {
  const { timeZone } = gw.settings.site;
  const now = gw.clock();
  const { from, to } = siteDay(dayAt(now, timeZone), timeZone);
  const booked = bookingsBetween(gw, from, to).filter(takesBay);
  const next = booked.map(({ startsAt }) => startsAt).filter((at) => at > now);
  return {
    reservations: listLiveReservations(gw).length,
    bookings: booked.length,
    next: next.length === 0 ? null : toUtc(Math.min(...next)),
  };
}

function drill(gw: Gateway): SiteNow['drill'] {
  const report = gw.wanDrill?.report();
  return !report || report.state === 'done' ? null : { state: report.state, endsAt: toUtc(report.endsAt) };
}

/** What of it an operator should look at. */
export function siteWarnings(gw: Gateway, { uplink, readers, broker, drill }: SiteNow): string[] {
  return [
    ...(gw.wanDrill?.report().state === 'down' && drill
      ? [
          `An outage is rehearsed until ${drill.endsAt}: nothing goes out to peers. "chargegate drill wan-down --abort" ends it.`,
        ]
      : []),
    ...uplink.flatMap(({ peer, state, problem }) =>
      state === 'down' || state === 'refusing'
        ? [`${peer} cannot be told anything: ${problem ?? 'it does not answer'}`]
        : [],
    ),
    ...uplink.flatMap(({ peer, dead }) =>
      dead > 0 ? [`${peer} refuses ${dead} of what it was told: "chargegate outbox" says why.`] : [],
    ),
    ...(broker?.connected === false
      ? [`The MQTT broker ${broker.url} is away: nothing is told there, and nobody is heard.`]
      : []),
    ...readers.flatMap(({ id, state, reason }) =>
      state === 'down' || state === 'silent' ? [`The card reader ${id} does not work: ${reason ?? state}`] : [],
    ),
  ];
}
