import { createOcpiClient } from '../../adapters/ocpi/client.ts';
import { startPusher } from '../../adapters/ocpi/push/pusher.ts';
import { applyConfig } from '../../gateway/apply-config.ts';
import { reportStatus } from '../../gateway/availability.ts';
import { createGateway } from '../../gateway/create-gateway.ts';
import type { Settings } from '../../gateway/domain/settings.ts';
import type { EvseStatus } from '../../gateway/domain/status.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { countOutbox } from '../../gateway/outbox.ts';
import { createPeer } from '../../gateway/peers.ts';
import { recordSamples } from '../../gateway/samples.ts';
import { startTransaction, stopTransaction } from '../../gateway/transactions.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const HOUR = 3_600_000;

/** The longest that a peer which was away is left alone. */
const LONGEST_WAIT = 300_000;

export const PEER = 'cloud';

export interface OutageSite {
  gw: Gateway;
  /** Whatever waits has been told, and the peer is up. */
  told(): boolean;
  waiting(): number;
  /** Lets so many hours pass with so many sessions, through the use-cases; every EVSE flaps all the while. */
  live(hours: number, sessions: number): Promise<void>;
  /** From now on its clock goes on by itself; a peer that is back is noticed at once. */
  resume(): void;
  /** Has the peer asked at once, whatever wait a call has begun that was under way when it came back. */
  nudge(): void;
  close(): Promise<void>;
}

export interface OutageOptions {
  settings: Settings;
  directory: string;
  peer: { versionsUrl: string; token: string };
}

interface Bay {
  chargerId: string;
  evse: number;
  meter: number;
}

/** A gateway's core and its pusher, on a clock that passes hours in no time; chargers speak to it by use-case. */
export async function createOutageSite({ settings, directory, peer }: OutageOptions): Promise<OutageSite> {
  let offset = NOON;
  let resumedAt: number | null = null;
  const clock = (): number => offset + (resumedAt === null ? 0 : Math.floor(performance.now() - resumedAt));
  const quiet = (): void => undefined;
  const error = (data: object, message: string): void =>
    void process.stderr.write(`${message} ${JSON.stringify(data)}\n`);
  const log = { debug: quiet, info: quiet, warn: quiet, error };
  const gw = createGateway({ settings, directory, maxBytes: 0, clock, log });
  await applyConfig(gw);
  const bays = settings.chargers.flatMap(({ id, evses }): Bay[] =>
    evses.map(({ evse }) => ({ chargerId: id, evse, meter: 0 })),
  );
  for (const { id } of settings.chargers) pretendConnected(gw, id);
  await Promise.all(bays.map((bay) => say(bay, 'Available')));
  await createPeer(gw, {
    name: PEER,
    visibility: 'all',
    inboundToken: 'token-of-the-cloud',
    versionsUrl: peer.versionsUrl,
    outboundToken: peer.token,
  });
  const client = createOcpiClient(true);
  const pusher = startPusher(gw, client, clock);

  function say(bay: Bay, status: EvseStatus): Promise<void> {
    const { chargerId, evse } = bay;
    return reportStatus(gw, { chargerId, evse, status, errorCode: null, reportedAt: clock(), receivedAt: clock() });
  }

  const all = (work: (bay: Bay) => Promise<unknown>): Promise<unknown> => Promise.all(bays.map(work));

  /** One session at each of these EVSEs, with a meter reading in its midst, and a few flaps of the status around it. */
  async function round(busy: Bay[], length: number): Promise<void> {
    const running = new Map<Bay, string>();
    const pass = (share: number): void => void (offset += Math.floor(length * share));
    await all((bay) => say(bay, 'Faulted'));
    pass(0.1);
    await all((bay) => say(bay, 'Preparing'));
    const at = (): { reportedAt: number; receivedAt: number; timestamp: string } => ({
      reportedAt: clock(),
      receivedAt: clock(),
      timestamp: new Date(clock()).toISOString(),
    });
    await Promise.all(
      busy.map(async (bay) => {
        const { chargerId, evse, meter: meterStart } = bay;
        const start = { chargerId, evse, connector: 1, tokenUid: `CARD${evse}`, meterStart, ...at() };
        running.set(bay, (await startTransaction(gw, start)).wireId);
      }),
    );
    await all((bay) => say(bay, 'Charging'));
    pass(0.5);
    await Promise.all(
      busy.map((bay) => {
        bay.meter += 4000;
        const sample = { context: null, powerW: 8000, currentMa: null, socPercent: null, values: [] };
        const { chargerId, evse, meter: energyWh } = bay;
        return recordSamples(gw, {
          chargerId,
          evse,
          wireId: running.get(bay) ?? null,
          samples: [{ ...sample, reportedAt: clock(), energyWh }],
          receivedAt: clock(),
        });
      }),
    );
    await all((bay) => say(bay, 'SuspendedEV'));
    pass(0.3);
    await Promise.all(
      busy.map((bay) => {
        bay.meter += 500;
        const { chargerId, evse, meter: meterStop } = bay;
        const wireId = running.get(bay) ?? null;
        const stop = {
          chargerId,
          evse,
          wireId,
          meterStop,
          reason: 'Local',
          tokenUid: null,
          samples: [],
          payload: null,
        };
        return stopTransaction(gw, { ...stop, ...at() });
      }),
    );
    await all((bay) => say(bay, 'Finishing'));
    pass(0.1);
  }

  const mine = (): { waiting: number } => countOutbox(gw).find((count) => count.peer === PEER) ?? { waiting: 0 };

  return {
    gw,
    told: () => gw.pushStates.get(PEER)?.kind === 'up' && mine().waiting === 0,
    waiting: () => mine().waiting,
    async live(hours, sessions) {
      const rounds = Math.ceil(sessions / bays.length);
      for (let done = 0; done < rounds; done += 1)
        await round(bays.slice(0, Math.min(bays.length, sessions - done * bays.length)), (hours * HOUR) / rounds);
    },
    resume() {
      offset = clock() + LONGEST_WAIT;
      resumedAt = performance.now();
    },
    nudge: () => gw.bus.publish({ name: 'outbox.retried', data: { peer: PEER } }),
    async close() {
      await Promise.all([pusher.close(), client.close()]);
      gw.db.close();
    },
  };
}

