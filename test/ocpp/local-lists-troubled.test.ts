/** Lists of cards on chargers that refuse them, forget them or go away, and across a power cut (Q62, Q27, Q29). */
import { rmSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { localListView } from '../../gateway/local-list.ts';
import { deleteSiteToken, putSiteToken } from '../../gateway/tokens.ts';
import type { Reply } from '../provisioning/scripted-charger.ts';
import {
  after,
  bootBox,
  cardsOf,
  listBox,
  next,
  numbered,
  plugIn,
  startListSite,
  synced,
  take,
  type ListSite,
} from './local-list-harness.ts';

const START = Date.parse('2026-05-04T12:00:00Z');
const cleanUps: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const clean of cleanUps.splice(0).toReversed()) await clean();
});

async function start(options: Parameters<typeof startListSite>[0] = {}): Promise<ListSite> {
  const site = await startListSite(options);
  cleanUps.push(() => site.cleanUp());
  return site;
}

describe('Q62: chargers that do not', () => {
  test.each<[string, string, Reply]>([
    ['version -1', 'GetLocalListVersion', { payload: { listVersion: -1 } }],
    ['NotSupported to the version', 'GetLocalListVersion', { error: 'NotSupported' }],
    ['NotImplemented to the list', 'SendLocalList', { error: 'NotImplemented' }],
    ['NotSupported to the list', 'SendLocalList', { payload: { status: 'NotSupported' } }],
  ])('%s: unsupported until its firmware is another', async (_case, action, reply) => {
    const site = await start();
    const box = listBox('CP');
    box.answer = (asked) => (asked === action ? reply : undefined);
    const { state, line } = await bootBox(site, box);
    expect(state).toBe('unsupported');
    const before = box.sent.length;
    await putSiteToken(site.gateway, 'CARD2', {});
    const provisioned = next(site, 'charger.provisioned');
    await line.boot();
    await provisioned;
    expect(box.sent).toHaveLength(before);
    line.drop();
    box.answer = () => undefined;
    box.firmware = '2.0';
    expect((await bootBox(site, box)).state).toBe('kept');
    expect(cardsOf(box)).toEqual(['CARD1', 'CARD2']);
  });

  test('one without the feature is asked nothing', async () => {
    const site = await start();
    const box = listBox('CP');
    for (const key of ['LocalAuthListEnabled', 'LocalAuthListMaxLength', 'SendLocalListMaxLength'])
      delete box.keys[key];
    box.keys['SupportedFeatureProfiles'] = { value: 'Core', readonly: true };
    const line = await plugIn(site, box);
    const provisioned = next(site, 'charger.provisioned');
    await line.boot();
    await provisioned;
    await putSiteToken(site.gateway, 'CARD2', {});
    expect(line.of('GetLocalListVersion')).toEqual([]);
    expect(await localListView(site.gateway, 'CP')).toMatchObject({ state: 'unsupported', count: 0 });
  });

  test('VersionMismatch: once more, whole', async () => {
    const site = await start();
    const box = listBox('CP');
    await bootBox(site, box);
    box.answer = (action, payload) =>
      action === 'SendLocalList' && payload['updateType'] === 'Differential' && payload['listVersion'] === 2
        ? { payload: { status: 'VersionMismatch' } }
        : undefined;
    expect(await after(site, box, () => putSiteToken(site.gateway, 'CARD2', {}))).toBe('kept');
    expect(box.sent.slice(1)).toEqual(['Differential 2 CARD2', 'Full 2 CARD1 CARD2']);
  });

  test('Failed: once more, whole; then left alone for longer and longer, with the problem to be seen', async () => {
    let now = START;
    const site = await start({ clock: () => now });
    const box = listBox('CP');
    box.answer = (action) => (action === 'SendLocalList' ? { payload: { status: 'Failed' } } : undefined);
    expect((await bootBox(site, box)).state).toBe('failed');
    expect(box.sent).toEqual(['Full 1 CARD1', 'Full 1 CARD1']);
    expect(await localListView(site.gateway, 'CP')).toMatchObject({
      state: 'failed',
      count: 0,
      problem: 'it answers failed to a whole list',
    });
    await putSiteToken(site.gateway, 'CARD2', {});
    const again = synced(site, 'CP');
    now += 60_000;
    expect(await again).toBe('failed');
    expect(box.sent).toHaveLength(4);
    box.answer = () => undefined;
    const mended = synced(site, 'CP');
    now += 120_000;
    expect(await mended).toBe('kept');
    expect(box.sent.slice(4)).toEqual(['Full 1 CARD1 CARD2']);
  });

  test('one that takes no changes is sent its list whole, as much of it as one message holds', async () => {
    const site = await start();
    for (const uid of ['A', 'B']) await putSiteToken(site.gateway, uid, {});
    const box = listBox('CP', { part: 2 });
    box.answer = (action, payload) =>
      action === 'SendLocalList' && payload['updateType'] === 'Differential'
        ? { payload: { status: 'NotSupported' } }
        : undefined;
    expect((await bootBox(site, box)).state).toBe('cut');
    expect(cardsOf(box)).toEqual(['A', 'B']);
    expect(await after(site, box, () => deleteSiteToken(site.gateway, 'A'))).toBe('kept');
    expect(cardsOf(box)).toEqual(['B', 'CARD1']);
    await after(site, box, () => putSiteToken(site.gateway, 'B', { payment: 'invoice' }));
    expect(box.sent).toEqual(['Full 1 A B', 'Differential 2 CARD1', 'Full 2 B CARD1']);
  });

  test('Q27: one that answers without a status is believed when it has the version', async () => {
    const site = await start();
    const box = listBox('CP');
    box.answer = (action, payload) => {
      if (action !== 'SendLocalList') return undefined;
      take(box, payload);
      return { payload: {} };
    };
    expect((await bootBox(site, box)).state).toBe('kept');
    expect(box.sent).toEqual(['Full 1 CARD1']);
  });

  test('Q29: one that goes away at every list is left alone for hours after the second time', async () => {
    let now = START;
    const site = await start({ clock: () => now });
    const box = listBox('CP');
    box.answer = (action) => {
      if (action !== 'SendLocalList') return undefined;
      // So late that it is not laid to the reading of its configuration.
      now += 60_000;
      line.drop();
      return 'silence';
    };
    let line = await plugIn(site, box);
    for (let time = 0; time < 2; time += 1) {
      const gone = next(site, 'charger.disconnected');
      await line.boot();
      await gone;
      line = await plugIn(site, box);
    }
    const provisioned = next(site, 'charger.provisioned');
    await line.boot();
    await provisioned;
    for (let turn = 0; turn < 50; turn += 1) await site.gateway.db.write(() => undefined);
    expect(box.sent).toHaveLength(2);
    box.answer = () => undefined;
    const again = synced(site, 'CP');
    now += 3 * 3_600_000;
    expect(await again).toBe('kept');
  });
});

