import { Counter, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { listRunning } from '../../gateway/running.ts';
import { findSession } from '../../gateway/sessions.ts';
import type { Gateway } from '../../gateway/gateway.ts';

/** An answer to a charger takes a commit, or an owner's word. */
const CALL_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

const JOULES_PER_WH = 3600;

/** So many ended sessions are remembered. */
const MOST_OVER = 10_000;

/** What is counted as it happens. */
export interface MeasuredMetrics {
  /** Brings what charges under way have delivered up to now. */
  refresh(): void;
  close(): void;
}

/** Counts calls, commits, decisions and energy from now on. */
export function createMeasuredMetrics(gw: Gateway, registry: Registry): MeasuredMetrics {
  const registers = [registry];
  const calls = new Counter({
    name: 'chargegate_ocpp_calls_total',
    help: 'OCPP calls that are over: those of chargers (in) and ours (out), by action and how they ended.',
    labelNames: ['direction', 'action', 'outcome'],
    registers,
  });
  const callSeconds = new Histogram({
    name: 'chargegate_ocpp_call_duration_seconds',
    help: 'From the arrival of a call of a charger, or from asking, to the answer.',
    labelNames: ['direction', 'action'],
    buckets: CALL_SECONDS,
    registers,
  });
  const commitSeconds = new Histogram({
    name: 'chargegate_store_commit_duration_seconds',
    help: 'One commit with all the work in it, as far as the disk.',
    buckets: COMMIT_SECONDS,
    registers,
  });
  const decisions = new Counter({
    name: 'chargegate_decisions_total',
    help: 'Decisions on cards, by who decided and what came of it.',
    labelNames: ['source', 'verdict'],
    registers,
  });
  const energy = createEnergy(gw, registry);
  const ignore = gw.measures.listen({
    call({ direction, action, outcome, seconds }) {
      calls.inc({ direction, action, outcome });
      callSeconds.observe({ direction, action }, seconds);
    },
    commit: (seconds) => commitSeconds.observe(seconds),
    decision: (source, verdict) => decisions.inc({ source, verdict }),
  });
  return {
    refresh: energy.refresh,
    close() {
      ignore();
      energy.close();
    },
  };
}

/** Energy since this run began: a sum over all sessions ever would cost more with every year. */
function createEnergy(gw: Gateway, registry: Registry): MeasuredMetrics {
  const energy = new Counter({
    name: 'chargegate_energy_delivered_joules_total',
    help: 'Energy delivered to vehicles since the start of this run; 3.6 million joules are a kWh.',
    registers: [registry],
  });
  /** Counted already of each session under way, Wh. */
  const counted = new Map(listRunning(gw).map(({ id, energyWh }) => [id, energyWh]));

  /** Those that ended lately: whatever still changes about them, their energy is counted. */
  const over = new Set<string>();

  function count(id: string, energyWh: number): void {
    const more = energyWh - (counted.get(id) ?? 0);
    if (more <= 0) return;
    energy.inc(more * JOULES_PER_WH);
    counted.set(id, energyWh);
  }

  const ignore = gw.bus.on('session.changed', ({ sessionId }) => {
    const session = findSession(gw, sessionId);
    if (!session || session.endedAt === null || over.has(sessionId)) return;
    count(sessionId, session.energyWh);
    counted.delete(sessionId);
    over.add(sessionId);
    const [oldest] = over;
    if (over.size > MOST_OVER && oldest !== undefined) over.delete(oldest);
  });

  return {
    refresh() {
      for (const { id, energyWh } of listRunning(gw)) count(id, energyWh);
    },
    close: ignore,
  };
}
