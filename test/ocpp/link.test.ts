import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createPenalties } from '../../adapters/ocpp/penalties.ts';
import type { RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { findCharger } from '../../gateway/chargers.ts';
import type { CallOptions, CallOutcome } from '../../gateway/connections.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import { callCharger, orderCharger } from '../../gateway/remote-control.ts';
import { holdTimers, openLinkBench, pass, type LinkBench } from './link-harness.ts';

const SITE = `
ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, call-timeout: 20, ping-interval: 0, provisioning: false }
`;

const anything: unknown = expect.anything();

let bench: LinkBench;

beforeAll(async () => {
  bench = await openLinkBench(SITE);
});
afterEach(async () => {
  await bench.hangUp();
});
afterAll(() => bench.close());

const unlock = (id: string, connectorId: number, options?: CallOptions): Promise<CallOutcome | { kind: string }> =>
  callCharger(bench.site.gateway, id, 'UnlockConnector', { connectorId }, options);

const idsOf = (charger: RawCharger): unknown[] => charger.texts.map((text) => (JSON.parse(text) as unknown[])[1]);

/** Answers every call at once; gives the connectors named, in the order in which the calls came. */
function answerAll(charger: RawCharger): () => Promise<number> {
  let from = 0;
  return async () => {
    const call = await charger.waitFor((frame) => frame[0] === 2, from);
    from = charger.texts.findIndex((text) => text.includes(String(call[1]))) + 1;
    charger.send(JSON.stringify([3, call[1], { status: 'Unlocked' }]));
    return (call[3] as { connectorId: number }).connectorId;
  };
}

describe('a charger that sends too much', () => {
  test('is read more slowly: nothing is lost or out of order, and others are answered meanwhile', async () => {
    const other = await bench.dial('CALM');
    const charger = await bench.dial('FLOOD');
    const ids = Array.from({ length: 4000 }, (_, n) => `f${n}`);
    for (const id of ids) charger.send(`[2,"${id}","Heartbeat",{}]`);
    await charger.waitFor((frame) => frame[1] === 'f500');
    expect(await other.call('Heartbeat', {})).toMatchObject([3, anything, {}]);
    expect(charger.texts.length).toBeLessThan(4000);
    await charger.waitFor((frame) => frame[1] === 'f3999');
    expect(idsOf(charger).slice(1)).toEqual(ids);
    expect(await bench.deviations('FLOOD')).toEqual(['FLOOD']);
    expect(await bench.deviations('CALM')).toEqual([]);
  });

  test('in bytes counts as much as in messages', async () => {
    const charger = await bench.dial('FAT');
    const data = 'x'.repeat(700_000);
    for (let n = 0; n < 4; n += 1) charger.send(JSON.stringify([2, `d${n}`, 'DataTransfer', { vendorId: 'v', data }]));
    expect(await charger.waitFor((frame) => frame[1] === 'd3')).toMatchObject([3, 'd3', anything]);
    expect(await bench.deviations('FAT')).toContain('FLOOD');
  });

  test('of pings too, which each cost a pong', async () => {
    const socket = new WebSocket(`${bench.site.urls.ocpp}PINGER`, 'ocpp1.6');
    await once(socket, 'open');
    const twenty = (): Promise<void> =>
      new Promise((resolve) => {
        let left = 20;
        socket.removeAllListeners('pong');
        socket.on('pong', () => {
          left -= 1;
          if (left === 0) resolve();
        });
        for (let n = 0; n < 20; n += 1) socket.ping();
      });
    // Until it is noted: how many that takes depends on how fast this machine is.
    do {
      for (let n = 0; n < 25; n += 1) await twenty();
    } while ((await bench.deviations('PINGER')).length === 0);
    expect(await bench.deviations('PINGER')).toEqual(['FLOOD']);
    socket.terminate();
  });

  test('an honest replay of a thousand stored messages is no flood', async () => {
    const charger = await bench.dial('REPLAY');
    for (let n = 0; n < 1000; n += 1) charger.send(JSON.stringify([2, `r${n}`, 'Heartbeat', {}]));
    await charger.waitFor((frame) => frame[1] === 'r999');
    expect(await bench.deviations('REPLAY')).toEqual([]);
  });
});

describe('a charger that sends what nobody can read', () => {
  test('is told so a few times, then only counted', async () => {
    const charger = await bench.dial('GARBLED');
    for (let n = 0; n < 40; n += 1) charger.send('garbage');
    await charger.call('Heartbeat', {});
    expect(charger.texts.filter((text) => text.startsWith('[4,'))).toHaveLength(10);
    await flushDiagnostics(bench.site.gateway);
    expect(findCharger(bench.site.gateway, 'GARBLED')?.deviations).toMatchObject([
      { code: 'MALFORMED_FRAME', count: 40 },
    ]);
  });

  test('is let go, and refused with 503 until its time is over, while others come and go', async () => {
    const charger = await bench.dial('BROKEN');
    for (let n = 0; n < 60; n += 1) charger.send('garbage');
    await charger.closed;
    await expect(bench.dial('BROKEN')).rejects.toMatchObject({ status: 503 });
    expect((await bench.dial('WHOLE')).protocol).toBe('ocpp1.6');
    expect(bench.site.logged).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('let go, and refused for 5 s') }),
    );
  });

  test('has to stay away longer each time, five minutes at the most, and is forgiven in the end', () => {
    let now = 0;
    const penalties = createPenalties(() => now);
    expect(penalties.waitSeconds('CP')).toBe(0);
    const waits = Array.from({ length: 8 }, () => {
      const wait = penalties.strike('CP');
      expect(penalties.waitSeconds('CP')).toBe(wait);
      expect(penalties.waitSeconds('OTHER')).toBe(0);
      now += wait * 1000 - 1;
      expect(penalties.waitSeconds('CP')).toBe(1);
      now += 1;
      expect(penalties.waitSeconds('CP')).toBe(0);
      return wait;
    });
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300]);
    now += 15 * 60_000;
    expect(penalties.strike('CP')).toBe(5);
  });

  test('whoever invents identities does not fill the memory', () => {
    const penalties = createPenalties(() => 0);
    for (let n = 0; n < 10_001; n += 1) penalties.strike(`CP-${n}`);
    expect(penalties.waitSeconds('CP-0')).toBe(0);
    expect(penalties.waitSeconds('CP-1')).toBe(5);
  });
});