/** So that its EVSEs show what they last reported. */
function pretendConnected(gw: Gateway, chargerId: string): void {
  gw.connections.add({
    chargerId,
    protocol: 'ocpp1.6',
    since: gw.clock(),
    tokenLimit: 20,
    callTimeout: 2,
    lastSeenAt: () => gw.clock(),
    call: async () => ({ kind: 'timeout' }),
    order: async () => ({ kind: 'timeout' }),
    close: () => undefined,
  });
}

/** How often each object was told of, by module and object, out of the requests that a peer noted. */
export function callsByObject(
  requests: readonly { method: string; path: string; body: unknown; answered: number }[],
): Map<string, number> {
  const calls = new Map<string, number>();
  for (const { method, path, body, answered } of requests) {
    const [, module, rest = ''] = /\/(locations|tariffs|sessions|cdrs)(?:\/([^?]*))?/.exec(path) ?? [];
    if (answered === 0 || module === undefined || method === 'GET') continue;
    const id = typeof body === 'object' && body !== null && 'id' in body ? String(body.id) : '';
    const key = `${module} ${module === 'cdrs' ? id : rest}`;
    calls.set(key, (calls.get(key) ?? 0) + 1);
  }
  return calls;
}

/** A depot of so many EVSEs, two at each charger; beside them as `like` has it. */
export function depotOf(like: Settings, evses: number): Settings {
  const [model] = like.chargers;
  if (!model) throw new Error('a depot is made after a charger');
  const chargers = Array.from({ length: Math.ceil(evses / 2) }, (_, index) => ({
    ...model,
    id: `BAY${index + 1}`,
    evses: model.evses
      .slice(0, Math.min(2, evses - index * 2))
      .map((each) => ({ ...each, uid: `BAY${index + 1}-${each.evse}` })),
  }));
  return { ...like, chargers, peers: [] };
}
