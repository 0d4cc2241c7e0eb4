import { capabilitiesOf } from './capabilities.ts';
import type { OrderOutcome } from './connections.ts';
import { GatewayError } from './domain/errors.ts';
import type { LocalListState } from './domain/local-list.ts';
import type { LocalListEntry } from './domain/orders.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { mayKeepList } from './local-list-run.ts';
import { keepsList } from './local-list-sync.ts';
import { orderCharger, type Unreached } from './remote-control.ts';
import { findCharger } from './store/chargers.ts';
import * as store from './store/local-lists.ts';
import { listTokens } from './store/tokens.ts';

export interface LocalListUpdate {
  /** Null: one more than the charger has. */
  version: number | null;
  /** Replaces the list; else the entries change it. */
  full: boolean;
  entries: LocalListEntry[];
}

/** How a charger's own list of cards stands. */
export interface LocalListView {
  /** As the charger tells it now; -1: it keeps none; null: it cannot be asked, or does not answer. */
  listVersion: number | null;
  /** `left`: the gateway does not keep it. */
  state: LocalListState | 'left';
  /** As the gateway last sent it; null: it never did. */
  version: number | null;
  /** Cards that the charger has taken from the gateway. */
  count: number;
  problem: string | null;
  /** When it last was as it should be. */
  syncedAt: Millis | null;
}

/** How a charger's own list stands; one that is connected is asked for its version. Errors: CHARGER_UNKNOWN. */
export async function localListView(gw: Gateway, chargerId: string): Promise<LocalListView> {
  if (!findCharger(gw.db, chargerId))
    throw new GatewayError('CHARGER_UNKNOWN', `no charger ${chargerId} has ever been seen or configured here`);
  const asked = await orderCharger(gw, chargerId, { kind: 'local-list-version' });
  const list = store.findList(gw.db, chargerId);
  return {
    listVersion: asked.kind === 'answered' ? asked.answer.version : null,
    state: stateOf(gw, chargerId, list),
    version: list && list.version > 0 ? list.version : null,
    count: store.countEntries(gw.db, chargerId),
    problem: mayKeepList(gw, chargerId)
      ? (list?.problem ?? null)
      : 'it says that it has no list, or went away when asked',
    syncedAt: list?.syncedAt ?? null,
  };
}

function stateOf(gw: Gateway, chargerId: string, list: store.StoredList | undefined): LocalListView['state'] {
  if (!keepsList(gw, chargerId)) return 'left';
  if (!mayKeepList(gw, chargerId)) return 'unsupported';
  return list?.state ?? 'waiting';
}

/**
 * Sends a charger cards for the list that it asks while it is disconnected, in as many messages as it needs; the outcome is
 * that of the last. A list that the gateway keeps is replaced by its own at the next look. Errors: CALL_INVALID for a
 * charger that says it keeps no list.
 */
export async function sendLocalList(
  gw: Gateway,
  chargerId: string,
  { version, full, entries }: LocalListUpdate,
): Promise<OrderOutcome<'send-local-list' | 'local-list-version'> | Unreached> {
  const asked = version === null ? await orderCharger(gw, chargerId, { kind: 'local-list-version' }) : null;
  if (asked && asked.kind !== 'answered') return asked;
  // OCPP 1.6 §5.10: -1 is a charger that has no local list.
  if (asked && asked.answer.version < 0)
    throw new GatewayError('CALL_INVALID', `charger ${chargerId} keeps no local list: it says so by its version, -1`);
  const next = version ?? (asked?.answer.version ?? 0) + 1;
  const most = Math.max(1, capabilitiesOf(gw, chargerId).localList.maxPerMessage ?? Infinity);
  await disown(gw, chargerId);
  let outcome = await send(entries.slice(0, most), next, full);
  // More than one message holds: the rest is added to the first, a version each.
  for (let from = most; from < entries.length && took(outcome); from += most)
    outcome = await send(entries.slice(from, from + most), next + Math.ceil(from / most), false);
  return outcome;

  function send(part: LocalListEntry[], of: number, replaces: boolean) {
    return orderCharger(gw, chargerId, { kind: 'send-local-list', version: of, full: replaces, entries: part });
  }
}

/** What the charger holds from now on is not what the gateway gave it. */
async function disown(gw: Gateway, chargerId: string): Promise<void> {
  const list = store.findList(gw.db, chargerId);
  if (!list || list.version <= 0) return;
  const problem = 'it was sent a list by hand';
  await gw.db.write((tx) =>
    store.putList(gw.db, chargerId, { ...list, version: 0, state: 'waiting', problem }, tx.now),
  );
}

function took(outcome: OrderOutcome<'send-local-list'> | Unreached): boolean {
  return outcome.kind === 'answered' && outcome.answer.status === 'accepted';
}

/** Cards of one page. */
const PAGE = 1000;

/** The site's own cards as entries of such a list; those that may not charge now are left out. */
export function siteEntries(gw: Gateway): LocalListEntry[] {
  const entries: LocalListEntry[] = [];
  const now = gw.clock();
  let after: number | undefined;
  do {
    const page = listTokens(gw.db, {
      offset: 0,
      limit: PAGE,
      newestFirst: true,
      ...(after !== undefined && { after }),
    });
    for (const { peer, type, uid, valid, groupId, expiresAt } of page.items)
      if (peer === null && type === 'RFID' && valid && (expiresAt === null || expiresAt > now))
        entries.push({ tokenUid: uid, verdict: 'accepted', groupId, expiresAt });
    after = page.next ?? undefined;
  } while (after !== undefined);
  return entries;
}
