import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { noticePendingStops } from '../../gateway/stop-pending.ts';
import { putSiteToken } from '../../gateway/tokens.ts';
import { at, meter, NOON, openDepot, sendFrame, start, status, stop, type Depot } from './charging-harness.ts';

let depot: Depot;
let charger: RawCharger;

beforeEach(async () => {
  depot = await openDepot();
  charger = await depot.dial();
});
afterEach(() => depot.close());

describe('ids that we never gave', () => {
  test.each([0, -1, -2_147_483_648])('Q36: %i means the one transaction that runs for that card', async (id) => {
    await start(charger);
    await meter(charger, id, 10, [{ value: '4000' }]);
    expect(depot.sessions()).toMatchObject([{ energyWh: 3000 }]);
    depot.setMinute(60);
    await stop(charger, id, { idTag: 'CARD1' });
    expect(depot.cdrs()).toMatchObject([{ energyWh: 10_000 }]);
    expect(depot.quarantined()).toEqual([]);
    expect(await depot.deviations()).toContain('TRANSACTION_PLACEHOLDER');
  });

  test('Q36: of two that run for that card, the one whose register can have come to that', async () => {
    depot.setMinute(60);
    await start(charger, { meterStart: 700_000 });
    await start(charger, { connectorId: 2, meterStart: 1000 });
    await stop(charger, -1, { idTag: 'CARD1', meterStop: 11_000 });
    expect(depot.transactions().map(({ meterStop }) => meterStop)).toEqual([null, 11_000]);
  });

  test('Q36: it is of nothing that began after it', async () => {
    depot.setMinute(61);
    await start(charger, { timestamp: at(61) });
    await stop(charger, 0, { timestamp: at(60) });
    expect(depot.transactions()).toMatchObject([{ stopReceivedAt: null }]);
    expect(depot.quarantined()).toMatchObject([{ reason: expect.stringContaining('none fits') }]);
  });

  test('Q37: 2^63-1 as an id, to the digit, and the same stop again', async () => {
    await start(charger);
    depot.setMinute(60);
    const frame = (id: string): string =>
      `[2,"${id}","StopTransaction",{"transactionId":9223372036854775807,"idTag":"CARD1","timestamp":"${at(60)}","meterStop":11000}]`;
    const first = await sendFrame(charger, 's1', frame('s1'));
    const again = await sendFrame(charger, 's2', frame('s2'));
    expect(again[2]).toEqual(first[2]);
    expect(depot.cdrs()).toMatchObject([{ energyWh: 10_000 }]);
    expect(depot.quarantined()).toEqual([]);
  });

  test('Q37: two ids that JSON makes one number are none of ours either', async () => {
    for (const id of ['9007199254740992', '9007199254740993', '2147483648'])
      await sendFrame(
        charger,
        id,
        `[2,"${id}","StopTransaction",{"transactionId":${id},"timestamp":"${at(1)}","meterStop":5}]`,
      );
    expect(depot.transactions()).toEqual([]);
    // They read as one number, so as the same message; all the rest of it being equal, nothing is lost by that.
    expect(depot.quarantined()).toMatchObject([{ count: 2 }, { count: 1 }]);
  });

  test('Q37: fractions of a watt-hour are rounded', async () => {
    const { transactionId } = await start(charger, { meterStart: 1000.4 });
    depot.setMinute(60);
    await stop(charger, transactionId, { meterStop: 1500.505 });
    expect(depot.transactions()).toMatchObject([{ meterStart: 1000, meterStop: 1501 }]);
    expect(depot.cdrs()).toMatchObject([{ energyWh: 501 }]);
  });
});

