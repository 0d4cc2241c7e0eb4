/** Whatever becomes of cards and whatever a charger makes of its list: in the end it holds the cards that it should. */
import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { askProvisioning } from '../../gateway/provisioning.ts';
import { deleteSiteToken, putSiteToken } from '../../gateway/tokens.ts';
import type { Reply, ScriptedCharger } from '../provisioning/scripted-charger.ts';
import {
  givePeerToken,
  listBox,
  plugIn,
  startListSite,
  take,
  type ListBox,
  type ListSite,
} from './local-list-harness.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const ROOM = 4;

type Step =
  | { kind: 'own'; uid: string; valid: boolean; group: string | null }
  | { kind: 'peer'; uid: string; valid: boolean; whitelist: 'ALWAYS' | 'ALLOWED' | 'ALLOWED_OFFLINE' | 'NEVER' }
  | { kind: 'remove'; uid: string }
  | { kind: 'refuse'; how: Refusal }
  | { kind: 'lose' }
  | { kind: 'reconnect' }
  | { kind: 'boot' }
  | { kind: 'by-hand' }
  | { kind: 'wait' };

/** `lost`: it takes the list, and its answer is lost with the line; `mute`: it takes it, and does not say so. */
type Refusal = 'Failed' | 'VersionMismatch' | 'NotSupported' | 'InternalError' | 'lost' | 'mute';

const OWN = ['A1', 'A2', 'A3'];
const THEIRS = ['B1', 'B2', 'B3'];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('own' as const),
      uid: fc.constantFrom(...OWN),
      valid: fc.boolean(),
      group: fc.constantFrom(null, 'G'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('peer' as const),
      uid: fc.constantFrom(...THEIRS),
      valid: fc.boolean(),
      whitelist: fc.constantFrom('ALWAYS' as const, 'ALLOWED' as const, 'ALLOWED_OFFLINE' as const, 'NEVER' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), uid: fc.constantFrom(...OWN) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('refuse' as const),
      how: fc.constantFrom<Refusal[]>('Failed', 'VersionMismatch', 'NotSupported', 'InternalError', 'lost', 'mute'),
    }),
  },
  ...(['lose', 'reconnect', 'boot', 'by-hand'] as const).map((kind) => ({
    weight: 1,
    arbitrary: fc.constant({ kind }),
  })),
  { weight: 3, arbitrary: fc.constant({ kind: 'wait' as const }) },
);

/** What is put there by hand has versions far from ours: by the version alone a charger's list is known. */
const FOREIGN = 1000;

interface Rig {
  site: ListSite;
  box: ListBox;
  line: ScriptedCharger;
  refusals: Refusal[];
  /** How often somebody put cards on it. */
  byHand: number;
  /** Cards that may charge, those put last at the end. */
  own: Map<string, string | null>;
  theirs: Map<string, string | null>;
  pass(millis: number): void;
}

async function boot(rig: Rig): Promise<void> {
  const read = new Promise<void>((resolve) => {
    const off = rig.site.gateway.bus.on('charger.provisioned', () => (off(), resolve()));
  });
  await rig.line.boot();
  await read;
  await settle(rig);
}

/** What the gateway had at hand is done. */
async function settle({ site }: Pick<Rig, 'site'>): Promise<void> {
  await site.gateway.db.write(() => undefined);
  await setImmediate();
}

async function reconnect(rig: Rig): Promise<void> {
  // Who goes away right after a question is taken to mind it (Q29).
  rig.pass(MINUTE);
  rig.line.drop();
  rig.line = await plugIn(rig.site, rig.box);
}

function answer(rig: Rig, action: string, payload: Record<string, unknown>): Reply | undefined {
  if (action !== 'SendLocalList') return undefined;
  const how = rig.refusals.shift();
  if (how === undefined) return undefined;
  if (how === 'InternalError') return { error: how };
  if (how === 'Failed' || how === 'VersionMismatch' || how === 'NotSupported') return { payload: { status: how } };
  take(rig.box, payload);
  if (how === 'mute') return { payload: {} };
  rig.line.drop();
  return 'silence';
}

async function go(rig: Rig, each: Step): Promise<void> {
  const { site, own, theirs } = rig;
  rig.pass(MINUTE);
  switch (each.kind) {
    case 'own':
      await putSiteToken(site.gateway, each.uid, { valid: each.valid, groupId: each.group });
      own.delete(each.uid);
      if (each.valid) own.set(each.uid, each.group);
      return;
    case 'peer':
      await givePeerToken(site, each);
      theirs.delete(each.uid);
      if (each.valid && each.whitelist !== 'NEVER') theirs.set(each.uid, null);
      return;
    case 'remove':
      await deleteSiteToken(site.gateway, each.uid).catch(() => undefined);
      own.delete(each.uid);
      return;
    case 'refuse':
      rig.refusals.push(each.how);
      return;
    case 'lose':
      Object.assign(rig.box, { version: 0, cards: new Map() });
      return;
    case 'reconnect':
      return reconnect(rig);
    case 'boot':
      await reconnect(rig);
      return boot(rig);
    case 'by-hand':
      rig.byHand += 1;
      Object.assign(rig.box, { version: rig.byHand * FOREIGN, cards: new Map([['MINE', { status: 'Accepted' }]]) });
      return;
    case 'wait':
      await settle(rig);
  }
}

const byUid = ([a]: [string, string | null], [b]: [string, string | null]): number => a.localeCompare(b);

/** The site's own first, then those put last. */
function wanted({ own, theirs }: Rig): [string, string | null][] {
  return [...[...own].toReversed(), ...[...theirs].toReversed()].slice(0, ROOM).toSorted(byUid);
}

const held = ({ box }: Rig): [string, string | null][] =>
  [...box.cards].map(([uid, { parentIdTag }]): [string, string | null] => [uid, parentIdTag ?? null]).toSorted(byUid);

test('after any history of cards and refusals the charger has the list that it should have', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.integer({ min: 1, max: 3 }), async (steps, part) => {
      let now = Date.parse('2026-05-04T12:00:00Z');
      const site = await startListSite({ tokens: '[]', clock: () => now, pace: { aboutToBoot: 50 } });
      try {
        const box = listBox('CP', { most: ROOM, part });
        const line = await plugIn(site, box);
        const rig: Rig = {
          site,
          box,
          line,
          refusals: [],
          byHand: 0,
          own: new Map(),
          theirs: new Map(),
          pass: (millis) => void (now += millis),
        };
        box.answer = (action, payload) => answer(rig, action, payload);
        await boot(rig);
        for (const each of steps) await go(rig, each);
        rig.refusals = [];
        await reconnect(rig);
        // One that said that it keeps no list, or takes no changes, is believed until its firmware is another.
        if (steps.some((each) => each.kind === 'refuse' && each.how === 'NotSupported')) {
          box.firmware = '2.0';
          await reconnect(rig);
          await boot(rig);
        }
        // The operator has one asked again that was taken to go away because of a question (Q29).
        else if (steps.some((each) => each.kind === 'refuse' && each.how === 'lost'))
          await askProvisioning(site.gateway, 'CP');
        // Whatever it is left alone for is over some day, and every list is looked at once a day.
        await expect.poll(() => (rig.pass(DAY + MINUTE), held(rig)), { timeout: 5000 }).toEqual(wanted(rig));
      } finally {
        await site.cleanUp();
      }
    }),
    { numRuns: 30 },
  );
}, 120_000);
