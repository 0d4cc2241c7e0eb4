import { status } from './answers.ts';
import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { asInstant, asList, asRecord, asText, asWhole } from './wire.ts';

/** ReserveNow (OCPP 1.6 §5.13). */
export function reserveNow(control: Control, payload: Record<string, unknown>): Answer {
  const [id, uid, expires] = [asWhole(payload['reservationId']), asText(payload['idTag']), payload['expiryDate']];
  const expiresAt = asInstant(expires);
  if (id === null || uid === null || expiresAt === null || expiresAt <= control.clock()) return status('Rejected');
  const reservation = { id, uid, parent: asText(payload['parentIdTag']), expiresAt };
  return status(control.reserve(asWhole(payload['connectorId']) ?? 0, reservation));
}

/** CancelReservation (OCPP 1.6 §5.2). */
export function cancelReservation(control: Control, payload: Record<string, unknown>): Answer {
  const followUp = control.cancelReservation(asWhole(payload['reservationId']) ?? -1);
  return followUp ? status('Accepted', followUp) : status('Rejected');
}

/** SendLocalList (OCPP 1.6 §5.15). */
export function sendLocalList(control: Control, payload: Record<string, unknown>): Answer {
  const entries = asList(payload['localAuthorizationList']).map((each) => {
    const entry = asRecord(each);
    const info = asRecord(entry['idTagInfo']);
    return {
      uid: asText(entry['idTag']) ?? '',
      verdict: asText(info['status']),
      parent: asText(info['parentIdTag']),
      expiresAt: asInstant(info['expiryDate']),
    };
  });
  return status(control.cards.update(asWhole(payload['listVersion']) ?? 0, payload['updateType'] === 'Full', entries));
}
