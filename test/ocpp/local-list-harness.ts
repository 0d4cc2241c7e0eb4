import { startLocalListSync, type ListPace } from '../../gateway/local-list-sync.ts';
import type { LocalListState } from '../../gateway/domain/local-list.ts';
import type { Clock } from '../../gateway/domain/time.ts';
import { putToken, type StoredToken } from '../../gateway/store/tokens.ts';
import type { TestSite } from '../harness/gateway.ts';
import {
  connectScripted,
  KEYS,
  startSite,
  type Key,
  type Reply,
  type ScriptedCharger,
} from '../provisioning/scripted-charger.ts';

type Payload = Record<string, unknown>;

/** Nobody waits here for what a day's work waits for. */
const FAST: ListPace = { quiet: 5, longest: 100, aboutToBoot: 1000, look: 10 };

export interface ListSite extends TestSite {
  /** Ends the keeping of lists, then the site. */
  end(): Promise<void>;
}

/** A site whose lists are kept at a pace for tests; it has the cards of `tokens` and nobody else's. */
export async function startListSite(
  options: {
    clock?: Clock;
    directory?: string;
    tokens?: string;
    authorization?: string;
    pace?: Partial<ListPace>;
  } = {},
): Promise<ListSite> {
  const { tokens = '[{ uid: CARD1 }, { uid: BLOCKED1, valid: false }]', authorization = '' } = options;
  const sections = `tokens: ${tokens}\nauthorization: { local-lists: leave${authorization} }\n`;
  const site = await startSite('', sections, options.clock, options.directory);
  // The gateway's own keeping has the pace of a day's work.
  site.gateway.settings.localLists = 'keep';
  const stop = startLocalListSync(site.gateway, { ...FAST, ...options.pace });
  return {
    ...site,
    async end() {
      await stop();
      await site.stop();
    },
    async cleanUp() {
      await stop();
      await site.cleanUp();
    },
  };
}

/** A card on the charger's list, as it was told. */
export interface HeldCard {
  status: string;
  parentIdTag?: string;
  expiryDate?: string;
}

/** A charger that keeps its list as the standard wants; it outlives its connections. */
export interface ListBox {
  id: string;
  version: number;
  cards: Map<string, HeldCard>;
  /** What came of SendLocalList, oldest first: `Full 3` or `Differential 4` with the numbers, those that come off with `-`. */
  sent: string[];
  keys: Record<string, Key>;
  /** Answers otherwise; undefined: as it should. `before`: the list is not changed then. */
  answer: (action: string, payload: Payload) => Reply | Promise<Reply> | undefined;
  firmware: string;
  most: number;
  part: number;
}

export function listBox(id: string, { most = 200, part = 20 } = {}): ListBox {
  return {
    id,
    version: 0,
    cards: new Map(),
    sent: [],
    keys: {
      ...KEYS,
      SupportedFeatureProfiles: { value: 'Core,LocalAuthListManagement', readonly: true },
      LocalAuthListEnabled: { value: 'true' },
      LocalAuthListMaxLength: { value: String(most), readonly: true },
      SendLocalListMaxLength: { value: String(part), readonly: true },
    },
    answer: () => undefined,
    firmware: '1.0',
    most,
    part,
  };
}

/** Connects the box; it does not boot by itself. */
export function plugIn(site: TestSite, box: ListBox): Promise<ScriptedCharger> {
  return connectScripted(site, box.id, {
    keys: box.keys,
    make: { firmwareVersion: box.firmware },
    answer(action, payload) {
      if (action === 'SendLocalList') box.sent.push(shorthand(payload));
      const other = box.answer(action, payload);
      if (other) return other;
      if (action === 'GetLocalListVersion') return { payload: { listVersion: box.version } };
      if (action === 'SendLocalList') return { payload: { status: take(box, payload) } };
      return undefined;
    },
  });
}

interface SentEntry {
  idTag: string;
  idTagInfo?: HeldCard;
}

function shorthand(payload: Payload): string {
  const entries = (payload['localAuthorizationList'] ?? []) as SentEntry[];
  const cards = entries.map(({ idTag, idTagInfo }) => (idTagInfo ? idTag : `-${idTag}`));
  return [payload['updateType'], payload['listVersion'], ...cards].join(' ');
}

/** SendLocalList as OCPP 1.6 §5.15 has it. */
export function take(box: ListBox, payload: Payload): string {
  const entries = (payload['localAuthorizationList'] ?? []) as SentEntry[];
  const [version, full] = [Number(payload['listVersion']), payload['updateType'] === 'Full'];
  if (!full && version <= box.version) return 'VersionMismatch';
  if (entries.length > box.part) return 'Failed';
  const next = new Map(full ? [] : box.cards);
  for (const { idTag, idTagInfo } of entries) {
    if (idTagInfo) next.set(idTag.toUpperCase(), idTagInfo);
    else next.delete(idTag.toUpperCase());
    if (next.size > box.most) return 'Failed';
  }
  box.cards = next;
  box.version = version;
  return 'Accepted';
}

/** The next time that the charger's list was looked after; how it stands then. */
export function synced(site: TestSite, id: string): Promise<LocalListState> {
  return new Promise((resolve) => {
    const off = site.gateway.bus.on('local-list.synced', ({ chargerId, state }) => {
      if (chargerId !== id) return;
      off();
      resolve(state);
    });
  });
}

/** Does something, and gives how the list stands once it was looked after for that. */
export async function after(site: TestSite, box: ListBox, act: () => unknown): Promise<LocalListState> {
  const done = synced(site, box.id);
  await act();
  return done;
}

/** Boots the box, and waits until its list was looked after. */
export async function bootBox(site: TestSite, box: ListBox): Promise<{ state: LocalListState; line: ScriptedCharger }> {
  const line = await plugIn(site, box);
  const state = await after(site, box, () => line.boot());
  return { state, line };
}

/** Puts a peer's token into the database as its push would, and tells of it. */
export async function givePeerToken(site: TestSite, token: Partial<StoredToken> & { uid: string }): Promise<void> {
  await site.gateway.db.write((tx) => {
    putToken(site.gateway.db, {
      countryCode: 'DE',
      partyId: 'MSP',
      type: 'RFID',
      peer: 'cloud',
      origin: 'site',
      contractId: `DE-MSP-${token.uid}`,
      visualNumber: null,
      issuer: 'MSP',
      groupId: null,
      valid: true,
      whitelist: 'ALLOWED',
      language: null,
      expiresAt: null,
      payment: null,
      body: {},
      updatedAt: tx.stamp,
      ...token,
    });
    tx.emit({ name: 'token.changed', data: { uid: token.uid } });
  });
}

/** The next time that this is told of any charger. */
export function next(site: TestSite, name: 'charger.provisioned' | 'charger.disconnected'): Promise<void> {
  return new Promise((resolve) => {
    const off = site.gateway.bus.on(name, () => (off(), resolve()));
  });
}

/** The numbers on the charger's list, in order. */
export const cardsOf = (box: ListBox): string[] => [...box.cards.keys()].toSorted();

/** So many cards of the configuration file: C1, C2… */
export const numbered = (count: number): string =>
  `[${Array.from({ length: count }, (_, at) => `{ uid: C${at + 1} }`).join(', ')}]`;
