import { vi } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { findCharger } from '../../gateway/chargers.ts';
import type { Connection } from '../../gateway/connections.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

/** A whole gateway and the bare sockets dialled to it. */
export interface LinkBench {
  site: TestSite;
  /** Connects, and is answered once. */
  dial(id: string): Promise<RawCharger>;
  connectionOf(id: string): Connection;
  /** Codes of what was noted of a charger. */
  deviations(id: string): Promise<string[]>;
  /** Between tests. */
  hangUp(): Promise<void>;
  close(): Promise<void>;
}

export async function openLinkBench(yaml: string): Promise<LinkBench> {
  const site = await startTestSite({ yaml });
  const open: RawCharger[] = [];
  return {
    site,
    async dial(id) {
      const charger = await createRawCharger(site.urls.ocpp + id, { protocols: ['ocpp1.6'] });
      open.push(charger);
      await charger.call('Heartbeat', {});
      return charger;
    },
    connectionOf(id) {
      const connection = site.gateway.connections.find(id);
      if (!connection) throw new Error(`${id} is not connected`);
      return connection;
    },
    async deviations(id) {
      await flushDiagnostics(site.gateway);
      return (findCharger(site.gateway, id)?.deviations ?? []).map((deviation) => deviation.code);
    },
    async hangUp() {
      vi.useRealTimers();
      for (const charger of open.splice(0)) await charger.close();
    },
    close: () => site.cleanUp(),
  };
}

/** From here on the gateway's timers go by as the test says; what crosses a socket takes the time it takes. */
export function holdTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
}

/** Lets the held timers go on. */
export const pass = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000);

/** The next call that the gateway makes, from frame number `from` on. */
export const called = (charger: RawCharger, action: string, from = 0): Promise<unknown[]> =>
  charger.waitFor((frame) => frame[0] === 2 && frame[2] === action, from);

/** Actions of the calls that came so far. */
export const callsTo = (charger: RawCharger): string[] =>
  charger.texts.flatMap((text) => {
    const [type, , action] = JSON.parse(text) as unknown[];
    return type === 2 ? [String(action)] : [];
  });

/** Answers a call with `Accepted`. */
export const accept = (charger: RawCharger, call: unknown[]): void =>
  charger.send(JSON.stringify([3, call[1], { status: 'Accepted' }]));
