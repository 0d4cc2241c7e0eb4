import { reportStatus } from '../../../gateway/availability.ts';
import { MOST_EVSES } from '../../../gateway/chargers.ts';
import { EVSE_STATUSES, type EvseStatus } from '../../../gateway/domain/status.ts';
import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v16.ts';
import type { Block } from './table.ts';
import { instant, writeTime } from '../times.ts';

async function status(context: MessageContext, request: Requests['StatusNotification']) {
  // A status outside the standard was noted as a deviation already; it tells nothing we could show.
  if (!isStatus(request.status)) return {};
  if (request.connectorId > MOST_EVSES) {
    context.deviate('CONNECTOR_UNBELIEVABLE', String(request.connectorId));
    return {};
  }
  await reportStatus(context.gw, {
    chargerId: context.chargerId,
    evse: request.connectorId >= 1 ? request.connectorId : null,
    status: request.status,
    errorCode: request.errorCode === 'NoError' ? null : request.errorCode,
    reportedAt: request.timestamp === undefined ? null : instant(context, request.timestamp),
    receivedAt: context.receivedAt,
  });
  return {};
}

function isStatus(text: string): text is EvseStatus {
  return (EVSE_STATUSES as readonly string[]).includes(text);
}

async function heartbeat(context: MessageContext) {
  return { currentTime: writeTime(context, context.gw.clock()) };
}

export const availability = {
  StatusNotification: { handle: status, fallback: {} },
  Heartbeat: { handle: heartbeat },
} satisfies Block;
