import { contentHash } from '../../../gateway/domain/hash.ts';
import type { ChargingState } from '../../../gateway/domain/transaction-events.ts';
import { recordEvent, recordReadings } from '../../../gateway/transaction-events.ts';
import type { MessageContext } from '../protocol.ts';
import type { EVSEType, IdTokenType, Requests, TransactionEventResponse } from '../schemas/generated/v201.ts';
import { instant } from '../times.ts';
import { idTokenInfo } from './id-tokens.ts';
import { decodeSamples } from './metering.ts';
import type { Block } from './table.ts';

const TYPES = { Started: 'started', Updated: 'updated', Ended: 'ended' } as const;

const STATES: Record<string, ChargingState> = {
  Idle: 'idle',
  EVConnected: 'connected',
  Charging: 'charging',
  SuspendedEV: 'suspended-ev',
  SuspendedEVSE: 'suspended-evse',
};

/** An event at EVSE 0 names none; nor does one that leaves it out, as many do after the first (Q48). */
function placeOf(context: MessageContext, evse: EVSEType | undefined) {
  if (!evse) return { evse: null, connector: null };
  if (evse.id < 1) {
    context.deviate('EVSE_ZERO', String(evse.id));
    return { evse: null, connector: null };
  }
  const { connectorId = 0 } = evse;
  return { evse: evse.id, connector: connectorId >= 1 ? connectorId : null };
}

/** `NoAuthorization`: somebody charges who needs no card. An empty number of another kind says nothing. */
function cardOf(token: IdTokenType | undefined): string | null {
  if (!token) return null;
  if (token.idToken.trim() !== '') return token.idToken;
  return token.type === 'NoAuthorization' ? '' : null;
}

/**
 * What makes a re-sent event the same one: what it says. Some number all their events 0 (Q48), and a clock can stand still; only
 * whether it is told late may differ, since a message that waits becomes a late one.
 */
function keyOf({ offline: _, ...said }: Requests['TransactionEvent']): string {
  const { seqNo, eventType, timestamp, triggerReason, ...rest } = said;
  return JSON.stringify([seqNo, eventType, timestamp, triggerReason, contentHash(JSON.stringify(rest))]);
}

async function event(
  context: MessageContext,
  request: Requests['TransactionEvent'],
): Promise<TransactionEventResponse> {
  const { gw, chargerId, receivedAt } = context;
  const { eventType, timestamp, transactionInfo, idToken, meterValue, reservationId } = request;
  const { transactionId, chargingState, stoppedReason } = transactionInfo;
  const { card, cost } = await recordEvent(gw, {
    chargerId,
    wireId: transactionId,
    type: TYPES[eventType],
    key: keyOf(request),
    reportedAt: instant(context, timestamp),
    receivedAt,
    ...placeOf(context, request.evse),
    tokenUid: cardOf(idToken),
    reservationId: reservationId ?? null,
    state: (chargingState !== undefined && STATES[chargingState]) || null,
    // OCPP 2.0.1 part 2, TransactionType: absent means Local.
    stopReason: eventType === 'Ended' ? (stoppedReason ?? 'Local') : null,
    samples: decodeSamples(context, meterValue, timestamp),
    payload: request,
  });
  return {
    // What it costs so far, for the charger's display.
    ...(cost !== null && { totalCost: Number(cost) }),
    ...(card && { idTokenInfo: idTokenInfo(context, card) }),
  };
}

/** Readings outside of transactions: these have theirs in their events. */
async function sample(context: MessageContext, request: Requests['MeterValues']) {
  const { gw, chargerId, receivedAt } = context;
  const evse = request.evseId >= 1 ? request.evseId : null;
  await recordReadings(gw, {
    chargerId,
    evse,
    samples: decodeSamples(context, request.meterValue),
    receivedAt,
  });
  return {};
}

export const transactions = {
  TransactionEvent: { handle: event, transactional: true },
  MeterValues: { handle: sample, transactional: true },
} satisfies Block;
