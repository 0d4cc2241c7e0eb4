import { NO_CAPABILITIES, type Capabilities } from './domain/capabilities.ts';
import { noFindings } from './domain/configuration.ts';
import type { TriggerMessage } from './domain/orders.ts';
import type { OrderOutcome } from './connections.ts';
import type { Gateway } from './gateway.ts';
import { quirksOf } from './quirks.ts';
import { orderCharger, type Unreached } from './remote-control.ts';
import { findCharger } from './store/chargers.ts';
import { findProvisioning, putProvisioning, type StoredProvisioning } from './store/configuration.ts';

/** What a charger can do, as far as it has told; what its settings say of it comes before. */
export function capabilitiesOf(gw: Gateway, chargerId: string): Capabilities {
  const known = findProvisioning(gw.db, chargerId)?.capabilities ?? NO_CAPABILITIES;
  const { triggers } = quirksOf(gw, chargerId);
  if (triggers === null) return known;
  return { ...known, untriggerable: triggers ? [] : 'all' };
}

/**
 * May a charger be asked for this message, or for any? Yes until it was found not to know how (Q57): what its list of
 * features leaves out, many do all the same.
 */
export function canTrigger(gw: Gateway, chargerId: string, message?: TriggerMessage): boolean {
  const { untriggerable } = capabilitiesOf(gw, chargerId);
  return untriggerable !== 'all' && (message === undefined || !untriggerable.includes(message));
}

/**
 * Asks a charger to tell something again, and remembers when it cannot. For the gateway's own use, which gives up
 * beforehand where that is known: `cannot`. `evse` null: the whole charger.
 */
export async function trigger(
  gw: Gateway,
  chargerId: string,
  message: TriggerMessage,
  evse: number | null,
): Promise<OrderOutcome<'trigger'> | Unreached | { kind: 'cannot' }> {
  if (!canTrigger(gw, chargerId, message)) return { kind: 'cannot' };
  const outcome = await orderCharger(gw, chargerId, { kind: 'trigger', message, evse }, { background: true });
  await rememberTrigger(gw, chargerId, message, outcome);
  return outcome;
}

/**
 * Notes what the answer to a trigger says of the charger: an error that it knows no triggers at all, `not-supported` that
 * it does not know this one (Q57). An operator's trigger, which is always sent, is handed in too: it may have learnt it.
 */
export async function rememberTrigger(
  gw: Gateway,
  chargerId: string,
  message: TriggerMessage,
  outcome: OrderOutcome<'trigger'> | Unreached,
): Promise<void> {
  const before = (findProvisioning(gw.db, chargerId)?.capabilities ?? NO_CAPABILITIES).untriggerable;
  const after = learn(before, message, outcome);
  if (JSON.stringify(after) === JSON.stringify(before)) return;
  await gw.db.write((tx) => {
    const row = provisioningOf(gw, chargerId);
    putProvisioning(gw.db, chargerId, { ...row, capabilities: { ...row.capabilities, untriggerable: after } }, tx.now);
  });
}

function learn(
  before: Capabilities['untriggerable'],
  message: TriggerMessage,
  outcome: OrderOutcome<'trigger'> | Unreached,
): Capabilities['untriggerable'] {
  const single = before === 'all' ? [] : before;
  if (outcome.kind === 'error') {
    const unheardOf = /^not(implemented|supported)$/i.test(outcome.code.trim());
    // The security extension has a message of its own for these two: without it the others may well be known.
    if (!unheardOf) return before;
    return message === 'log-status' || message === 'sign-certificate' ? add(before, message) : 'all';
  }
  if (outcome.kind !== 'answered') return before;
  if (outcome.answer.status === 'not-supported') return add(before, message);
  return single.filter((each) => each !== message);
}

function add(before: Capabilities['untriggerable'], message: TriggerMessage): Capabilities['untriggerable'] {
  return before === 'all' || before.includes(message) ? before : [...before, message];
}

/** How far a charger's configuration is, with nothing known where it was never begun. */
export function provisioningOf(gw: Gateway, chargerId: string): StoredProvisioning {
  return (
    findProvisioning(gw.db, chargerId) ?? {
      state: 'never',
      problem: null,
      firmware: findCharger(gw.db, chargerId)?.firmware ?? null,
      mark: null,
      resetMark: null,
      capabilities: NO_CAPABILITIES,
      findings: noFindings(),
      updatedAt: 0,
    }
  );
}
