import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { listBookings } from '../../gateway/bookings.ts';
import { listChargers } from '../../gateway/chargers.ts';
import type { ChargerView } from '../../gateway/chargers.ts';
import { diskSpace } from '../../gateway/disk.ts';
import { EVSE_STATUSES } from '../../gateway/domain/status.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { readiness } from '../../gateway/health.ts';
import { listPeerViews } from '../../gateway/peers.ts';
import { listReaders } from '../../gateway/readers.ts';
import { listRunning } from '../../gateway/running.ts';
import { listLiveReservations } from '../../gateway/site-reservations.ts';

const REGISTRATIONS = ['accepted', 'pending', 'rejected'] as const;
const READER_STATES = ['opening', 'up', 'silent', 'down'] as const;

/** Makes the gauges of what is so at the moment; gives what reads them all anew. Peers and readers are few, and bounded. */
export function createStateMetrics(gw: Gateway, registry: Registry): () => void {
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `chargegate_${name}`, help, labelNames, registers: [registry] });

  const ready = gauge('ready', 'Is the gateway ready to serve (1) or not (0)?');
  const chargers = gauge('chargers', 'Chargers by registration.', ['registration']);
  const connected = gauge('chargers_connected', 'Chargers with an open connection.');
  const evses = gauge('evses', 'EVSEs by the status that the outside sees.', ['status']);
  const running = gauge('transactions_running', 'Transactions under way.');
  const power = gauge('power_watts', 'What all charges under way draw, as chargers last reported.');
  const waiting = gauge('store_waiting_writes', 'Pieces of work that wait for the next commit.');
  const fault = gauge('store_fault', 'Did the last commit fail (1)?');
  const outbox = gauge('outbox_objects', 'Objects that a peer has not been told yet, or refuses.', ['peer', 'state']);
  const outboxAge = gauge('outbox_oldest_seconds', 'How long the eldest of them waits.', ['peer']);
  const uplink = gauge('uplink_up', 'Does the peer take what it is told (1)? 0: it is away, or refuses.', ['peer']);
  const readers = gauge('readers', 'Card readers of the site by state.', ['state']);
  const readerUp = gauge('reader_up', 'Does this card reader work (1)?', ['reader']);
  const reservations = gauge('reservations', 'Bays kept for somebody now.');
  const bookings = gauge('bookings', 'Bookings ahead or under way.', ['state']);
  const broker = gauge('mqtt_up', 'Is the message broker of the building connected (1)?', ['broker']);
  const untold = gauge('mqtt_events_waiting', 'Sessions and bill lines that the broker has not been told yet.', [
    'broker',
  ]);
  const skipped = new Counter({
    name: 'chargegate_mqtt_events_skipped_total',
    help: 'Sessions and bill lines that the broker was never told: too many waited, or it refused them.',
    labelNames: ['broker'],
    registers: [registry],
  });
  const backup = gauge(
    'backup_last_success_timestamp_seconds',
    'When the newest whole backup was made; 0: none is known.',
  );
  const lag = gauge('event_loop_lag_worst_seconds', 'Longest wait for the event loop in the last seconds.');
  const drill = gauge('wan_drill_running', 'Is an outage rehearsed (1)?');
  const disk = {
    free: gauge('disk_free_bytes', 'Free where the data is.'),
    total: gauge('disk_size_bytes', 'Size of the disk where the data is.'),
    database: gauge('database_size_bytes', 'The database with its journal.'),
  };

  function readSite(): void {
    const all = listChargers(gw);
    for (const registration of REGISTRATIONS)
      chargers.set({ registration }, all.filter((charger) => charger.registration === registration).length);
    connected.set(all.filter((charger) => charger.connected).length);
    const states = openEvses(all);
    for (const status of [...EVSE_STATUSES, 'Unknown'] as const)
      evses.set({ status }, states.filter((evse) => evse.visible === status).length);
    running.set(states.filter((evse) => evse.transactionId !== null).length);
    power.set(listRunning(gw).reduce((sum, { powerW }) => sum + (powerW ?? 0), 0));
    reservations.set(listLiveReservations(gw).length);
    for (const state of ['PENDING', 'RESERVED'] as const)
      bookings.set({ state }, listBookings(gw, { state, limit: 1 }).total);
  }

  function readReaders(): void {
    const all = listReaders(gw);
    for (const state of READER_STATES) readers.set({ state }, all.filter((reader) => reader.state === state).length);
    readerUp.reset();
    for (const { id, state } of all) readerUp.set({ reader: id }, state === 'up' ? 1 : 0);
  }

  function readPeers(): void {
    for (const each of [outbox, outboxAge, uplink]) each.reset();
    for (const { name, push, waiting: dirty, dead, waitingSince } of listPeerViews(gw)) {
      outbox.set({ peer: name, state: 'waiting' }, dirty);
      outbox.set({ peer: name, state: 'dead' }, dead);
      outboxAge.set({ peer: name }, waitingSince === null ? 0 : Math.max(0, (gw.clock() - waitingSince) / 1000));
      uplink.set({ peer: name }, push.kind === 'up' || push.kind === 'idle' ? 1 : 0);
    }
  }

  function readBroker(): void {
    for (const each of [broker, untold, skipped]) each.reset();
    const view = gw.broker?.();
    if (!view) return;
    const labels = { broker: view.url };
    broker.set(labels, view.connected ? 1 : 0);
    untold.set(labels, view.waiting);
    skipped.inc(labels, view.skipped);
  }

  function readMachine(): void {
    const stats = gw.db.stats();
    waiting.set(stats.waiting);
    fault.set(stats.fault === null ? 0 : 1);
    ready.set(readiness(gw).ready ? 1 : 0);
    backup.set((gw.upkeep?.newestBackup ?? 0) / 1000);
    lag.set(gw.loopLag?.worst() ?? 0);
    drill.set(gw.wanDrill?.report().state === 'down' ? 1 : 0);
    const space = diskSpace(gw);
    if (!space) return;
    disk.free.set(space.free);
    disk.total.set(space.total);
    disk.database.set(space.database);
  }

  return () => {
    readSite();
    readReaders();
    readPeers();
    readBroker();
    readMachine();
  };
}

function openEvses(chargers: ChargerView[]) {
  return chargers.flatMap((charger) => charger.evses).filter((evse) => !evse.removed);
}
