/** Chargers' own lists of cards, kept as the cards are that may charge without anybody being asked (Q62). */
import { afterEach, describe, expect, test } from 'vitest';
import { localListView } from '../../gateway/local-list.ts';
import { unregisterPeer } from '../../gateway/peers.ts';
import { deleteSiteToken, putSiteToken } from '../../gateway/tokens.ts';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import { startSite, type Reply } from '../provisioning/scripted-charger.ts';
import {
  after,
  bootBox,
  cardsOf,
  givePeerToken,
  listBox,
  numbered,
  plugIn,
  startListSite,
  synced,
  take,
  type ListSite,
} from './local-list-harness.ts';

const START = Date.parse('2026-05-04T12:00:00Z');
const HOUR = 3_600_000;
const cleanUps: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const clean of cleanUps.splice(0).toReversed()) await clean();
});

async function start(options: Parameters<typeof startListSite>[0] = {}): Promise<ListSite> {
  const site = await startListSite(options);
  cleanUps.push(() => site.cleanUp());
  return site;
}

describe('after a boot', () => {
  test.each([
    [0, 3, []],
    [1, 3, ['Full 1 C1']],
    [3, 3, ['Full 1 C1 C2 C3']],
    [4, 3, ['Full 1 C1 C2 C3', 'Differential 2 C4']],
    [7, 3, ['Full 1 C1 C2 C3', 'Differential 2 C4 C5 C6', 'Differential 3 C7']],
  ])('%i cards, %i to a message: whole, in parts, a version each', async (count, part, sent) => {
    const site = await start({ tokens: numbered(count) });
    const box = listBox('CP', { part });
    expect((await bootBox(site, box)).state).toBe('kept');
    expect(box.sent).toEqual(sent);
    expect(await localListView(site.gateway, 'CP')).toMatchObject({ listVersion: sent.length, state: 'kept', count });
  });

  test('a list that is as it should be is left alone', async () => {
    let now = START;
    const site = await start({ clock: () => now });
    const box = listBox('CP');
    const { line } = await bootBox(site, box);
    // Who goes away right after a question is taken to mind it (Q29).
    now += 60_000;
    expect(await after(site, box, () => line.boot())).toBe('kept');
    now += 60_000;
    line.drop();
    await bootBox(site, box);
    expect(box.sent).toEqual(['Full 1 CARD1']);
  });

  test('a version that is not the one we set, or was lost: whole, under a version after both', async () => {
    const site = await start();
    const box = listBox('CP');
    box.version = 41;
    box.cards.set('STRANGER', { status: 'Accepted' });
    const { line } = await bootBox(site, box);
    box.version = 0;
    box.cards.clear();
    await after(site, box, () => line.boot());
    expect(box.sent).toEqual(['Full 42 CARD1', 'Full 43 CARD1']);
    expect(cardsOf(box)).toEqual(['CARD1']);
  });

  test('also one that connects without a boot', async () => {
    const site = await start();
    const box = listBox('CP');
    const { line } = await bootBox(site, box);
    line.drop();
    await putSiteToken(site.gateway, 'CARD2', {});
    await after(site, box, () => plugIn(site, box));
    expect(box.sent).toEqual(['Full 1 CARD1', 'Differential 2 CARD2']);
  });

  test('its list is switched on where it has one; one that the operator wants off is not filled', async () => {
    const site = await start();
    const box = listBox('CP');
    box.keys['LocalAuthListEnabled'] = { value: 'false' };
    expect((await bootBox(site, box)).state).toBe('kept');
    expect(box.keys['LocalAuthListEnabled']).toMatchObject({ value: 'true' });
    const fixed = listBox('CP2');
    fixed.keys['LocalAuthListEnabled'] = { value: 'false', readonly: true };
    expect((await bootBox(site, fixed)).state).toBe('off');
    expect(fixed.sent).toEqual([]);
  });
});

test('a gateway as it is delivered keeps the list of a simulated charger; the API shows it', async () => {
  const site = await startSite();
  cleanUps.push(() => site.cleanUp());
  const charger = createSimulatedCharger({ url: site.urls.ocpp, id: 'SIM', reconnect: null });
  cleanUps.push(() => charger.close());
  const kept = synced(site, 'SIM');
  await charger.connect();
  expect(await kept).toBe('kept');
  expect(await localListView(site.gateway, 'SIM')).toMatchObject({
    state: 'kept',
    listVersion: 1,
    version: 1,
    count: 1,
  });
  const response = await fetch(new URL('api/chargers/SIM/local-list', site.urls.console));
  expect(await response.json()).toMatchObject({
    state: 'kept',
    count: 1,
    problem: null,
    syncedAt: expect.any(String) as unknown,
  });
});