describe('a power cut', () => {
  test.each([
    ['before the charger had the second part', false],
    ['after the charger had it and before that was stored', true],
  ])('between two messages, %s: the new run brings the list where it should be', async (_case, had) => {
    const tokens = numbered(5);
    const first = await startListSite({ tokens });
    cleanUps.push(() => rmSync(first.directory, { recursive: true, force: true }));
    const box = listBox('CP', { part: 2 });
    const line = await plugIn(first, box);
    const cut = new Promise<void>((resolve) => {
      box.answer = (action, payload) => {
        if (action !== 'SendLocalList' || payload['updateType'] === 'Full') return undefined;
        if (had) take(box, payload);
        resolve();
        return 'silence';
      };
    });
    await line.boot();
    await cut;
    line.drop();
    await first.end();
    box.answer = () => undefined;
    const site = await start({ tokens, directory: first.directory });
    expect((await bootBox(site, box)).state).toBe('kept');
    expect(cardsOf(box)).toEqual(['C1', 'C2', 'C3', 'C4', 'C5']);
    const sent = had
      ? ['Full 1 C1 C2', 'Differential 2 C3 C4', 'Full 3 C1 C2', 'Differential 4 C3 C4', 'Differential 5 C5']
      : ['Full 1 C1 C2', 'Differential 2 C3 C4', 'Differential 2 C3 C4', 'Differential 3 C5'];
    expect(box.sent).toEqual(sent);
  });
});
