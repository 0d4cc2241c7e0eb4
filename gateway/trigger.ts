import { rememberTrigger } from './capabilities.ts';
import type { OrderOutcome } from './connections.ts';
import type { TriggerMessage } from './domain/orders.ts';
import type { Gateway } from './gateway.ts';
import { checkEvse, evsesOf, orderCharger, type Unreached } from './remote-control.ts';

/**
 * Asks a charger to tell something again. Where the status of the whole charger is asked, each EVSE is asked after it by
 * its number: some chargers answer the first for themselves alone (Q47). Their answers are not waited for. Errors:
 * EVSE_UNKNOWN.
 */
export async function triggerCharger(
  gw: Gateway,
  chargerId: string,
  message: TriggerMessage,
  evse: number | null,
): Promise<OrderOutcome<'trigger'> | Unreached> {
  checkEvse(gw, chargerId, evse);
  const outcome = await orderCharger(gw, chargerId, { kind: 'trigger', message, evse });
  await rememberTrigger(gw, chargerId, message, outcome);
  const taken = outcome.kind === 'answered' && outcome.answer.status === 'accepted';
  if (taken && message === 'status' && evse === null)
    askEach(gw, chargerId).catch((error: unknown) =>
      gw.log.error({ err: error, charger: chargerId }, 'EVSEs could not be asked for their status'),
    );
  return outcome;
}

/** Nobody waits for it. */
const BACKGROUND = { background: true };

async function askEach(gw: Gateway, chargerId: string): Promise<void> {
  for (const evse of evsesOf(gw, chargerId)) {
    const outcome = await orderCharger(gw, chargerId, { kind: 'trigger', message: 'status', evse }, BACKGROUND);
    // One that does not answer or does not know EVSEs is not asked a hundred times.
    if (outcome.kind !== 'answered') return;
  }
}