describe('readings under an id that is over', () => {
  test('Q38: go to the transaction that runs there now, from its start on, and reopen nothing', async () => {
    const first = await start(charger);
    depot.setMinute(60);
    await stop(charger, first.transactionId);
    depot.setMinute(61);
    await start(charger, { timestamp: at(61), meterStart: 11_000 });
    depot.setMinute(70);
    await meter(charger, first.transactionId, 70, [{ value: '12500' }]);
    expect(depot.sessions()).toMatchObject([
      { status: 'COMPLETED', energyWh: 10_000 },
      { status: 'ACTIVE', energyWh: 1500 },
    ]);
    expect(depot.transactions()[0]?.stopReceivedAt).toBe(NOON + 3_600_000);
    expect(await depot.deviations()).toContain('TRANSACTION_STALE');
  });

  test('Q38: late ones of its own time stay with it, and its bill stands', async () => {
    const first = await start(charger);
    depot.setMinute(60);
    await stop(charger, first.transactionId);
    const [bill] = depot.cdrs();
    depot.setMinute(62);
    await start(charger, { timestamp: at(62), meterStart: 11_000 });
    await meter(charger, first.transactionId, 30, [{ value: '99000' }]);
    expect(depot.sessions()).toMatchObject([{ energyWh: 10_000 }, { energyWh: 0 }]);
    expect(depot.cdrs()).toEqual([bill]);
    expect(await depot.deviations()).not.toContain('TRANSACTION_STALE');
  });

  test('Q38: with nothing running they are the register of the EVSE', async () => {
    const first = await start(charger);
    depot.setMinute(60);
    await stop(charger, first.transactionId);
    await meter(charger, first.transactionId, 75, [{ value: '11200' }]);
    expect(depot.cdrs()).toMatchObject([{ energyWh: 10_000 }]);
    const view = await depot.api('GET', '/api/chargers/BAY-1');
    expect(view.body).toMatchObject({ evses: [{ meterWh: 11_200 }, {}] });
    expect(depot.quarantined()).toEqual([]);
  });

  test('Q38: an id that nobody knows, as after a factory reset: by time and connector', async () => {
    await start(charger);
    await meter(charger, 4711, 10, [{ value: '2000' }]);
    expect(depot.sessions()).toMatchObject([{ energyWh: 1000 }]);
    expect(depot.quarantined()).toEqual([]);
    await meter(charger, 4711, -30, [{ value: '900' }]);
    expect(depot.sessions()).toMatchObject([{ energyWh: 1000 }]);
    expect(depot.quarantined()).toMatchObject([{ action: 'MeterValues', reason: expect.stringContaining('4711') }]);
  });
});

describe('said again', () => {
  test('Q39: a start after a restart of the gateway, under another message id, is the same, also in what it is told', async () => {
    await putSiteToken(depot.site.gateway, 'FLEET1', { groupId: 'FLEET', expiresAt: NOON + 86_400_000 });
    const payload = { connectorId: 1, idTag: 'FLEET1', meterStart: 7, timestamp: at(0) };
    const first = await charger.call('StartTransaction', payload, 'one');
    expect(first[2]).toEqual({
      transactionId: 1,
      idTagInfo: { status: 'Accepted', parentIdTag: 'FLEET', expiryDate: '2026-11-22T12:00:00Z' },
    });
    await putSiteToken(depot.site.gateway, 'FLEET1', { groupId: null, expiresAt: null, blocked: true });
    await depot.restart();
    const again = await (await depot.dial()).call('StartTransaction', payload, 'another');
    expect(again[2]).toEqual(first[2]);
    expect(depot.transactions()).toHaveLength(1);
  });

  test('Q39: a start and stop that an older version answered get the answer of then', async () => {
    const { gateway } = depot.site;
    const { transactionId } = await start(charger);
    await stop(charger, transactionId, { idTag: 'CARD1' });
    await gateway.db.write(() =>
      gateway.db.run(`UPDATE "transaction" SET start_answer = 'expired', stop_answer = 'blocked'`),
    );
    expect(await start(charger)).toEqual({ transactionId, idTagInfo: { status: 'Expired' } });
    expect((await stop(charger, transactionId, { idTag: 'CARD1' }))[2]).toEqual({ idTagInfo: { status: 'Blocked' } });
  });

  test('Q40: a stop days later, after a restart, changes nothing; with another register the first one stays', async () => {
    const { transactionId } = await start(charger);
    depot.setMinute(60);
    const first = await stop(charger, transactionId, { idTag: 'CARD1' });
    const [bill] = depot.cdrs();
    depot.setMinute(5 * 24 * 60);
    await depot.restart();
    charger = await depot.dial();
    expect((await stop(charger, transactionId, { idTag: 'CARD1' }))[2]).toEqual(first[2]);
    expect(depot.quarantined()).toEqual([]);
    expect((await stop(charger, transactionId, { idTag: 'CARD1', meterStop: 12_000 }))[2]).toEqual(first[2]);
    expect(depot.cdrs()).toEqual([bill]);
    expect(depot.quarantined()).toMatchObject([
      { reason: expect.stringContaining('already stopped with other values') },
    ]);
  });

  test('Q39: a start and its stop, replayed after they were answered, are not another session', async () => {
    depot.setMinute(60);
    const { transactionId } = await start(charger);
    await stop(charger, transactionId);
    depot.setMinute(120);
    expect((await start(charger)).transactionId).toBe(transactionId);
    await stop(charger, transactionId);
    expect(depot.cdrs()).toHaveLength(1);
    expect(depot.quarantined()).toEqual([]);
  });
});

