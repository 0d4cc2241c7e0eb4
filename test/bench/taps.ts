import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createRawCharger } from '../../adapters/simulator/raw-charger.ts';
import { parseConfig } from '../../config/load.ts';
import { judge } from '../../gateway/authorization.ts';
import { startGateway } from '../../gateway/main.ts';
import { createPeer } from '../../gateway/peers.ts';
import { tapCard } from '../../gateway/taps.ts';
import { putPeerToken, putSiteToken } from '../../gateway/tokens.ts';
import { percentile } from './common.ts';

/** Cards: how soon they are decided, and how soon a charger hears of them. */
export interface TapsSummary {
  tokens: number;
  decision: Spread;
  tapToStart: Spread;
  /** Cards whose owner hangs. */
  hanging: Spread;
  budgetMs: number;
  /** Heartbeats of another charger, with nobody waiting and while every card waits for an owner that hangs. */
  heartbeatAlone: Spread;
  heartbeatBeside: Spread;
}

interface Spread {
  p50: number;
  p99: number;
}

const TOKENS = 100_000;
const TAPS = 300;
const BUDGET = 1;

const uidOf = (index: number): string => `04${index.toString(16).toUpperCase().padStart(12, '0')}`;

/** A gateway in this process, a charger and an owner that never answers on real sockets, no WAN. */
export async function runTaps(directory: string): Promise<TapsSummary> {
  const silent = (): void => undefined;
  const config = parseConfig(SITE, join(directory, 'bench.yaml'), { CHARGEGATE_DATA_DIR: directory });
  const running = await startGateway(config, { log: { debug: silent, info: silent, warn: silent, error: silent } });
  const { gateway } = running;
  const hung = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(hung, 'listening');
  const charger = await createRawCharger(`${running.urls.ocpp}BAY-1`, {
    protocols: ['ocpp1.6'],
    onText(text) {
      const [type, id, action] = JSON.parse(text) as [number, string, string];
      if (type !== 2) return;
      if (action === 'RemoteStartTransaction') heard();
      charger.send(JSON.stringify([3, id, { status: 'Accepted' }]));
    },
  });
  const other = await createRawCharger(`${running.urls.ocpp}BAY-2`, { protocols: ['ocpp1.6'] });
  let heard = silent;
  try {
    await fill(gateway);
    await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Preparing' });
    const decision = spread(
      Array.from({ length: 20_000 }, (_, index) => {
        const uid = uidOf((index * 7919) % TOKENS);
        const from = performance.now();
        judge(gateway, 'BAY-1', null, uid, Date.now());
        return performance.now() - from;
      }),
    );
    const starts: number[] = [];
    for (let tap = 0; tap < TAPS; tap += 1) {
      const from = performance.now();
      const start = new Promise<void>((resolve) => {
        heard = () => {
          starts.push(performance.now() - from);
          resolve();
        };
      });
      await tapCard(gateway, { readerId: 'gate', address: null, uid: uidOf(tap) });
      await start;
      gateway.awaitedStarts.splice(0);
    }
    const heartbeatAlone = await heartbeats(other, 300);
    const url = `http://127.0.0.1:${(hung.address() as AddressInfo).port}`;
    await hangingPeer(gateway, url);
    const waits: number[] = [];
    const asking = (async () => {
      for (let card = 0; card < 3; card += 1) {
        const from = performance.now();
        await charger.call('Authorize', { idTag: `HUNG${card}` });
        waits.push(performance.now() - from);
        // As if its rest were over: every card waits.
        restEnds(gateway);
      }
    })();
    const heartbeatBeside = await heartbeats(other, 300);
    await asking;
    return {
      tokens: TOKENS,
      decision,
      tapToStart: spread(starts),
      hanging: spread(waits),
      budgetMs: BUDGET * 1000,
      heartbeatAlone,
      heartbeatBeside,
    };
  } finally {
    hung.closeAllConnections();
    hung.close();
    await charger.close();
    await other.close();
    await running.stop();
  }
}

type Gateway = Awaited<ReturnType<typeof startGateway>>['gateway'];

async function fill(gateway: Gateway): Promise<void> {
  for (let index = 0; index < TOKENS; index += 1000)
    await Promise.all(
      Array.from({ length: Math.min(1000, TOKENS - index) }, (_, each) =>
        putSiteToken(gateway, uidOf(index + each), {}),
      ),
    );
}

async function hangingPeer(gateway: Gateway, url: string): Promise<void> {
  await createPeer(gateway, {
    name: 'hung',
    visibility: 'own',
    inboundToken: 'token-of-the-hung',
    versionsUrl: `${url}/versions`,
    outboundToken: 'our-token-there',
  });
  const { learnEndpoints } = await import('../../gateway/peers.ts');
  await learnEndpoints(gateway, 'hung', '2.3.0', [{ identifier: 'tokens', role: 'SENDER', url: `${url}/tokens` }]);
  for (let card = 0; card < 3; card += 1)
    await putPeerToken(gateway, 'hung', {
      countryCode: 'NL',
      partyId: 'HNG',
      uid: `HUNG${card}`,
      type: 'RFID',
      contractId: 'C',
      visualNumber: null,
      issuer: 'H',
      groupId: null,
      valid: true,
      whitelist: 'ALLOWED_OFFLINE',
      language: null,
      expiresAt: null,
      payment: null,
      updatedAt: 1,
      body: {},
    });
}

/** A peer rests after it did not answer; a clock that is ahead for good ends that at once. */
function restEnds(gateway: Gateway): void {
  const { clock } = gateway;
  gateway.clock = () => clock() + 20_000;
}

async function heartbeats(charger: Awaited<ReturnType<typeof createRawCharger>>, count: number): Promise<Spread> {
  const took: number[] = [];
  for (let beat = 0; beat < count; beat += 1) {
    const from = performance.now();
    await charger.call('Heartbeat', {});
    took.push(performance.now() - from);
    await new Promise((resolve) => setTimeout(resolve, 8));
  }
  return spread(took);
}

function spread(values: number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

export function tapsTable(s: TapsSummary): string {
  const line = (what: string, { p50, p99 }: Spread): string =>
    `${what.padEnd(58)} p50 ${p50.toFixed(3)} ms   p99 ${p99.toFixed(3)} ms`;
  return [
    line(`a decision from what is known, ${s.tokens} tokens`, s.decision),
    line('card at a reader to RemoteStart at the charger', s.tapToStart),
    line(`a card whose owner hangs, budget ${s.budgetMs} ms`, s.hanging),
    line("another charger's heartbeat, nobody waiting", s.heartbeatAlone),
    line('the same while cards wait for the owner that hangs', s.heartbeatBeside),
  ].join('\n');
}

const SITE = `
site: { id: B, name: Bench, address: A, city: C, country: SWE, latitude: "59.27412", longitude: "15.20664", time-zone: Europe/Stockholm, country-code: SE, party-id: BEN }
ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, provisioning: false }
ocpi: { host: 127.0.0.1, port: 0, allow-private-urls: true }
console: { host: 127.0.0.1, port: 0 }
authorization: { timeout: ${BUDGET} }
chargers:
  - { id: BAY-1, evses: [{ id: 1, connectors: [{ id: 1 }] }] }
  - { id: BAY-2, evses: [{ id: 1, connectors: [{ id: 1 }] }] }
readers:
  - { id: gate, protocol: ascii, path: /dev/chargegate-bench, places: [BAY-1] }
`;
