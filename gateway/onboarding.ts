import { canTrigger } from './capabilities.ts';
import { GatewayError } from './domain/errors.ts';
import type { Registration } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import * as chargers from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/onboarding.ts';
import { triggerCharger } from './trigger.ts';

/** Lets a charger work here. One that is connected is asked to boot at once, so that it learns. Errors: CHARGER_UNKNOWN. */
export async function acceptCharger(gw: Gateway, chargerId: string): Promise<void> {
  const before = await register(gw, chargerId, 'accepted');
  if (before !== 'accepted') askToBoot(gw, chargerId);
}

/**
 * Keeps a charger from working here: its boots are answered Rejected, its cards refused, and clouds see its EVSEs removed.
 * What it reports is recorded all the same. Errors: CHARGER_UNKNOWN, CHARGER_FROM_CONFIG.
 */
export async function rejectCharger(gw: Gateway, chargerId: string): Promise<void> {
  await register(gw, chargerId, 'rejected');
}

function register(gw: Gateway, chargerId: string, registration: 'accepted' | 'rejected'): Promise<Registration> {
  return gw.db.write((tx) => {
    const { origin, registration: before } = known(gw, chargerId);
    if (origin === 'config' && registration === 'rejected') throw fromConfig(chargerId, 'reject');
    if (before === registration) return before;
    chargers.setRegistration(gw.db, chargerId, origin, registration, tx.stamp);
    // Clouds know EVSEs of accepted chargers only. Those of one that comes back are back as it reports them.
    if (before === 'accepted') retireEvses(gw, tx, chargerId);
    else if (registration === 'accepted') touchEvses(gw, tx, chargerId);
    tx.emit({ name: 'charger.booted', data: { chargerId, registration } });
    return before;
  });
}

function retireEvses(gw: Gateway, tx: Tx, chargerId: string): void {
  for (const evse of chargers.listEvsesOf(gw.db, chargerId))
    chargers.setEvseIdentity(gw.db, evse, evse.evseId, true, tx.stamp);
}

function touchEvses(gw: Gateway, tx: Tx, chargerId: string): void {
  for (const { evse } of chargers.listEvsesOf(gw.db, chargerId)) chargers.touchEvse(gw.db, chargerId, evse, tx.stamp);
}

function known(gw: Gateway, chargerId: string) {
  const charger = chargers.findCharger(gw.db, chargerId);
  if (!charger) throw new GatewayError('CHARGER_UNKNOWN', `charger ${chargerId} is not known here`);
  return charger;
}

function fromConfig(chargerId: string, what: string): GatewayError {
  return new GatewayError(
    'CHARGER_FROM_CONFIG',
    `charger ${chargerId} is declared in the configuration file: to ${what} it, take it out there and restart`,
  );
}

/** Not waited for: one that cannot be asked boots again by itself after its retry interval. */
function askToBoot(gw: Gateway, chargerId: string): void {
  if (!gw.connections.find(chargerId) || !canTrigger(gw, chargerId, 'boot')) return;
  triggerCharger(gw, chargerId, 'boot', null).then(
    (outcome) => {
      const said = outcome.kind === 'answered' ? outcome.answer.status : outcome.kind;
      gw.log.info({ charger: chargerId, said }, 'accepted charger asked to boot');
    },
    (error: unknown) => gw.log.error({ err: error, charger: chargerId }, 'accepted charger could not be asked to boot'),
  );
}

/**
 * Forgets a charger that made no transactions, with all that was stored of it; it is let go if it is connected, and comes
 * back as one never seen. Of one that clouds knew, the end of its EVSEs is still told. Errors: CHARGER_UNKNOWN,
 * CHARGER_FROM_CONFIG, CHARGER_HAS_HISTORY.
 */
export async function forgetCharger(gw: Gateway, chargerId: string): Promise<void> {
  await gw.db.write((tx) => {
    if (known(gw, chargerId).origin === 'config') throw fromConfig(chargerId, 'forget');
    if (store.hasTransactions(gw.db, chargerId))
      throw new GatewayError(
        'CHARGER_HAS_HISTORY',
        `charger ${chargerId} has made transactions, and their sessions and bills name it: reject it instead`,
      );
    forget(gw, tx, chargerId);
  });
  gw.connections.find(chargerId)?.close(1000, 'forgotten by the operator');
}

function forget(gw: Gateway, tx: Tx, chargerId: string): void {
  const charger = known(gw, chargerId);
  const evses = chargers.listEvsesOf(gw.db, chargerId);
  const told = evses.length > 0 && (charger.registration === 'accepted' || evses.some(({ removed }) => removed));
  const named = told || store.isNamed(gw.db, chargerId);
  store.deleteCharger(gw.db, chargerId, named);
  if (named) {
    retireEvses(gw, tx, chargerId);
    store.markForgotten(gw.db, chargerId, tx.now, tx.stamp);
  }
  tx.emit({ name: 'charger.forgotten', data: { chargerId } });
}

/** Chargers that wait for the operator at a time: whoever invents ids must not fill the disk (law 13). */
export const MOST_PENDING = 500;

/**
 * Makes room for one more pending charger, inside the write at hand: the one not seen for longest goes. Those that are
 * connected stay. Errors: LIMIT_REACHED.
 */
export function makeRoomForPending(gw: Gateway, tx: Tx): void {
  if (store.countPending(gw.db) < MOST_PENDING) return;
  const stale = store.listForgettable(gw.db).find((id) => !gw.connections.find(id));
  if (stale === undefined)
    throw new GatewayError(
      'LIMIT_REACHED',
      `${MOST_PENDING} chargers wait to be taken in already: accept or reject some`,
    );
  gw.log.warn({ charger: stale }, `more than ${MOST_PENDING} chargers wait to be taken in: the oldest is forgotten`);
  forget(gw, tx, stale);
}
