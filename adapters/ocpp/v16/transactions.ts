import { parseTime } from '../../../gateway/domain/time.ts';
import { recordSamples } from '../../../gateway/samples.ts';
import { startTransaction, stopTransaction } from '../../../gateway/transactions.ts';
import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v16.ts';
import { idTagInfo } from './authorization.ts';
import { decodeSamples } from './metering.ts';
import type { Block } from './table.ts';

function instant(context: MessageContext, text: string): number {
  const time = parseTime(text);
  if (!time) context.deviate('TIME_UNREADABLE', text);
  else if (!time.zoned) context.deviate('TIME_WITHOUT_ZONE', text);
  return time?.at ?? context.receivedAt;
}

/** 1.6 knows no EVSEs: connector n is EVSE n, and a transaction on the whole box is on its first (Q47). */
function evseOf(context: MessageContext, connectorId: number): number {
  if (connectorId >= 1) return connectorId;
  context.deviate('CONNECTOR_ZERO', String(connectorId));
  return 1;
}

async function start(context: MessageContext, request: Requests['StartTransaction']) {
  const { wireId, verdict } = await startTransaction(context.gw, {
    chargerId: context.chargerId,
    evse: evseOf(context, request.connectorId),
    connector: 1,
    tokenUid: request.idTag,
    meterStart: request.meterStart,
    reportedAt: instant(context, request.timestamp),
    receivedAt: context.receivedAt,
    timestamp: request.timestamp,
  });
  return { transactionId: Number(wireId), idTagInfo: idTagInfo(verdict) };
}

async function sample(context: MessageContext, request: Requests['MeterValues']) {
  await recordSamples(context.gw, {
    chargerId: context.chargerId,
    evse: request.connectorId >= 1 ? request.connectorId : null,
    wireId: request.transactionId === undefined ? null : String(request.transactionId),
    samples: decodeSamples(context, request.meterValue),
    receivedAt: context.receivedAt,
  });
  return {};
}

async function stop(context: MessageContext, request: Requests['StopTransaction']) {
  const { verdict } = await stopTransaction(context.gw, {
    chargerId: context.chargerId,
    wireId: String(request.transactionId),
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
  return verdict === null ? {} : { idTagInfo: idTagInfo(verdict) };
}

export const transactions = {
  StartTransaction: { handle: start, transactional: true },
  MeterValues: { handle: sample, transactional: true },
  StopTransaction: { handle: stop, transactional: true },
} satisfies Block;
