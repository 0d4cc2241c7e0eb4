import { PUSH_MODULES, type OutboxRow, type PushModule } from '../../../gateway/domain/outbox.ts';
import type { Peer } from '../../../gateway/domain/types.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { collectChanges, dropRow, holdRow, nextDue, settleRefused, settleTold } from '../../../gateway/outbox.ts';
import { findPeer, listPeers } from '../../../gateway/peers.ts';
import type { OcpiClient } from '../client.ts';
import { createCircuit, type Circuit } from './circuit.ts';
import { deliver, type Delivered } from './deliver.ts';
import { discoverPeer, receiverUrl, targetOf } from './target.ts';

/** What is due by the clock alone (retries, sessions' pace) is looked for this often. */
const TICK = 250;

/** Changes that come together are looked through together. */
const GATHER = 50;

/** A hub's word for a party that it does not have. */
const UNKNOWN_RECEIVER = 4001;

/** Tells every registered peer what changed, as long as it runs. */
export interface Pusher {
  close(): Promise<void>;
}

/** One module of one peer: strictly one object after the other. */
interface Lane {
  peer: string;
  module: PushModule;
  running: Promise<void> | null;
  /** Something came while it ran. */
  again: boolean;
}

/**
 * Starts telling peers. Each peer has its own lanes and circuit, so that one peer's failure never delays another's news
 * (law 8). `elapsed`: monotonic milliseconds, by which a peer that is away is waited for.
 */
export function startPusher(gw: Gateway, client: OcpiClient, elapsed: () => number = () => performance.now()): Pusher {
  const lanes = new Map<string, Lane>();
  const circuits = new Map<string, Circuit>();
  const life = { closing: false };
  let gathering: NodeJS.Timeout | null = null;

  function circuitOf(peer: string): Circuit {
    let circuit = circuits.get(peer);
    if (!circuit) circuits.set(peer, (circuit = createCircuit(gw.clock, elapsed)));
    return circuit;
  }

  function wake(): void {
    if (life.closing) return;
    for (const peer of listPeers(gw)) {
      if (peer.state !== 'registered') continue;
      for (const module of PUSH_MODULES) if (mayTake(peer, module)) start(peer.name, module);
    }
  }

  /** One that was provisioned by hand is asked first where it takes what, in the lane of its locations. */
  function mayTake(peer: Peer, module: PushModule): boolean {
    if (peer.endpoints.length === 0) return module === 'locations' && peer.versionsUrl !== null;
    return receiverUrl(gw, peer, module) !== null;
  }

  function start(peer: string, module: PushModule): void {
    const key = `${peer} ${module}`;
    let lane = lanes.get(key);
    if (!lane) lanes.set(key, (lane = { peer, module, running: null, again: false }));
    if (lane.running) lane.again = true;
    else lane.running = run(lane);
  }

  async function run(lane: Lane): Promise<void> {
    try {
      do {
        lane.again = false;
        await drain(lane);
      } while (lane.again && !life.closing);
    } catch (error) {
      gw.log.error({ err: error, peer: lane.peer, module: lane.module }, 'telling a peer failed');
    } finally {
      lane.running = null;
    }
  }

  async function drain(lane: Lane): Promise<void> {
    const circuit = circuitOf(lane.peer);
    while (!life.closing) {
      const peer = findPeer(gw, lane.peer);
      if (peer?.state !== 'registered') return;
      if (peer.endpoints.length === 0) {
        if (circuit.open()) await discover(peer, circuit);
        return;
      }
      const target = targetOf(gw, peer);
      if (!target) return;
      // Looked through also while it is away: what waits is counted and shown.
      while (await collectChanges(gw, peer, lane.module));
      const row = circuit.open() ? nextDue(gw, lane.peer, lane.module) : null;
      if (!row) return;
      await settle(row, circuit, await deliver(gw, client, target, row));
    }
  }

  async function discover(peer: Peer, circuit: Circuit): Promise<void> {
    try {
      await discoverPeer(gw, client, peer);
      circuit.reached();
      gw.pushStates.set(peer.name, circuit.state());
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      away(peer.name, circuit, 'down', problem, null);
    }
  }

  async function settle(row: OutboxRow, circuit: Circuit, result: Delivered): Promise<void> {
    if (result.kind === 'away' || result.kind === 'denied') {
      const kind = result.kind === 'away' ? 'down' : 'refusing';
      return away(row.peer, circuit, kind, result.reason, 'retryAfter' in result ? result.retryAfter : null);
    }
    if (result.kind === 'moot') return dropRow(gw, row);
    if (result.kind === 'held') return holdRow(gw, row, result.reason);
    if (circuit.state().kind === 'down' || circuit.state().kind === 'refusing') {
      gw.log.info({ peer: row.peer }, 'peer takes news again');
      gw.bus.publish({ name: 'peer.back', data: { name: row.peer } });
    }
    circuit.reached();
    gw.pushStates.set(row.peer, circuit.state());
    if (result.kind === 'told') return settleTold(gw, row, result.told, result.gone);
    // 3xxx is the peer's own trouble and passes, as do a hub's 4xxx; anything else it will say again (OCPI 2.3.0 status_codes).
    const passing = result.status !== null && result.status >= 3000 && result.status !== UNKNOWN_RECEIVER;
    gw.log.warn({ peer: row.peer, module: row.module, object: row.object }, result.reason);
    await settleRefused(gw, row, result.reason, !passing);
  }

  function away(
    peer: string,
    circuit: Circuit,
    kind: 'down' | 'refusing',
    problem: string,
    retryAfter: number | null,
  ): void {
    if (circuit.state().kind !== kind) gw.log.warn({ peer }, `peer cannot be told anything: ${problem}`);
    circuit.failed(kind, problem, retryAfter);
    gw.pushStates.set(peer, circuit.state());
  }

  const unsubscribe = gw.bus.onAny((event) => {
    if (event.name === 'outbox.retried') circuits.get(event.data.peer)?.reset();
    if (gathering || life.closing) return;
    gathering = setTimeout(() => {
      gathering = null;
      wake();
    }, GATHER);
    gathering.unref();
  });
  const ticker = setInterval(wake, TICK);
  ticker.unref();
  wake();

  return {
    async close() {
      life.closing = true;
      unsubscribe();
      clearInterval(ticker);
      if (gathering) clearTimeout(gathering);
      await Promise.all([...lanes.values()].flatMap(({ running }) => running ?? []));
    },
  };
}
