/** OCPP 2.0.1 and 2.1: the charger's own list of cards (2.0.1 part 2, D01 and D02), kept as with 1.6 (Q62). */
import { afterEach, describe, expect, test } from 'vitest';
import { capabilitiesOf } from '../../gateway/capabilities.ts';
import type { LocalListState } from '../../gateway/domain/local-list.ts';
import { localListView } from '../../gateway/local-list.ts';
import { startLocalListSync } from '../../gateway/local-list-sync.ts';
import { deleteSiteToken, putSiteToken } from '../../gateway/tokens.ts';
import type { TestSite } from '../harness/gateway.ts';
import type { Payload } from '../harness/scripted-charger.ts';
import { ask } from '../harness/operator.ts';
import type { V2Charger, Version } from './v2-charger.ts';
import { told } from '../harness/told.ts';
import { plugDevice, startDeviceSite, type Device } from './v2-device.ts';

let site: TestSite;
let stop: (() => Promise<void>) | null = null;
const open: V2Charger[] = [];

afterEach(async () => {
  await stop?.();
  for (const { raw } of open.splice(0)) await raw.close();
  await site.cleanUp();
});

/** Its cards by number; the gateway's own keeping of lists has the pace of a day's work. */
async function start(tokens: string): Promise<void> {
  site = await startDeviceSite('', `tokens: ${tokens}`);
  site.gateway.settings.localLists = 'keep';
  stop = startLocalListSync(site.gateway, { quiet: 5, longest: 100, aboutToBoot: 1000, look: 10 });
}

interface Box extends Device {
  version: number;
  cards: Map<string, Payload>;
  /** `Full 1 CARD1`, `Differential 2 -CARD1`. */
  sent: string[];
  part: number;
  /** What it answers SendLocalList with, once each, before it does as it should. */
  moods: (string | Payload)[];
}

function box(variables: Device['variables'] = {}, part = 3): Box {
  const self: Box = {
    variables: {
      'LocalAuthListCtrlr.Enabled': { value: 'true' },
      'LocalAuthListCtrlr.ItemsPerMessage': { value: String(part), mutability: 'ReadOnly' },
      ...variables,
    },
    most: 50,
    reports: { size: 50 },
    version: 0,
    cards: new Map(),
    sent: [],
    part,
    moods: [],
    answer: (action, payload) => {
      if (action === 'GetLocalListVersion') return { versionNumber: self.version };
      return action === 'SendLocalList' ? take(self, payload) : undefined;
    },
  };
  return self;
}

interface Entry {
  idToken: { idToken: string; type: string };
  idTokenInfo?: Payload;
}

function take(self: Box, payload: Payload): Payload | string {
  const entries = (payload['localAuthorizationList'] ?? []) as Entry[];
  const [version, full] = [Number(payload['versionNumber']), payload['updateType'] === 'Full'];
  const said = entries.map(({ idToken, idTokenInfo }) => (idTokenInfo ? '' : '-') + idToken.idToken);
  self.sent.push([payload['updateType'], version, ...said].join(' '));
  const mood = self.moods.shift();
  if (mood !== undefined) return mood;
  if (!full && version <= self.version) return { status: 'VersionMismatch' };
  if (entries.length > self.part) return 'OccurrenceConstraintViolation';
  if (full) self.cards.clear();
  for (const { idToken, idTokenInfo } of entries)
    if (idTokenInfo) self.cards.set(idToken.idToken, { ...idTokenInfo, type: idToken.type });
    else self.cards.delete(idToken.idToken);
  self.version = version;
  return { status: 'Accepted' };
}

async function after(act: () => unknown): Promise<LocalListState> {
  const done = told(site, 'local-list.synced', 'CP');
  await act();
  return (await done).state;
}

async function bootBox(version: Version, model: Box): Promise<{ charger: V2Charger; state: LocalListState }> {
  const charger = await plugDevice(site, 'CP', version, model);
  open.push(charger);
  return { charger, state: await after(() => charger.boot()) };
}

const LONG = 'a'.repeat(36);

