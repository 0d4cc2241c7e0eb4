import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { asRecord, asText, asWhole } from './wire.ts';

type Order = (control: Control, payload: Record<string, unknown>) => Answer | Promise<Answer>;

const status = (value: string, followUp?: () => void): Answer => ({
  payload: { status: value },
  ...(followUp ? { followUp } : {}),
});

const fixed =
  (payload: Record<string, unknown>): Order =>
  () => ({ payload });

/** What a 2.x charger answers. */
const ORDERS: Record<string, Order> = {
  RequestStartTransaction: requestStart,
  RequestStopTransaction(control, payload) {
    const followUp = control.remoteStop(asText(payload['transactionId']) ?? '');
    return followUp ? status('Accepted', followUp) : status('Rejected');
  },
  GetTransactionStatus: transactionStatus,
  TriggerMessage: trigger,
  Reset: reset,
  UnlockConnector: unlock,
  ChangeAvailability: changeAvailability,
  ClearCache: (control) => status('Accepted', control.clearCache),
  DataTransfer: fixed({ status: 'UnknownVendorId' }),
  // it has no display, but must take what it is told (I02)
  CostUpdated: fixed({}),
};

/** Answers an order in OCPP 2.x; unknown ones with NotImplemented. */
export function answer201(control: Control, action: string, payload: unknown): Answer | Promise<Answer> {
  const order = Object.hasOwn(ORDERS, action) ? ORDERS[action] : undefined;
  if (!order) return { errorCode: 'NotImplemented', description: `this charger does not know ${action}` };
  return order(control, asRecord(payload));
}

/** The EVSE that is meant: 0 where none is named, null where there is none of that number or connector. */
function evseOf(control: Control, value: unknown): number | null {
  if (value === undefined) return 0;
  const evse = asRecord(value);
  const [id, connector] = [asWhole(evse['id']), asWhole(evse['connectorId']) ?? 1];
  return id !== null && (id === 0 || control.connectors.includes(id)) && connector === 1 ? id : null;
}

function requestStart(control: Control, payload: Record<string, unknown>): Answer {
  const token = asRecord(payload['idToken']);
  const starting = control.remoteStart({
    connector: asWhole(payload['evseId']),
    card: { uid: asText(token['idToken']) ?? '', type: asText(token['type']) },
    remoteStartId: asWhole(payload['remoteStartId']),
  });
  if (!starting) return status('Rejected');
  const { id, followUp } = starting;
  return {
    payload: { status: 'Accepted', ...(id !== null && { transactionId: String(id) }) },
    followUp: () => void followUp(),
  };
}

function transactionStatus(control: Control, payload: Record<string, unknown>): Answer {
  const id = asText(payload['transactionId']);
  const { running, untold } = control.progress(id);
  // whether one runs is told of one alone (E14.FR.06)
  return { payload: { ...(id !== null && { ongoingIndicator: running }), messagesInQueue: untold } };
}

function reset(control: Control, payload: Record<string, unknown>): Answer {
  // one EVSE alone cannot be started anew
  if (payload['evseId'] !== undefined) return status('Rejected');
  if (payload['type'] === 'Immediate') return status('Accepted', control.reset('HardReset', true));
  const { scheduled, followUp } = control.resetWhenIdle();
  return status(scheduled ? 'Scheduled' : 'Accepted', followUp);
}

function unlock(control: Control, payload: Record<string, unknown>): Answer {
  const evse = asWhole(payload['evseId']) ?? 0;
  if (!control.connectors.includes(evse) || payload['connectorId'] !== 1) return status('UnknownConnector');
  const followUp = control.letGo(evse);
  return followUp ? status('Unlocked', followUp) : status('OngoingAuthorizedTransaction');
}

function changeAvailability(control: Control, payload: Record<string, unknown>): Answer {
  const evse = evseOf(control, payload['evse']);
  if (evse === null) return status('Rejected');
  const { scheduled, followUp } = control.setOperative(evse, payload['operationalStatus'] !== 'Inoperative');
  return status(scheduled ? 'Scheduled' : 'Accepted', followUp);
}

function trigger(control: Control, payload: Record<string, unknown>): Answer {
  const named = evseOf(control, payload['evse']);
  if (named === null) return status('Rejected');
  const evse = named === 0 ? null : named;
  const wanted = asText(payload['requestedMessage']) ?? '';
  // who is accepted has nothing to ask anew (F06.FR.17)
  if (wanted === 'BootNotification' && control.registered()) return status('Rejected');
  const running = (evse === null ? control.connectors : [evse]).filter((each) => control.connector(each)?.transaction);
  if (wanted === 'TransactionEvent' && running.length === 0) return status('Rejected');
  const triggers: Record<string, () => unknown> = {
    BootNotification: control.triggerBoot,
    Heartbeat: control.triggerHeartbeat,
    StatusNotification: () => control.triggerStatus(evse),
    MeterValues: () => control.triggerMeter(evse),
    TransactionEvent: () => running.forEach((number) => control.triggerSample(number)),
  };
  const followUp = Object.hasOwn(triggers, wanted) ? triggers[wanted] : undefined;
  return followUp ? status('Accepted', followUp) : status('NotImplemented');
}
