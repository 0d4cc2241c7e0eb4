import { recordSamples } from '../../../gateway/samples.ts';
import { startTransaction, stopTransaction } from '../../../gateway/transactions.ts';
import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v16.ts';
import { idTagInfo } from './authorization.ts';
import { decodeSamples } from './metering.ts';
import type { Block } from './table.ts';
import { instant } from '../times.ts';

/** 1.6 knows no EVSEs: connector n is EVSE n, and a transaction on the whole box is on its first (Q47). */
function evseOf(context: MessageContext, connectorId: number): number {
  if (connectorId >= 1) return connectorId;
  context.deviate('CONNECTOR_ZERO', String(connectorId));
  return 1;
}

/**
 * The transaction that a charger names. Ids that we never give stand for one that it began while disconnected: 0, negative
 * ones (Q36), and what is beyond an OCPP integer, 9223372036854775807 above all (Q37). JSON's loss of digits beyond 2^53
 * concerns only these.
 */
function wireIdOf(context: MessageContext, transactionId: number | undefined): string | null {
  if (transactionId === undefined) return null;
  if (transactionId >= 1 && transactionId < 2 ** 31) return String(transactionId);
  context.deviate('TRANSACTION_PLACEHOLDER', String(transactionId));
  return null;
}

async function start(context: MessageContext, request: Requests['StartTransaction']) {
  const { wireId, card } = await startTransaction(context.gw, {
    chargerId: context.chargerId,
    evse: evseOf(context, request.connectorId),
    connector: 1,
    tokenUid: request.idTag,
    meterStart: request.meterStart,
    reportedAt: instant(context, request.timestamp),
    receivedAt: context.receivedAt,
    timestamp: request.timestamp,
    ...(request.reservationId !== undefined && { reservationId: request.reservationId }),
  });
  return { transactionId: Number(wireId), idTagInfo: idTagInfo(context, card) };
}

async function sample(context: MessageContext, request: Requests['MeterValues']) {
  await recordSamples(context.gw, {
    chargerId: context.chargerId,
    evse: request.connectorId >= 1 ? request.connectorId : null,
    wireId: wireIdOf(context, request.transactionId),
    samples: decodeSamples(context, request.meterValue),
    receivedAt: context.receivedAt,
  });
  return {};
}

async function stop(context: MessageContext, request: Requests['StopTransaction']) {
  const { card } = await stopTransaction(context.gw, {
    chargerId: context.chargerId,
    wireId: wireIdOf(context, request.transactionId),
    meterStop: request.meterStop,
    reportedAt: instant(context, request.timestamp),
    receivedAt: context.receivedAt,
    timestamp: request.timestamp,
    // OCPP 1.6 §6.49: absent means Local.
    reason: request.reason ?? 'Local',
    tokenUid: request.idTag ?? null,
    samples: decodeSamples(context, request.transactionData ?? []),
    payload: request,
  });
  return card === null ? {} : { idTagInfo: idTagInfo(context, card) };
}

export const transactions = {
  StartTransaction: { handle: start, transactional: true },
  MeterValues: { handle: sample, transactional: true },
  StopTransaction: { handle: stop, transactional: true },
} satisfies Block;
