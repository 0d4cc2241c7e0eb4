import type { OrderOutcome } from './connections.ts';
import type { Gateway } from './gateway.ts';
import { checkEvse, orderCharger, type Unreached } from './remote-control.ts';
import * as store from './store/availability.ts';
import { findCharger, listEvsesOf } from './store/chargers.ts';
import { findOpen } from './store/transactions.ts';

export interface AvailabilityOrder {
  /** Null: the whole charger. */
  evse: number | null;
  operative: boolean;
}

/** How long after a transaction a charger may take to do what it scheduled, milliseconds. */
const GRACE = 30_000;

/**
 * Takes an EVSE or the whole charger out of service, or back. A charger that has a transaction may schedule it; that is
 * remembered, and asked for once more where it does not follow (Q63). Errors: EVSE_UNKNOWN.
 */
export async function changeAvailability(
  gw: Gateway,
  chargerId: string,
  { evse, operative }: AvailabilityOrder,
): Promise<OrderOutcome<'availability'> | Unreached> {
  checkEvse(gw, chargerId, evse);
  const outcome = await orderCharger(gw, chargerId, { kind: 'availability', evse, operative });
  if (outcome.kind !== 'answered') return outcome;
  const { status } = outcome.answer;
  if (status === 'accepted' || status === 'scheduled')
    await gw.db.write(() => {
      store.deleteAwaitedAvailability(gw.db, chargerId, evse);
      if (status === 'scheduled') store.putAwaitedAvailability(gw.db, { chargerId, evse, operative, freeSince: null });
    });
  return outcome;
}

/** Looks after what chargers scheduled: done, still kept by a transaction, or to be asked once more. Called every few seconds. */
export async function followAvailability(gw: Gateway): Promise<void> {
  for (const awaited of store.listAwaitedAvailability(gw.db)) {
    const { chargerId, evse, freeSince } = awaited;
    const busy = findOpen(gw.db, chargerId).some((transaction) => evse === null || transaction.evse === evse);
    if (busy) {
      if (freeSince !== null) await setFreeSince(gw, awaited, null);
    } else if (isDone(gw, awaited)) await forget(gw, awaited);
    else if (freeSince === null) await setFreeSince(gw, awaited, gw.clock());
    else if (gw.clock() - freeSince >= GRACE && gw.connections.find(chargerId)) await askAgain(gw, awaited);
  }
}

function setFreeSince(gw: Gateway, awaited: store.AwaitedAvailability, freeSince: number | null): Promise<void> {
  return gw.db.write(() => store.putAwaitedAvailability(gw.db, { ...awaited, freeSince }));
}

function forget(gw: Gateway, { chargerId, evse }: store.AwaitedAvailability): Promise<void> {
  return gw.db.write(() => store.deleteAwaitedAvailability(gw.db, chargerId, evse));
}

/** Does the charger's own report say so? Of a whole charger either it says so, or each of its EVSEs does. */
function isDone(gw: Gateway, { chargerId, evse, operative }: store.AwaitedAvailability): boolean {
  const own = listEvsesOf(gw.db, chargerId).filter((one) => !one.removed && (evse === null || one.evse === evse));
  const out =
    findCharger(gw.db, chargerId)?.status === 'Unavailable' ||
    (own.length > 0 && own.every(({ status }) => status === 'Unavailable'));
  return out !== operative;
}

/** Once: whatever it answers, a charger that does not do it now is the operator's to look at. */
async function askAgain(gw: Gateway, awaited: store.AwaitedAvailability): Promise<void> {
  const { chargerId, evse, operative } = awaited;
  await forget(gw, awaited);
  const asked = `${operative ? 'operative' : 'inoperative'}${evse === null ? '' : `, EVSE ${evse}`}`;
  const outcome = await orderCharger(gw, chargerId, { kind: 'availability', evse, operative }, { background: true });
  const said = outcome.kind === 'answered' ? outcome.answer.status : outcome.kind;
  gw.diagnostics.deviation(chargerId, 'SCHEDULED_NOT_FOLLOWED', `${asked}: asked again, ${said}`);
  gw.log.warn({ charger: chargerId, evse, said }, 'a scheduled change of availability did not follow: asked again');
}
