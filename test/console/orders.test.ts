import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ErrorBody, TransactionBody } from '../../adapters/console/schemas.ts';
import { provisioningOf } from '../../gateway/capabilities.ts';
import { putProvisioning } from '../../gateway/store/configuration.ts';
import { listTransactions } from '../../gateway/transactions.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { dialScripted, type ScriptedCharger } from '../harness/scripted-charger.ts';

let site: TestSite;
let charger: ScriptedCharger;

beforeEach(async () => {
  site = await startTestSite();
  charger = await dialScripted(site.urls.ocpp, 'BAY-1');
  await charger.boot();
});
afterEach(() => site.cleanUp());

async function api<Body = unknown>(method: string, path: string, body?: unknown): Promise<[number, Body]> {
  const response = await fetch(`${site.urls.console}api/chargers/${path}`, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return [response.status, (text === '' ? null : JSON.parse(text)) as Body];
}

const running = (): TransactionBody[] =>
  listTransactions(site.gateway, { offset: 0, limit: 10 }).items as unknown as TransactionBody[];

describe('orders of every day', () => {
  test.each([
    ['start', { tokenUid: 'CARD1', evse: 2 }, 'RemoteStartTransaction', { idTag: 'CARD1', connectorId: 2 }],
    ['unlock', { evse: 1 }, 'UnlockConnector', { connectorId: 1 }],
    ['reset', {}, 'Reset', { type: 'Soft' }],
    ['reset', { hard: true }, 'Reset', { type: 'Hard' }],
    ['availability', { operative: false }, 'ChangeAvailability', { connectorId: 0, type: 'Inoperative' }],
    ['availability', { operative: true, evse: 2 }, 'ChangeAvailability', { connectorId: 2, type: 'Operative' }],
    ['trigger', { message: 'boot' }, 'TriggerMessage', { requestedMessage: 'BootNotification' }],
    [
      'trigger',
      { message: 'meter-values', evse: 1 },
      'TriggerMessage',
      { requestedMessage: 'MeterValues', connectorId: 1 },
    ],
    ['trigger', { message: 'log-status' }, 'ExtendedTriggerMessage', { requestedMessage: 'LogStatusNotification' }],
    ['clear-cache', undefined, 'ClearCache', {}],
    [
      'reserve',
      { reservationId: 7, tokenUid: 'CARD1', evse: 1, expiresAt: '2030-01-31T12:00:00Z' },
      'ReserveNow',
      { reservationId: 7, idTag: 'CARD1', connectorId: 1, expiryDate: '2030-01-31T12:00:00Z' },
    ],
    ['cancel-reservation', { reservationId: 7 }, 'CancelReservation', { reservationId: 7 }],
    [
      'vendor-data',
      { vendor: 'com.example', message: 'Ping', data: 'x' },
      'DataTransfer',
      { vendorId: 'com.example', messageId: 'Ping', data: 'x' },
    ],
  ])('%s %j goes out as %s, and the answer comes back to the letter', async (verb, body, action, payload) => {
    const answer = { status: 'Accepted', vendorExtra: ['as it came'] };
    charger.script(() => answer);
    expect(await api('POST', `BAY-1/${verb}`, body)).toEqual([200, answer]);
    expect(charger.calls).toEqual([[action, payload]]);
  });

  test('a refusal of the charger is its answer, not an error', async () => {
    charger.script(() => ({ status: 'Rejected' }));
    expect(await api('POST', 'BAY-1/reset', {})).toEqual([200, { status: 'Rejected' }]);
  });

  test('an error of the charger is 502, with its own words', async () => {
    charger.script(() => 'NotSupported');
    expect(await api('POST', 'BAY-1/clear-cache')).toMatchObject([502, { code: 'NotSupported' }]);
  });

  test('404, 409 and 504: nobody of that name, away, silent', async () => {
    charger.script(() => null);
    const [unknown, away, silent] = await Promise.all([
      api('POST', 'NOBODY/reset', {}),
      api('POST', 'LOCKED/reset', {}),
      api('POST', 'BAY-1/reset', {}),
    ]);
    expect(unknown).toMatchObject([404, { code: 'CHARGER_UNKNOWN' }]);
    expect(away).toMatchObject([409, { code: 'CHARGER_NOT_CONNECTED' }]);
    expect(silent).toMatchObject([504, { code: 'CALL_TIMEOUT' }]);
  });

  test('an EVSE that the charger has not: 422, naming those it has, and nothing is sent', async () => {
    for (const [verb, body] of [
      ['start', { tokenUid: 'CARD1', evse: 3 }],
      ['stop', { evse: 3 }],
      ['unlock', { evse: 3 }],
      ['availability', { operative: true, evse: 3 }],
      ['trigger', { message: 'status', evse: 3 }],
    ] as const) {
      const [status, { code, message }] = await api<ErrorBody>('POST', `BAY-1/${verb}`, body);
      expect([verb, status, code]).toEqual([verb, 422, 'EVSE_UNKNOWN']);
      expect(message).toContain('it has 1, 2');
    }
    expect(charger.calls).toEqual([]);
  });

  test('a body that is none: 400 with the field, and nothing is sent', async () => {
    for (const [verb, body] of [
      ['start', {}],
      ['start', { tokenUid: 'CARD1', evse: 0 }],
      ['unlock', { evse: 'one' }],
      ['trigger', { message: 'lunch' }],
      ['reset', { hard: true, soft: true }],
      ['reserve', { reservationId: 1, tokenUid: 'CARD1', expiresAt: 'soon' }],
    ] as const)
      expect(await api('POST', `BAY-1/${verb}`, body)).toMatchObject([400, { code: 'REQUEST_INVALID' }]);
    expect(charger.calls).toEqual([]);
  });

  test('a card number that OCPP 1.6 cannot carry: 422, and nothing is sent', async () => {
    expect(await api('POST', 'BAY-1/start', { tokenUid: 'X'.repeat(21), evse: 1 })).toMatchObject([
      422,
      { code: 'CALL_INVALID' },
    ]);
    expect(charger.calls).toEqual([]);
  });
});

describe('stop', () => {
  test('the only transaction that runs', async () => {
    const transactionId = await charger.start(2);
    expect(await api('POST', 'BAY-1/stop')).toEqual([200, { status: 'Accepted' }]);
    expect(charger.calls).toEqual([['RemoteStopTransaction', { transactionId }]]);
  });

  test('none runs: 409', async () => {
    expect(await api('POST', 'BAY-1/stop')).toMatchObject([409, { code: 'TRANSACTION_NOT_RUNNING' }]);
  });

  test('several run: 409 naming them; by EVSE or by id it goes to the right one', async () => {
    const first = await charger.start(1);
    const second = await charger.start(2, 'CARD1', 30);
    const [one, two] = running().toSorted((a, b) => a.evse - b.evse);
    const [status, { code, message }] = await api<ErrorBody>('POST', 'BAY-1/stop');
    expect([status, code]).toEqual([409, 'TRANSACTION_UNCLEAR']);
    expect(message).toContain(`${one?.id} (EVSE 1`);
    expect(message).toContain(`${two?.id} (EVSE 2`);
    await api('POST', 'BAY-1/stop', { evse: 2 });
    await api('POST', 'BAY-1/stop', { transactionId: one?.id });
    expect(charger.calls.map(([, payload]) => payload['transactionId'])).toEqual([second, first]);
  });

  test('one that ended: 409; one of another charger: 404', async () => {
    await charger.stop(await charger.start(1));
    const [ended] = running();
    expect(await api('POST', 'BAY-1/stop', { transactionId: ended?.id })).toMatchObject([
      409,
      { code: 'TRANSACTION_NOT_RUNNING' },
    ]);
    expect(await api('POST', 'LOCKED/stop', { transactionId: ended?.id })).toMatchObject([404, { code: 'NOT_FOUND' }]);
  });
});

describe("a charger's own list", () => {
  test('its version is told as the charger has it; one that is left alone has nothing of ours', async () => {
    charger.script(() => ({ listVersion: 4 }));
    const ours = { state: 'left', version: null, count: 0, problem: null, syncedAt: null };
    expect(await api('GET', 'BAY-1/local-list')).toEqual([200, { listVersion: 4, ...ours }]);
    charger.script(() => 'InternalError');
    expect(await api('GET', 'BAY-1/local-list')).toEqual([200, { listVersion: null, ...ours }]);
    expect(await api('GET', 'NOBODY/local-list')).toMatchObject([404, { code: 'CHARGER_UNKNOWN' }]);
  });

  test('entries replace it under the next version, or change it under a given one', async () => {
    charger.script((action) => (action === 'GetLocalListVersion' ? { listVersion: 4 } : { status: 'Accepted' }));
    const entries = [
      { tokenUid: 'CARD1', groupId: 'FLEET' },
      { tokenUid: 'CARD2', verdict: 'blocked' },
    ];
    expect(await api('PUT', 'BAY-1/local-list', { entries })).toEqual([200, { status: 'Accepted' }]);
    await api('PUT', 'BAY-1/local-list', { full: false, version: 9, entries: [{ tokenUid: 'CARD2', verdict: null }] });
    expect(charger.calls.slice(1)).toEqual([
      [
        'SendLocalList',
        {
          listVersion: 5,
          updateType: 'Full',
          localAuthorizationList: [
            { idTag: 'CARD1', idTagInfo: { status: 'Accepted', parentIdTag: 'FLEET' } },
            { idTag: 'CARD2', idTagInfo: { status: 'Blocked' } },
          ],
        },
      ],
      ['SendLocalList', { listVersion: 9, updateType: 'Differential', localAuthorizationList: [{ idTag: 'CARD2' }] }],
    ]);
  });

  test("the site's own cards, without those that may not charge", async () => {
    charger.script((action) => (action === 'GetLocalListVersion' ? { listVersion: 0 } : { status: 'Accepted' }));
    expect(await api('PUT', 'BAY-1/local-list', { site: true })).toEqual([200, { status: 'Accepted' }]);
    expect(charger.calls.at(-1)?.[1]).toEqual({
      listVersion: 1,
      updateType: 'Full',
      localAuthorizationList: [{ idTag: 'CARD1', idTagInfo: { status: 'Accepted' } }],
    });
  });

  test('one longer than the charger takes at once goes out in parts, a version each', async () => {
    await site.gateway.db.write(({ now }) => {
      const row = provisioningOf(site.gateway, 'BAY-1');
      const localList = { ...row.capabilities.localList, maxPerMessage: 2 };
      putProvisioning(site.gateway.db, 'BAY-1', { ...row, capabilities: { ...row.capabilities, localList } }, now);
    });
    const entries = ['C1', 'C2', 'C3', 'C4', 'C5'].map((tokenUid) => ({ tokenUid }));
    expect(await api('PUT', 'BAY-1/local-list', { version: 7, entries })).toEqual([200, { status: 'Accepted' }]);
    expect(
      charger.calls.map(([, { listVersion, updateType, localAuthorizationList }]) => [
        listVersion,
        updateType,
        (localAuthorizationList as unknown[]).length,
      ]),
    ).toEqual([
      [7, 'Full', 2],
      [8, 'Differential', 2],
      [9, 'Differential', 1],
    ]);
    charger.script(() => ({ status: 'VersionMismatch' }));
    await api('PUT', 'BAY-1/local-list', { version: 7, entries });
    expect(charger.calls).toHaveLength(4);
  });

  test('a charger that keeps none (-1) is sent none: 422', async () => {
    charger.script(() => ({ listVersion: -1 }));
    expect(await api('PUT', 'BAY-1/local-list', { site: true })).toMatchObject([422, { code: 'CALL_INVALID' }]);
    expect(charger.calls.map(([action]) => action)).toEqual(['GetLocalListVersion']);
  });

  test('neither entries nor the site: 400', async () => {
    for (const body of [{}, { site: true, entries: [] }, { site: true, full: false }])
      expect((await api('PUT', 'BAY-1/local-list', body))[0]).toBe(400);
  });
});