describe('a clock that stands still', () => {
  const frozen = { timestamp: '2026-11-21T00:00:00Z', meterStart: 0 };

  test('Q33: the same card at the same register is a new session once the one before has ended', async () => {
    const first = await start(charger, frozen);
    depot.setMinute(30);
    await stop(charger, first.transactionId, { timestamp: frozen.timestamp, meterStop: 0 });
    depot.setMinute(40);
    const second = await start(charger, frozen);
    expect(second.transactionId).not.toBe(first.transactionId);
    expect((await start(charger, frozen)).transactionId).toBe(second.transactionId);
    depot.setMinute(50);
    await stop(charger, second.transactionId, { timestamp: frozen.timestamp, meterStop: 0 });
    expect(depot.transactions().map(({ stopReceivedAt }) => stopReceivedAt)).toEqual([
      NOON + 1_800_000,
      NOON + 3_000_000,
    ]);
    expect(depot.quarantined()).toEqual([]);
  });

  test('Q33: stored messages that come all at once prove nothing: the start is a re-sent one', async () => {
    depot.setMinute(60);
    const first = await start(charger, frozen);
    await stop(charger, first.transactionId, { timestamp: frozen.timestamp, meterStop: 0 });
    expect((await start(charger, frozen)).transactionId).toBe(first.transactionId);
  });

  test('Q33: nor does a stop of a charger that never learnt the id', async () => {
    const first = await start(charger, frozen);
    depot.setMinute(30);
    await stop(charger, -1, { timestamp: frozen.timestamp, meterStop: 0 });
    expect((await start(charger, frozen)).transactionId).toBe(first.transactionId);
  });
});

describe('stops', () => {
  test('Q41: without a start: acknowledged, billed to nobody, and told to the operator with what is known', async () => {
    const answer = await stop(charger, 4711, { idTag: 'CARD1' });
    expect(answer[2]).toEqual({ idTagInfo: { status: 'Accepted' } });
    await stop(charger, 4711, { idTag: 'CARD1' });
    expect(depot.transactions()).toEqual([]);
    expect(depot.sessions()).toEqual([]);
    expect(depot.cdrs()).toEqual([]);
    const { body } = await depot.api('GET', '/api/quarantine');
    expect(body).toMatchObject({
      items: [{ action: 'StopTransaction', count: 2, reason: expect.stringContaining('ended at 11000 Wh') }],
    });
    expect(await depot.deviations()).toContain('STOP_WITHOUT_START');
  });

  test('Q42: without card and reason: stopped all the same, by Local', async () => {
    const { transactionId } = await start(charger);
    depot.setMinute(60);
    expect((await stop(charger, transactionId))[2]).toEqual({});
    expect(depot.transactions()).toMatchObject([{ stopReason: 'Local', meterStop: 11_000 }]);
    expect(depot.cdrs()).toMatchObject([{ token: { uid: 'CARD1' } }]);
  });

  test('Q42: by another card, even a refused one: stopped, the first card pays, the other is told what it is', async () => {
    const { transactionId } = await start(charger);
    depot.setMinute(60);
    const answer = await stop(charger, transactionId, { idTag: 'BLOCKED1', reason: 'Remote' });
    expect(answer[2]).toEqual({ idTagInfo: { status: 'Blocked' } });
    expect(depot.cdrs()).toMatchObject([{ token: { uid: 'CARD1' }, energyWh: 10_000, remark: null }]);
  });
});

