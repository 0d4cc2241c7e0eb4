import { randomUUID } from 'node:crypto';
import { toUtc } from '../../gateway/domain/time.ts';
import type { Requests } from '../ocpp/schemas/generated/v201.ts';
import type { Dialect, WireCall } from './dialect.ts';
import type { Grant } from './model.ts';
import { connectorStatus } from './v201-device-model.ts';
import { idToken, meterValue, transactionEvent } from './v201-events.ts';
import { answer201 } from './v201-orders.ts';
import { asRecord, asText, asWhole } from './wire.ts';

/** A charger's side of OCPP 2.0.1. Each EVSE has one connector: its number is the EVSE's, connectorId is 1. */
export const v201: Dialect = {
  protocol: 'ocpp2.0.1',
  startPoints: ['Authorized', 'EVConnected', 'PowerPathClosed'],
  transactionId: () => randomUUID(),
  boot: (identity, reason) =>
    wire('BootNotification', {
      reason,
      chargingStation: {
        model: identity.model,
        vendorName: identity.vendor,
        serialNumber: identity.serial,
        firmwareVersion: identity.firmware,
      },
    }),
  readBoot(payload) {
    const { status, interval } = asRecord(payload);
    const registration = status === 'Accepted' || status === 'Pending' ? status : 'Rejected';
    return { registration, interval: asWhole(interval) ?? 0 };
  },
  heartbeat: () => wire('Heartbeat', {}),
  // the box itself has no connector to tell of
  statusWord: ({ connector, status, plugged }) => (connector === 0 ? null : connectorStatus(status, plugged)),
  status: ({ connector, at }, word) => ({
    action: 'StatusNotification',
    payload: { timestamp: toUtc(at), connectorStatus: word, evseId: connector, connectorId: 1 },
  }),
  authorize: (card) => wire('Authorize', { idToken: idToken(card) }),
  readAuthorize: (payload) => readGrant(asRecord(payload)['idTokenInfo']),
  tell: (fact) => wire('TransactionEvent', transactionEvent(fact)),
  readTold(_fact, payload) {
    const info = asRecord(payload)['idTokenInfo'];
    return { id: null, grant: info === undefined ? null : readGrant(info) };
  },
  meterValues: (reading, measurands) =>
    wire('MeterValues', { evseId: reading.connector, meterValue: [meterValue(reading, measurands)] }),
  reservationOver: (reservationId, why) =>
    wire('ReservationStatusUpdate', {
      reservationId,
      reservationUpdateStatus: why === 'expired' ? 'Expired' : 'Removed',
    }),
  answer: answer201,
};

/** A call whose payload is what the version's schema wants. */
function wire<A extends keyof Requests>(action: A, payload: Requests[A]): WireCall {
  return { action, payload: { ...payload } };
}

function readGrant(value: unknown): Grant {
  const info = asRecord(value);
  const verdict = asText(info['status']) ?? 'Invalid';
  return { accepted: verdict === 'Accepted', verdict, parent: asText(asRecord(info['groupIdToken'])['idToken']) };
}
