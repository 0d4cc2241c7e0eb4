import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { listChargers } from '../../gateway/chargers.ts';
import type { ChargerView } from '../../gateway/chargers.ts';
import { EVSE_STATUSES } from '../../gateway/domain/status.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { readiness } from '../../gateway/health.ts';
import { countOutbox } from '../../gateway/outbox.ts';
import type { ConsoleInfo } from './route.ts';

/** What Prometheus reads. */
export interface Metrics {
  contentType: string;
  text(): Promise<string>;
  close(): void;
}

/**
 * Makes the gateway's metrics: state is read when asked for, happenings are counted from the bus. Labels are statuses and
 * event names only: never cards, transactions or chargers, whose number has no bound.
 */
export function createMetrics(gw: Gateway, info: ConsoleInfo, streamClients: () => number): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];

  const events = new Counter({
    name: 'chargegate_events_total',
    help: 'What happened, after it was stored, by event.',
    labelNames: ['event'],
    registers,
  });
  const unsubscribe = gw.bus.onAny((event) => events.inc({ event: event.name }));

  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `chargegate_${name}`, help, labelNames, registers });
  const count = (name: string, help: string) => new Counter({ name: `chargegate_${name}`, help, registers });

  gauge('build_info', 'Always 1; the version is its label.', ['version']).set({ version: info.version }, 1);
  const ready = gauge('ready', 'Is the gateway ready to serve (1) or not (0)?');
  const uptime = gauge('uptime_seconds', 'Time since the console started.');
  const chargers = gauge('chargers', 'Chargers by registration.', ['registration']);
  const connected = gauge('chargers_connected', 'Chargers with an open connection.');
  const evses = gauge('evses', 'EVSEs by the status that the outside sees.', ['status']);
  const running = gauge('transactions_running', 'Transactions under way.');
  const commits = count('store_commits_total', 'Database commits.');
  const writes = count('store_writes_total', 'Pieces of work committed; many share one commit.');
  const waiting = gauge('store_waiting_writes', 'Pieces of work that wait for the next commit.');
  const fault = gauge('store_fault', 'Did the last commit fail (1)?');
  const outbox = gauge('outbox_objects', 'Objects that peers have not been told yet, or refuse.', ['state']);
  const outboxAge = gauge('outbox_oldest_seconds', 'How long the eldest of them waits.');
  const clients = gauge('event_stream_clients', 'Clients of the event stream.');

  function readState(): void {
    const all = listChargers(gw);
    for (const registration of ['accepted', 'pending', 'rejected'] as const)
      chargers.set({ registration }, all.filter((charger) => charger.registration === registration).length);
    connected.set(all.filter((charger) => charger.connected).length);
    const states = openEvses(all);
    for (const status of [...EVSE_STATUSES, 'Unknown'] as const)
      evses.set({ status }, states.filter((evse) => evse.visible === status).length);
    running.set(states.filter((evse) => evse.transactionId !== null).length);
    const stats = gw.db.stats();
    commits.reset();
    commits.inc(stats.commits);
    writes.reset();
    writes.inc(stats.writes);
    waiting.set(stats.waiting);
    fault.set(stats.fault === null ? 0 : 1);
    ready.set(readiness(gw).ready ? 1 : 0);
    uptime.set(info.uptimeSeconds());
    const counts = countOutbox(gw);
    outbox.set({ state: 'waiting' }, sum(counts.map((each) => each.waiting)));
    outbox.set({ state: 'dead' }, sum(counts.map((each) => each.dead)));
    const eldest = Math.min(...counts.map(({ since }) => since));
    outboxAge.set(counts.length === 0 ? 0 : Math.max(0, (gw.clock() - eldest) / 1000));
    clients.set(streamClients());
  }

  return {
    contentType: registry.contentType,
    async text() {
      readState();
      return registry.metrics();
    },
    close: unsubscribe,
  };
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function openEvses(chargers: ChargerView[]) {
  return chargers.flatMap((charger) => charger.evses).filter((evse) => !evse.removed);
}