describe('Q43: an EVSE that is done while its stop is owed', () => {
  interface View {
    stopPendingSince: string | null;
    stopReason: string | null;
    meterStop: number | null;
    stopEstimated: boolean;
  }
  const view = async (): Promise<View> =>
    ((await depot.api('GET', '/api/transactions')).body as { items: View[] }).items[0] as View;

  test.each(['Available', 'Finishing'])('Q43: %s is no end; after two minutes the operator sees it', async (text) => {
    await start(charger);
    depot.setMinute(10);
    await meter(charger, 1, 10, [{ value: '3000' }]);
    await status(charger, text);
    depot.setMinute(11.9);
    expect(await view()).toMatchObject({ stopPendingSince: null });
    depot.setMinute(12);
    expect(await view()).toMatchObject({ stopPendingSince: '2026-11-21T12:10:00Z', stopReason: null });
    noticePendingStops(depot.site.gateway, new Set());
    expect(await depot.deviations()).toContain('STOP_PENDING');
    expect(depot.cdrs()).toEqual([]);
    await stop(charger, 1, { meterStop: 3100, timestamp: at(10) });
    expect(await view()).toMatchObject({ stopPendingSince: null, meterStop: 3100, stopEstimated: false });
    expect(depot.cdrs()).toMatchObject([{ energyWh: 2100, remark: null }]);
  });

  test('Q43: a status from before the start says nothing of its end', async () => {
    await status(charger, 'Available');
    depot.setMinute(1);
    await start(charger, { timestamp: at(1) });
    depot.setMinute(30);
    expect(await view()).toMatchObject({ stopPendingSince: null });
  });

  test('Q43: the operator closes it, by estimate; the stop that comes after all is kept aside', async () => {
    await start(charger);
    depot.setMinute(10);
    await meter(charger, 1, 10, [{ value: '3000' }]);
    depot.setMinute(12);
    await status(charger, 'Available');
    depot.setMinute(30);
    const id = depot.transactions()[0]?.id ?? '';
    expect(await depot.api('POST', `/api/transactions/${id}/close`)).toMatchObject({
      status: 200,
      body: {
        stopReason: 'ClosedByOperator',
        stopEstimated: true,
        meterStop: 3000,
        stoppedAt: '2026-11-21T12:12:00Z',
        stopPendingSince: null,
      },
    });
    const bills = depot.cdrs();
    expect(bills).toMatchObject([
      { energyWh: 2000, endedAt: NOON + 720_000, remark: expect.stringContaining('the operator closed it') },
    ]);
    expect(await depot.api('POST', `/api/transactions/${id}/close`)).toMatchObject({
      status: 409,
      body: { code: 'TRANSACTION_ENDED' },
    });
    expect((await stop(charger, 1, { meterStop: 3100, timestamp: at(12) }))[2]).toEqual({});
    expect(depot.cdrs()).toEqual(bills);
    expect(depot.quarantined()).toMatchObject([{ reason: expect.stringContaining('closed by estimate at 3000 Wh') }]);
  });

  test('Q43: one that still charges, as its charger says, is closed by force only', async () => {
    await start(charger);
    await status(charger, 'Charging');
    const id = depot.transactions()[0]?.id ?? '';
    const path = `/api/transactions/${id}/close`;
    expect(await depot.api('POST', path, {})).toMatchObject({ status: 409, body: { code: 'TRANSACTION_RUNNING' } });
    expect(await depot.api('POST', path, { force: true })).toMatchObject({ status: 200, body: { meterStop: 1000 } });
    expect(await depot.api('POST', '/api/transactions/none/close', {})).toMatchObject({ status: 404 });
  });
});
