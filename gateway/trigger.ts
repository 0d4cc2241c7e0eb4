import { rememberTrigger } from './capabilities.ts';
import type { OrderOutcome } from './connections.ts';
import type { TriggerMessage } from './domain/orders.ts';
import type { Gateway } from './gateway.ts';
import { checkEvse, evsesOf, orderCharger, type Unreached } from './remote-control.ts';
import { listConnectorsOf } from './store/chargers.ts';

/** What is to be told of; null: the whole charger, or the whole EVSE. */
interface Place {
  evse: number | null;
  connector: number | null;
}

/**
 * Asks a charger to tell something again. Where the status of the whole charger is asked, each EVSE is asked after it by
 * its number: some chargers answer the first for themselves alone (Q47); OCPP 2.x knows the status of connectors alone, so
 * that each of them is asked. The answers of all but the first are not waited for. Errors: EVSE_UNKNOWN.
 */
export async function triggerCharger(
  gw: Gateway,
  chargerId: string,
  message: TriggerMessage,
  evse: number | null,
): Promise<OrderOutcome<'trigger'> | Unreached> {
  checkEvse(gw, chargerId, evse);
  const whole = { evse, connector: null };
  const [first = whole, ...others] = message === 'status' ? placesOf(gw, chargerId, evse) : [whole];
  const outcome = await orderCharger(gw, chargerId, { kind: 'trigger', message, ...first });
  await rememberTrigger(gw, chargerId, message, outcome);
  const taken = outcome.kind === 'answered' && (outcome.answer.status === 'accepted' || first.connector !== null);
  if (taken)
    askEach(gw, chargerId, others).catch((error: unknown) =>
      gw.log.error({ err: error, charger: chargerId }, 'EVSEs could not be asked for their status'),
    );
  return outcome;
}

function placesOf(gw: Gateway, chargerId: string, evse: number | null): Place[] {
  const evses = evse === null ? evsesOf(gw, chargerId) : [evse];
  if (gw.connections.find(chargerId)?.tellsWholeStatus !== false)
    return [
      { evse, connector: null },
      ...(evse === null ? evses.map((each) => ({ evse: each, connector: null })) : []),
    ];
  const connectors = listConnectorsOf(gw.db, chargerId).map((each) => ({ evse: each.evse, connector: each.connector }));
  return connectors.filter((each) => evses.includes(each.evse));
}

/** Nobody waits for it. */
const BACKGROUND = { background: true };

async function askEach(gw: Gateway, chargerId: string, places: readonly Place[]): Promise<void> {
  for (const place of places) {
    const outcome = await orderCharger(gw, chargerId, { kind: 'trigger', message: 'status', ...place }, BACKGROUND);
    // One that does not answer or does not know EVSEs is not asked a hundred times.
    if (outcome.kind !== 'answered') return;
  }
}