describe('by differences', () => {
  test('cards that come, change, are blocked, go and expire', async () => {
    let now = START;
    const site = await start({ clock: () => now });
    const { gateway } = site;
    const box = listBox('CP');
    await bootBox(site, box);
    await after(site, box, () => putSiteToken(gateway, '04:a2:b3:c4', { groupId: 'FLEET' }));
    expect(box.cards.get('04A2B3C4')).toEqual({ status: 'Accepted', parentIdTag: 'FLEET' });
    await after(site, box, () => putSiteToken(gateway, '04A2B3C4', { expiresAt: START + HOUR }));
    expect(box.cards.get('04A2B3C4')).toEqual({
      status: 'Accepted',
      parentIdTag: 'FLEET',
      expiryDate: '2026-05-04T13:00:00Z',
    });
    await after(site, box, () => putSiteToken(gateway, 'CARD2', {}));
    await after(site, box, () => putSiteToken(gateway, 'CARD2', { blocked: true }));
    await after(site, box, () => putSiteToken(gateway, 'CARD3', {}));
    await after(site, box, () => deleteSiteToken(gateway, 'CARD3'));
    // Of a card that expires the charger is told when it does.
    const expired = synced(site, 'CP');
    now = START + HOUR;
    await expired;
    expect(box.sent).toEqual([
      'Full 1 CARD1',
      'Differential 2 04a2b3c4',
      'Differential 3 04a2b3c4',
      'Differential 4 CARD2',
      'Differential 5 -CARD2',
      'Differential 6 CARD3',
      'Differential 7 -CARD3',
      'Differential 8 -04a2b3c4',
    ]);
    expect(cardsOf(box)).toEqual(['CARD1']);
  });

  test('what changes at once goes out at once; a change to nothing is no message', async () => {
    const site = await start();
    const box = listBox('CP', { part: 2 });
    await bootBox(site, box);
    await after(site, box, () => Promise.all(['A', 'B', 'C'].map((uid) => putSiteToken(site.gateway, uid, {}))));
    await after(site, box, () => putSiteToken(site.gateway, 'A', { payment: 'invoice' }));
    expect(box.sent).toEqual(['Full 1 CARD1', 'Differential 2 A B', 'Differential 3 C']);
  });

  test('what changes while a message is under way is one more look, never two at a time', async () => {
    const site = await start();
    const box = listBox('CP');
    const { line } = await bootBox(site, box);
    let open = 0;
    const release: (() => void)[] = [];
    box.answer = (action, payload) => {
      if (action !== 'SendLocalList') return undefined;
      open += 1;
      expect(open).toBe(1);
      return new Promise<Reply>((resolve) =>
        release.push(() => {
          open -= 1;
          resolve({ payload: { status: take(box, payload) } });
        }),
      );
    };
    await putSiteToken(site.gateway, 'A', {});
    await expect.poll(() => box.sent.length).toBe(2);
    await putSiteToken(site.gateway, 'B', {});
    await putSiteToken(site.gateway, 'C', {});
    await deleteSiteToken(site.gateway, 'A');
    const first = synced(site, 'CP');
    release.shift()?.();
    await first;
    const second = synced(site, 'CP');
    await expect.poll(() => release.length).toBe(1);
    release.shift()?.();
    await second;
    expect(box.sent.slice(1)).toEqual(['Differential 2 A', 'Differential 3 -A B C']);
    expect(cardsOf(box)).toEqual(['B', 'C', 'CARD1']);
    expect(line.of('GetLocalListVersion')).toHaveLength(3);
  });

  test('one that boots while another is being sent its list has what changed meanwhile', async () => {
    const site = await start();
    const [slow, box] = [listBox('SLOW'), listBox('CP')];
    const held = Promise.withResolvers<Reply>();
    const line = await plugIn(site, slow);
    const asked = new Promise<void>((resolve) => {
      slow.answer = (action) => {
        if (action !== 'SendLocalList') return undefined;
        resolve();
        return held.promise;
      };
    });
    await line.boot();
    await asked;
    const other = await bootBox(site, box);
    await after(site, box, () => putSiteToken(site.gateway, 'CARD2', {}));
    other.line.drop();
    Object.assign(box, { version: 0, cards: new Map() });
    await bootBox(site, box);
    expect(cardsOf(box)).toEqual(['CARD1', 'CARD2']);
    slow.answer = () => undefined;
    held.resolve({ error: 'InternalError' });
    await synced(site, 'SLOW');
  });

  test('a list that was sent by hand is replaced at the next look', async () => {
    const site = await start();
    const box = listBox('CP');
    await bootBox(site, box);
    await fetch(new URL('api/chargers/CP/local-list', site.urls.console), {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      // Under the very version that we would use: it is known all the same.
      body: JSON.stringify({ version: 1, entries: [{ tokenUid: 'MINE' }] }),
    });
    expect(await localListView(site.gateway, 'CP')).toMatchObject({ state: 'waiting', version: null, listVersion: 1 });
    await after(site, box, () => putSiteToken(site.gateway, 'CARD2', {}));
    expect(box.sent.slice(1)).toEqual(['Full 1 MINE', 'Full 2 CARD1 CARD2']);
  });
});