describe('our own calls', () => {
  test('those of people go before the gateway’s own, each in their order', async () => {
    const charger = await bench.dial('ORDER');
    const next = answerAll(charger);
    const outcomes = [
      unlock('ORDER', 1, { background: true }),
      unlock('ORDER', 2, { background: true }),
      orderCharger(bench.site.gateway, 'ORDER', { kind: 'unlock', evse: 3, connector: 1 }, { background: true }),
      unlock('ORDER', 4),
      orderCharger(bench.site.gateway, 'ORDER', { kind: 'unlock', evse: 5, connector: 1 }),
    ];
    const order: number[] = [];
    for (let n = 0; n < outcomes.length; n += 1) order.push(await next());
    expect(order).toEqual([1, 4, 5, 2, 3]);
    expect((await Promise.all(outcomes)).map(({ kind }) => kind)).toEqual([
      'result',
      'result',
      'answered',
      'result',
      'answered',
    ]);
  });

  test('as many of the gateway’s own as may wait do not shut out a person’s', async () => {
    const charger = await bench.dial('FULL');
    const ours = Array.from({ length: 60 }, (_, n) => unlock('FULL', n, { background: true }));
    const theirs = unlock('FULL', 100);
    const next = answerAll(charger);
    expect([await next(), await next()]).toEqual([0, 100]);
    expect(await theirs).toMatchObject({ kind: 'result' });
    await charger.close();
    const kinds = (await Promise.all(ours)).map(({ kind }) => kind);
    // One was answered, as many as may wait are lost with the socket, the rest had no room.
    const count = (wanted: string): number => kinds.filter((kind) => kind === wanted).length;
    expect([count('result'), count('disconnected'), count('queue-full')]).toEqual([1, 50, 9]);
  });

  test('an answer that never comes frees the place at the deadline, which counts the wait; others are not held up', async () => {
    holdTimers();
    const silent = await bench.dial('NEVER');
    const other = await bench.dial('PROMPT');
    const ended: string[] = [];
    const watch = (name: string, outcome: Promise<{ kind: string }>): void =>
      void outcome.then(({ kind }) => ended.push(`${name} ${kind}`));
    watch('first', unlock('NEVER', 1));
    watch('second', unlock('NEVER', 2));
    await pass(15);
    watch('third', unlock('NEVER', 3));
    const prompt = unlock('PROMPT', 1);
    await answerAll(other)();
    expect(await prompt).toMatchObject({ kind: 'result' });
    await silent.call('Heartbeat', {});
    expect(idsOf(silent)).toHaveLength(3);
    expect(ended).toEqual([]);
    await pass(5);
    expect(ended).toEqual(['first timeout', 'second timeout']);
    // Now it is the third's turn; what is left of its time is what it has.
    const call = await silent.waitFor((frame) => JSON.stringify(frame[3]) === '{"connectorId":3}');
    await pass(14);
    expect(ended).toHaveLength(2);
    silent.send(JSON.stringify([3, call[1], { status: 'Unlocked' }]));
    await silent.call('Heartbeat', {});
    expect(ended).toEqual(['first timeout', 'second timeout', 'third result']);
    const late = unlock('NEVER', 4);
    await pass(20);
    expect(await late).toEqual({ kind: 'timeout' });
  });
});
