import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RawCharger } from '../../adapters/simulator/raw-charger.ts';
import type { GatewayEvents } from '../../gateway/domain/events.ts';
import { accept, called, callsTo, holdTimers, openLinkBench, pass, type LinkBench } from './link-harness.ts';

const SITE = `
ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, call-timeout: 20, ping-interval: 25, provisioning: false }
chargers:
  - { id: HALF, quirks: { half-duplex: true } }
  - { id: SLOW, quirks: { call-pause: 1000 } }
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

describe('a charger that does not hear us', () => {
  /** Asks three times without an answer while it sends heartbeats. */
  async function miss(charger: RawCharger, id: string): Promise<void> {
    for (let i = 0; i < 3; i += 1) {
      const outcome = bench.connectionOf(id).call('ClearCache', {});
      await called(charger, 'ClearCache', charger.texts.length);
      await charger.call('Heartbeat', {});
      await pass(20);
      expect(await outcome).toEqual({ kind: 'timeout' });
    }
  }

  test('Q13: after three calls without an answer its socket is closed once with 1001, and then left alone', async () => {
    holdTimers();
    const charger = await bench.dial('DEAF');
    await miss(charger, 'DEAF');
    expect(await charger.closed).toMatchObject({ code: 1001 });
    const again = await bench.dial('DEAF');
    await miss(again, 'DEAF');
    expect(await again.call('Heartbeat', {})).toMatchObject([3, anything, {}]);
    expect(await bench.deviations('DEAF')).toContain('DEAF');
  });

  test('Q13: one answer in between shows that it hears', async () => {
    holdTimers();
    const charger = await bench.dial('HEARS');
    for (let i = 0; i < 6; i += 1) {
      const outcome = bench.connectionOf('HEARS').call('ClearCache', {});
      const call = await called(charger, 'ClearCache', charger.texts.length);
      await charger.call('Heartbeat', {});
      if (i % 2 === 1) accept(charger, call);
      else await pass(20);
      expect((await outcome).kind).toBe(i % 2 === 1 ? 'result' : 'timeout');
    }
    expect(await bench.deviations('HEARS')).toEqual([]);
  });

  test('Q13: while it says nothing at all its pings decide, not its calls', async () => {
    holdTimers();
    const charger = await bench.dial('SILENT');
    for (let i = 0; i < 4; i += 1) {
      const outcome = bench.connectionOf('SILENT').call('ClearCache', {});
      await called(charger, 'ClearCache', charger.texts.length);
      await pass(20);
      expect(await outcome).toEqual({ kind: 'timeout' });
    }
    expect(await charger.call('Heartbeat', {})).toMatchObject([3, anything, {}]);
    expect(await bench.deviations('SILENT')).toEqual([]);
  });
});

describe('answers to our calls', () => {
  test.each([
    ['a code of its own', ',"WallboxBusy","come back",{"queue":3}]', 'WallboxBusy', 'come back', { queue: 3 }],
    ['four elements', ',"WallboxBusy","come back"]', 'WallboxBusy', 'come back', {}],
    ['no description', ',"NotSupported"]', 'NotSupported', '', {}],
    ['no code', ']', '', '', {}],
    ['1.6’s misspelling', ',"OccurenceConstraintViolation","",{}]', 'OccurenceConstraintViolation', '', {}],
    ['its right spelling', ',"OccurrenceConstraintViolation","",{}]', 'OccurrenceConstraintViolation', '', {}],
  ])('Q25: a CALLERROR with %s is told to the letter', async (_case, rest, code, description, details) => {
    const charger = await bench.dial('ERRORS');
    const outcome = bench.connectionOf('ERRORS').call('ClearCache', {});
    const call = await called(charger, 'ClearCache');
    charger.send(`[4,"${String(call[1])}"${rest}`);
    expect(await outcome).toEqual({ kind: 'error', code, description, details });
  });

  test('Q26: one that comes after its deadline is told for what it is, and not taken for that of the next call', async () => {
    holdTimers();
    const heard: GatewayEvents['call.answered-late'][] = [];
    const forget = bench.site.gateway.bus.on('call.answered-late', (event) => heard.push(event));
    const charger = await bench.dial('LATE');
    const first = bench.connectionOf('LATE').call('UnlockConnector', { connectorId: 1 });
    const late = await called(charger, 'UnlockConnector');
    await pass(20);
    expect(await first).toEqual({ kind: 'timeout' });
    const second = bench.connectionOf('LATE').call('ClearCache', {});
    const next = await called(charger, 'ClearCache');
    charger.send(JSON.stringify([3, late[1], { status: 'Unlocked' }]));
    charger.send(JSON.stringify([3, late[1], { status: 'Unlocked' }]));
    accept(charger, next);
    expect(await second).toEqual({ kind: 'result', payload: { status: 'Accepted' } });
    forget();
    expect(heard).toEqual([{ chargerId: 'LATE', action: 'UnlockConnector', status: 'Unlocked' }]);
    expect(await bench.deviations('LATE')).toEqual(['LATE_ANSWER']);
  });

  test.each(['{}', 'null', '[]', '"Accepted"', '{"currentTime":"2026-11-21T00:00:00Z"}', '{"status":7}'])(
    'Q27: %s says nothing about an order: neither accepted nor refused',
    async (payload) => {
      const charger = await bench.dial('VAGUE');
      const outcome = bench.connectionOf('VAGUE').order({ kind: 'unlock', evse: 1, connector: 1 });
      const call = await called(charger, 'UnlockConnector');
      charger.send(`[3,"${String(call[1])}",${payload}]`);
      expect(await outcome).toMatchObject({ kind: 'answered', answer: { status: 'unknown' } });
    },
  );
});

describe('both talk at once', () => {
  test('Q28: its own call is answered at once, also while it owes us an answer', async () => {
    const charger = await bench.dial('BOTH');
    const outcome = bench.connectionOf('BOTH').call('ClearCache', {});
    const call = await called(charger, 'ClearCache');
    expect(await charger.call('Authorize', { idTag: 'CARD1' })).toMatchObject([3, anything, anything]);
    expect(await charger.call('Heartbeat', {})).toMatchObject([3, anything, anything]);
    accept(charger, call);
    expect(await outcome).toMatchObject({ kind: 'result' });
  });

  test('Q28: to one that cannot, nothing is said until its own calls are answered', async () => {
    const charger = await bench.dial('HALF');
    const started = new Promise<void>((resolve) => {
      const forget = bench.site.gateway.bus.on('evse.changed', ({ chargerId }) => {
        if (chargerId !== 'HALF') return;
        forget();
        // Told before the answer goes out: the charger still waits.
        void bench.connectionOf('HALF').call('ClearCache', {});
        resolve();
      });
    });
    for (let n = 0; n < 5; n += 1) {
      const status = { connectorId: 1, errorCode: 'NoError', status: n % 2 === 0 ? 'Available' : 'Preparing' };
      charger.send(JSON.stringify([2, `s${n}`, 'StatusNotification', status]));
    }
    await started;
    await called(charger, 'ClearCache');
    const order = charger.texts.map((text) => (JSON.parse(text) as unknown[]).slice(0, 3));
    expect(order.slice(1)).toEqual([
      ...Array.from({ length: 5 }, (_, n) => [3, `s${n}`, {}]),
      [2, anything, 'ClearCache'],
    ]);
  });
});

describe('calls in a row', () => {
  test('Q29: a charger that drops the line when it is called fast has its pause between them', async () => {
    holdTimers();
    const charger = await bench.dial('SLOW');
    const outcomes = [1, 2].map((connectorId) => bench.connectionOf('SLOW').call('UnlockConnector', { connectorId }));
    accept(charger, await called(charger, 'UnlockConnector'));
    await outcomes[0];
    await pass(0.9);
    await charger.call('Heartbeat', {});
    expect(callsTo(charger)).toHaveLength(1);
    await pass(0.2);
    accept(charger, await called(charger, 'UnlockConnector', charger.texts.length - 1));
    expect(await outcomes[1]).toMatchObject({ kind: 'result' });
  });
});
