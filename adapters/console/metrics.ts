import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { Gateway } from '../../gateway/gateway.ts';
import { createMeasuredMetrics } from './metrics-measured.ts';
import { createStateMetrics } from './metrics-state.ts';
import type { ConsoleInfo } from './route.ts';

/** What Prometheus reads. */
export interface Metrics {
  contentType: string;
  text(): Promise<string>;
  close(): void;
}

/** The library's own that are named like counters and count nothing. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/**
 * Makes the gateway's metrics: state is read when asked for, happenings are counted as they come. Labels have few values:
 * statuses, OCPP's actions, the peers and readers of the site; never cards, transactions or chargers, whose number has no bound.
 */
export function createMetrics(gw: Gateway, info: ConsoleInfo, streamClients: () => number): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  const registers = [registry];

  const events = new Counter({
    name: 'chargegate_events_total',
    help: 'What happened, after it was stored, by event.',
    labelNames: ['event'],
    registers,
  });
  const unsubscribe = gw.bus.onAny((event) => events.inc({ event: event.name }));
  const backups = new Counter({
    name: 'chargegate_backups_total',
    help: 'Backups that were made, and that failed.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['made', 'failed']) backups.inc({ outcome }, 0);
  const heard = [
    gw.bus.on('backup.made', () => backups.inc({ outcome: 'made' })),
    gw.bus.on('backup.failed', () => backups.inc({ outcome: 'failed' })),
  ];
  const measured = createMeasuredMetrics(gw, registry);
  const readState = createStateMetrics(gw, registry);

  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `chargegate_${name}`, help, labelNames, registers });
  const count = (name: string, help: string) => new Counter({ name: `chargegate_${name}`, help, registers });

  gauge('build_info', 'Always 1; the version is its label.', ['version']).set({ version: info.version }, 1);
  const uptime = gauge('uptime_seconds', 'Time since the console started.');
  const clients = gauge('event_stream_clients', 'Clients of the event stream.');
  const commits = count('store_commits_total', 'Database commits.');
  const writes = count('store_writes_total', 'Pieces of work committed; many share one commit.');

  function refresh(): void {
    readState();
    measured.refresh();
    uptime.set(info.uptimeSeconds());
    clients.set(streamClients());
    const stats = gw.db.stats();
    commits.reset();
    commits.inc(stats.commits);
    writes.reset();
    writes.inc(stats.writes);
  }

  return {
    contentType: registry.contentType,
    async text() {
      refresh();
      return registry.metrics();
    },
    close() {
      unsubscribe();
      for (const ignore of heard) ignore();
      measured.close();
    },
  };
}