describe('whose cards', () => {
  const PEERS = ['ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE', 'NEVER'] as const;

  test.each([
    ['known-only', ['ALLOWED', 'ALLOWED_OFFLINE', 'ALWAYS', 'CARD1']],
    ['previously-accepted', ['ALLOWED', 'ALWAYS', 'CARD1']],
    ['none', ['ALLOWED', 'ALWAYS', 'CARD1']],
    ['any', ['ALLOWED', 'ALLOWED_OFFLINE', 'ALWAYS', 'CARD1']],
  ])(
    'offline: %s: those that the gateway would let charge by itself; NEVER and blocked ones never',
    async (offline, cards) => {
      const site = await start({ authorization: `, offline: ${offline}` });
      for (const whitelist of PEERS) await givePeerToken(site, { uid: whitelist, whitelist });
      await givePeerToken(site, { uid: 'BAD', valid: false });
      await givePeerToken(site, { uid: 'OLD', expiresAt: START });
      await givePeerToken(site, { uid: 'APP', type: 'APP_USER' });
      const box = listBox('CP');
      await bootBox(site, box);
      expect(cardsOf(box)).toEqual(cards);
      // A peer that has left pays for nobody any more.
      await after(site, box, () => unregisterPeer(site.gateway, 'cloud'));
      expect(cardsOf(box)).toEqual(['CARD1']);
    },
  );

  test('a number of several owners is one entry: one that lets it charge, the site first', async () => {
    const site = await start({ tokens: '[{ uid: AB12, group: OURS }, { uid: CD34, valid: false }]' });
    await givePeerToken(site, { uid: 'ab:12', groupId: 'THEIRS' });
    await givePeerToken(site, { uid: 'CD34', groupId: 'THEIRS' });
    const box = listBox('CP');
    await bootBox(site, box);
    expect(Object.fromEntries(box.cards)).toEqual({
      AB12: { status: 'Accepted', parentIdTag: 'OURS' },
      CD34: { status: 'Accepted', parentIdTag: 'THEIRS' },
    });
  });

  test('numbers that the charger cannot be told are left out and counted; a group that is too long is left out', async () => {
    const site = await start({ tokens: '[{ uid: CARD1 }]' });
    await givePeerToken(site, { uid: 'X'.repeat(21) });
    await givePeerToken(site, { uid: 'Örebro' });
    await givePeerToken(site, { uid: 'Y'.repeat(20), groupId: 'G'.repeat(21) });
    const box = listBox('CP');
    expect((await bootBox(site, box)).state).toBe('cut');
    expect(Object.fromEntries(box.cards)).toEqual({
      CARD1: { status: 'Accepted' },
      ['Y'.repeat(20)]: { status: 'Accepted' },
    });
    expect((await localListView(site.gateway, 'CP')).problem).toBe('2 cards have numbers that it cannot be told');
  });

  test('a list that is full makes room first for a card that comes before others', async () => {
    const site = await start({ tokens: '[{ uid: OWN }]' });
    await givePeerToken(site, { uid: 'P1' });
    const box = listBox('CP', { most: 2 });
    expect((await bootBox(site, box)).state).toBe('kept');
    expect(await after(site, box, () => putSiteToken(site.gateway, 'OWN2', {}))).toBe('cut');
    expect(box.sent).toEqual(['Full 1 OWN P1', 'Differential 2 -P1 OWN2']);
  });

  test("where not all have a place: the site's own, then those last used or changed", async () => {
    let now = START;
    const site = await start({ clock: () => now, tokens: '[{ uid: OWN }]' });
    for (const uid of ['P1', 'P2', 'P3']) {
      now += 1000;
      await givePeerToken(site, { uid });
    }
    const box = listBox('CP', { most: 3 });
    const { state, line } = await bootBox(site, box);
    expect(state).toBe('cut');
    expect(cardsOf(box)).toEqual(['OWN', 'P2', 'P3']);
    expect((await localListView(site.gateway, 'CP')).problem).toBe('it holds 3 cards: 1 more have no place');
    now += 1000;
    await line.send('Authorize', { idTag: 'P1' });
    await after(site, box, () => putSiteToken(site.gateway, 'OWN2', {}));
    // What comes off goes first, so that there is room.
    expect(box.sent.at(-1)).toBe('Differential 2 -P2 -P3 OWN2 P1');
    expect(cardsOf(box)).toEqual(['OWN', 'OWN2', 'P1']);
    // Where one goes, the next has its place.
    await after(site, box, () => deleteSiteToken(site.gateway, 'OWN2'));
    expect(box.sent.at(-1)).toBe('Differential 3 -OWN2 P3');
  });
});
