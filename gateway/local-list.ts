import { capabilitiesOf } from './capabilities.ts';
import type { OrderOutcome } from './connections.ts';
import { GatewayError } from './domain/errors.ts';
import type { LocalListEntry } from './domain/orders.ts';
import type { Gateway } from './gateway.ts';
import { orderCharger, type Unreached } from './remote-control.ts';
import { listTokens } from './store/tokens.ts';

export interface LocalListUpdate {
  /** Null: one more than the charger has. */
  version: number | null;
  /** Replaces the list; else the entries change it. */
  full: boolean;
  entries: LocalListEntry[];
}

/**
 * Sends a charger cards for the list that it asks while it is disconnected, in as many messages as it needs; the outcome is
 * that of the last. Errors: CALL_INVALID for a charger that says it
 * keeps no list.
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
  let outcome = await send(entries.slice(0, most), next, full);
  // More than one message holds: the rest is added to the first, a version each.
  for (let from = most; from < entries.length && took(outcome); from += most)
    outcome = await send(entries.slice(from, from + most), next + Math.ceil(from / most), false);
  return outcome;

  function send(part: LocalListEntry[], of: number, replaces: boolean) {
    return orderCharger(gw, chargerId, { kind: 'send-local-list', version: of, full: replaces, entries: part });
  }
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
