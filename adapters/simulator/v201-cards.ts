import { status } from './answers.ts';
import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { connectorType } from './v201-device-model.ts';
import { excess } from './v201-variables.ts';
import { asInstant, asList, asRecord, asText, asWhole } from './wire.ts';

const uidOf = (token: unknown): string | null => asText(asRecord(token)['idToken']);

/** ReserveNow (H01); without an EVSE it keeps any one that is free. */
export function reserveNow(control: Control, payload: Record<string, unknown>): Answer {
  const [id, uid] = [asWhole(payload['id']), uidOf(payload['idToken'])];
  const expiresAt = asInstant(payload['expiryDateTime']);
  if (id === null || uid === null || expiresAt === null || expiresAt <= control.clock()) return status('Rejected');
  const evse = asWhole(payload['evseId']) ?? 0;
  const plug = payload['connectorType'];
  if (plug !== undefined && !hasPlug(control, evse, plug)) return status('Rejected');
  return status(control.reserve(evse, { id, uid, parent: uidOf(payload['groupIdToken']), expiresAt }));
}

function hasPlug(control: Control, evse: number, plug: unknown): boolean {
  return control.connectors
    .filter((number) => evse === 0 || number === evse)
    .some((number) => {
      const state = control.connector(number);
      return state !== null && connectorType(state.spec) === plug;
    });
}

/** CancelReservation (H02). */
export function cancelReservation(control: Control, payload: Record<string, unknown>): Answer {
  const followUp = control.cancelReservation(asWhole(payload['reservationId']) ?? -1);
  return followUp ? status('Accepted', followUp) : status('Rejected');
}

/** GetLocalListVersion (D02). */
export function listVersion(control: Control): Answer {
  return { payload: { versionNumber: control.settings.localList ? control.cards.version() : 0 } };
}

/** SendLocalList (D01). */
export function sendLocalList(control: Control, payload: Record<string, unknown>): Answer {
  const listed = asList(payload['localAuthorizationList']);
  const tooMuch = excess('SendLocalList', listed, payload);
  if (tooMuch) return tooMuch;
  if (!control.settings.localList) return status('Failed');
  const entries = listed.map((each) => {
    const entry = asRecord(each);
    const info = asRecord(entry['idTokenInfo']);
    return {
      uid: uidOf(entry['idToken']) ?? '',
      verdict: asText(info['status']),
      parent: uidOf(info['groupIdToken']),
      expiresAt: asInstant(info['cacheExpiryDateTime']),
    };
  });
  return status(
    control.cards.update(asWhole(payload['versionNumber']) ?? 0, payload['updateType'] === 'Full', entries),
  );
}