describe.each(['ocpp2.0.1', 'ocpp2.1'] as const)("a charger's list of cards over %s", (version) => {
  test('whole in parts of ItemsPerMessage, then by differences; lost by a reboot, whole again', async () => {
    await start('[{ uid: C1 }, { uid: C2 }, { uid: C3 }, { uid: C4 }]');
    const model = box();
    const { charger, state } = await bootBox(version, model);
    expect([state, model.sent.splice(0)]).toEqual(['kept', ['Full 1 C1 C2 C3', 'Differential 2 C4']]);
    await after(() => putSiteToken(site.gateway, 'C5', {}));
    await after(() => deleteSiteToken(site.gateway, 'C5'));
    expect(model.sent.splice(0)).toEqual(['Differential 3 C5', 'Differential 4 -C5']);
    model.version = 0;
    model.cards.clear();
    expect(await after(() => charger.boot())).toBe('kept');
    expect(model.sent).toEqual(['Full 5 C1 C2 C3', 'Differential 6 C4']);
    expect([...model.cards.keys()]).toEqual(['C1', 'C2', 'C3', 'C4']);
  });

  test('the kind of each card, its group, its end; 36 characters are not too long', async () => {
    await start(`[{ uid: "04:A2:B3:C4", group: FLEET }, { uid: E004010012345678 }, { uid: ${LONG}, group: ${LONG} }]`);
    await putSiteToken(site.gateway, 'ENDS', { expiresAt: Date.parse('2099-05-04T13:00:00Z') });
    const model = box({}, 20);
    expect((await bootBox(version, model)).state).toBe('kept');
    expect(Object.fromEntries(model.cards)).toEqual({
      '04A2B3C4': { type: 'ISO14443', status: 'Accepted', groupIdToken: { idToken: 'FLEET', type: 'Central' } },
      E004010012345678: { type: 'ISO15693', status: 'Accepted' },
      [LONG]: { type: 'Central', status: 'Accepted', groupIdToken: { idToken: LONG, type: 'Central' } },
      ENDS: { type: 'Central', status: 'Accepted', cacheExpiryDateTime: '2099-05-04T13:00:00Z' },
    });
    expect(await localListView(site.gateway, 'CP')).toMatchObject({ listVersion: 1, problem: null });
  });

  test('VersionMismatch, Failed: whole once more; Failed for the whole list too is told to the operator', async () => {
    await start('[{ uid: C1 }]');
    const model = box();
    await bootBox(version, model);
    model.moods = [{ status: 'VersionMismatch' }];
    expect(await after(() => putSiteToken(site.gateway, 'C2', {}))).toBe('kept');
    model.moods = [{ status: 'Failed', statusInfo: { reasonCode: 'OutOfMemory' } }];
    expect(await after(() => putSiteToken(site.gateway, 'C3', {}))).toBe('kept');
    expect(model.sent.slice(1)).toEqual(['Differential 2 C2', 'Full 2 C1 C2', 'Differential 3 C3', 'Full 3 C1 C2 C3']);
    model.moods = [{ status: 'Failed' }, { status: 'Failed', statusInfo: { reasonCode: 'OutOfMemory' } }];
    expect(await after(() => putSiteToken(site.gateway, 'C4', {}))).toBe('failed');
    const { body } = await ask(site, 'chargers/CP/local-list');
    expect(body).toMatchObject({ state: 'failed', problem: 'it answers failed (OutOfMemory) to a whole list' });
  });

  test('how much it can hold stands beside how much it holds; a small message holds fewer', async () => {
    await start('[{ uid: C1 }, { uid: C2 }, { uid: C3 }, { uid: C4 }]');
    const model = box({
      'LocalAuthListCtrlr.Entries': { value: '0', max: 3 },
      'LocalAuthListCtrlr.BytesPerMessage': { value: '800' },
    });
    expect((await bootBox(version, model)).state).toBe('cut');
    expect(model.sent).toEqual(['Full 1 C1 C2', 'Differential 2 C3']);
    expect(capabilitiesOf(site.gateway, 'CP').localList).toMatchObject({ maxEntries: 3, maxPerMessage: 2 });
    expect((await localListView(site.gateway, 'CP')).problem).toBe('it holds 3 cards: 1 more have no place');
  });

  test('none for a charger without LocalAuthListCtrlr, or that says it is not available or used', async () => {
    await start('[{ uid: C1 }]');
    const cases: [string, Device['variables']][] = [
      ['NONE', {}],
      [
        'NOT',
        { 'LocalAuthListCtrlr.Available': { value: 'false' }, 'LocalAuthListCtrlr.Entries': { value: '0', max: 9 } },
      ],
      ['OFF', { 'LocalAuthListCtrlr.Enabled': { value: 'false', mutability: 'ReadOnly' } }],
    ];
    for (const [id, variables] of cases) {
      const model = box();
      model.variables = { 'OCPPCommCtrlr.HeartbeatInterval': { value: '300' }, ...variables };
      const charger = await plugDevice(site, id, version, model);
      open.push(charger);
      const gone = told(site, id === 'OFF' ? 'local-list.synced' : 'charger.provisioned', id);
      await charger.boot();
      await gone;
      expect([id, (await localListView(site.gateway, id)).state]).toEqual([id, id === 'OFF' ? 'off' : 'unsupported']);
      expect(model.sent).toEqual([]);
    }
  });
});
