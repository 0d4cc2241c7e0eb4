import { reportStatus } from '../../../gateway/availability.ts';
import { reportConnector } from '../../../gateway/connector-status.ts';
import type { EvseStatus } from '../../../gateway/domain/status.ts';
import type { ConnectorStatus } from '../../../gateway/domain/transaction-events.ts';
import type { MessageContext } from '../protocol.ts';
import type { EventDataType, Requests } from '../schemas/generated/v201.ts';
import { instant } from '../times.ts';
import type { Block } from './table.ts';

const STATUS: Record<string, ConnectorStatus> = {
  Available: 'available',
  Occupied: 'occupied',
  Reserved: 'reserved',
  Unavailable: 'unavailable',
  Faulted: 'faulted',
};

const WHOLE: Partial<Record<ConnectorStatus, EvseStatus>> = {
  available: 'Available',
  unavailable: 'Unavailable',
  faulted: 'Faulted',
};

/** EVSE 0 is the whole charger; a connector 0 of an EVSE that has one is its first. */
async function note(context: MessageContext, at: { evse: number; connector: number }, word: string, timestamp: string) {
  const { gw, chargerId, receivedAt } = context;
  const status = Object.hasOwn(STATUS, word) ? STATUS[word] : undefined;
  // A status outside the standard was noted as a deviation already; it tells nothing we could show.
  if (!status) return;
  const reportedAt = instant(context, timestamp);
  const whole = WHOLE[status];
  if (at.evse >= 1)
    await reportConnector(gw, {
      chargerId,
      evse: at.evse,
      connector: Math.max(1, at.connector),
      status,
      reportedAt,
      receivedAt,
    });
  else if (whole)
    await reportStatus(gw, { chargerId, evse: null, status: whole, errorCode: null, reportedAt, receivedAt });
}

async function status(context: MessageContext, request: Requests['StatusNotification']) {
  const { evseId, connectorId, connectorStatus, timestamp } = request;
  await note(context, { evse: evseId, connector: connectorId }, connectorStatus, timestamp);
  return {};
}

/** More events than these are in no message that a charger means. */
const MOST_EVENTS = 200;

/** Some tell the state of a connector this way instead (OCPP 2.0.1 part 2, G01; 2.1 prefers it). */
async function events(context: MessageContext, { eventData }: Requests['NotifyEvent']) {
  for (const event of eventData.slice(0, MOST_EVENTS)) if (isState(event)) await fromEvent(context, event);
  return {};
}

function isState({ component, variable }: EventDataType): boolean {
  return variable.name === 'AvailabilityState' && ['Connector', 'EVSE', 'ChargingStation'].includes(component.name);
}

async function fromEvent(context: MessageContext, { component, actualValue, timestamp }: EventDataType) {
  // What an EVSE says of itself sums its connectors up; where it has one, both are the same.
  if (component.name === 'EVSE') return;
  const { id = 0, connectorId = 1 } = component.evse ?? {};
  const at = component.name === 'ChargingStation' ? { evse: 0, connector: 0 } : { evse: id, connector: connectorId };
  if (component.name === 'Connector' && id < 1) return;
  await note(context, at, actualValue, timestamp);
}

export const availability = {
  StatusNotification: { handle: status, fallback: {} },
  NotifyEvent: { handle: events, fallback: {} },
} satisfies Block;
