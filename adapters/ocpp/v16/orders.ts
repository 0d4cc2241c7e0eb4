import type { Answers, OrderKind, OrderOf, OrderStatus, TriggerMessage } from '../../../gateway/domain/orders.ts';
import type { TimeFormat } from '../../../gateway/domain/time.ts';
import { logAnswer, logRequest, signedFirmware } from '../file-orders.ts';
import { isRecord } from '../lenient.ts';
import { given, maybe, status, text, VERDICT } from '../order-words.ts';
import type { WireCall } from '../protocol.ts';
import type { Action, Requests } from '../schemas/generated/v16.ts';
import { certificateHash, readHashes } from '../certificate-hashes.ts';
import { ROOT_USE } from './certificates.ts';
import { decodeSchedule, encodeProfile, PURPOSE } from './profiles.ts';

/** One order's translation; answers may hold anything. */
interface Coding<K extends OrderKind> {
  encode(order: OrderOf<K>, time: TimeFormat): WireCall;
  decode(payload: Record<string, unknown>): Answers[K];
}

type Codings = { [K in OrderKind]: Coding<K> };

function wire<A extends Action>(action: A, payload: Requests[A]): WireCall {
  return { action, payload };
}

/** Answers that have no status: to answer is to accept. */
const accepted = (): { status: OrderStatus } => ({ status: 'accepted' });

const TRIGGER: Record<
  Exclude<TriggerMessage, 'log-status' | 'sign-certificate'>,
  Requests['TriggerMessage']['requestedMessage']
> = {
  boot: 'BootNotification',
  heartbeat: 'Heartbeat',
  status: 'StatusNotification',
  'meter-values': 'MeterValues',
  'diagnostics-status': 'DiagnosticsStatusNotification',
  'firmware-status': 'FirmwareStatusNotification',
};

/** Two of them exist only in the security extension's own message. */
function encodeTrigger({ message, evse }: OrderOf<'trigger'>): WireCall {
  const at = given({ connectorId: evse });
  if (message === 'log-status')
    return wire('ExtendedTriggerMessage', { requestedMessage: 'LogStatusNotification', ...at });
  if (message === 'sign-certificate')
    return wire('ExtendedTriggerMessage', { requestedMessage: 'SignChargePointCertificate', ...at });
  return wire('TriggerMessage', { requestedMessage: TRIGGER[message], ...at });
}

const CODINGS: Codings = {
  start: {
    encode: ({ evse, tokenUid, profile }, time) =>
      wire('RemoteStartTransaction', {
        idTag: tokenUid,
        ...given({ connectorId: evse, chargingProfile: profile && encodeProfile(profile, time) }),
      }),
    decode: status,
  },
  stop: {
    encode: ({ wireId }) => wire('RemoteStopTransaction', { transactionId: Number(wireId) }),
    decode: status,
  },
  unlock: {
    // 1.6 knows no EVSEs: its connector is our EVSE.
    encode: ({ evse }) => wire('UnlockConnector', { connectorId: evse }),
    decode: status,
  },
  reset: { encode: ({ hard }) => wire('Reset', { type: hard ? 'Hard' : 'Soft' }), decode: status },
  availability: {
    encode: ({ evse, operative }) =>
      wire('ChangeAvailability', { connectorId: evse ?? 0, type: operative ? 'Operative' : 'Inoperative' }),
    decode: status,
  },
  trigger: { encode: encodeTrigger, decode: status },
  'clear-cache': { encode: () => wire('ClearCache', {}), decode: status },
  'read-configuration': {
    encode: ({ keys }) => wire('GetConfiguration', given({ key: keys })),
    decode: (payload) => ({ status: 'accepted', ...readConfiguration(payload) }),
  },
  'write-configuration': {
    encode: ({ key, value }) => wire('ChangeConfiguration', { key, value }),
    decode: status,
  },
  'change-password': {
    encode: ({ password }) => wire('ChangeConfiguration', { key: 'AuthorizationKey', value: password }),
    decode: status,
  },
  'raise-profile': {
    encode: ({ profile }) => wire('ChangeConfiguration', { key: 'SecurityProfile', value: String(profile) }),
    decode: status,
  },
  'get-diagnostics': {
    encode: ({ url, retries, retryInterval, from, to }, time) =>
      wire('GetDiagnostics', {
        location: url,
        ...given({ retries, retryInterval, startTime: maybe(time, from), stopTime: maybe(time, to) }),
      }),
    // Without a file name the charger has nothing to send (OCPP 1.6 §5.9).
    decode: (payload) => ({ status: 'accepted', fileName: text(payload['fileName']) }),
  },
  'get-log': { encode: (order, time) => wire('GetLog', logRequest(order, time)), decode: logAnswer },
  'update-firmware': {
    encode: ({ url, retries, retryInterval, retrieveAt }, time) =>
      wire('UpdateFirmware', {
        location: url,
        retrieveDate: time(retrieveAt),
        ...given({ retries, retryInterval }),
      }),
    decode: accepted,
  },
  'update-signed-firmware': {
    encode: (order, time) => wire('SignedUpdateFirmware', signedFirmware(order, time)),
    decode: status,
  },
  'local-list-version': {
    encode: () => wire('GetLocalListVersion', {}),
    decode: (payload) => ({ status: 'accepted', version: Number(payload['listVersion'] ?? -1) }),
  },
  'send-local-list': {
    encode: ({ version, full, entries }, time) =>
      wire('SendLocalList', {
        listVersion: version,
        updateType: full ? 'Full' : 'Differential',
        localAuthorizationList: entries.map(({ tokenUid, verdict, groupId, expiresAt }) => ({
          idTag: tokenUid,
          ...(verdict && {
            idTagInfo: {
              status: VERDICT[verdict],
              ...given({ parentIdTag: groupId, expiryDate: maybe(time, expiresAt) }),
            },
          }),
        })),
      }),
    decode: status,
  },
  reserve: {
    encode: ({ reservationId, evse, tokenUid, groupId, expiresAt }, time) =>
      wire('ReserveNow', {
        connectorId: evse ?? 0,
        expiryDate: time(expiresAt),
        idTag: tokenUid,
        reservationId,
        ...given({ parentIdTag: groupId }),
      }),
    decode: status,
  },
  'cancel-reservation': {
    encode: ({ reservationId }) => wire('CancelReservation', { reservationId }),
    decode: status,
  },
  'set-profile': {
    encode: ({ evse, profile }, time) =>
      wire('SetChargingProfile', { connectorId: evse ?? 0, csChargingProfiles: encodeProfile(profile, time) }),
    decode: status,
  },
  'clear-profiles': {
    encode: ({ id, evse, purpose, stackLevel }) =>
      wire(
        'ClearChargingProfile',
        given({ id, connectorId: evse, chargingProfilePurpose: purpose && PURPOSE[purpose], stackLevel }),
      ),
    decode: status,
  },
  'composite-schedule': {
    encode: ({ evse, seconds, unit }) =>
      wire('GetCompositeSchedule', { connectorId: evse ?? 0, duration: seconds, ...given({ chargingRateUnit: unit }) }),
    decode: (payload) => ({ ...status(payload), limit: decodeSchedule(payload) }),
  },
  'certificate-signed': {
    encode: ({ chain }) => wire('CertificateSigned', { certificateChain: chain }),
    decode: status,
  },
  'install-certificate': {
    encode: ({ use, certificate }) => wire('InstallCertificate', { certificateType: ROOT_USE[use], certificate }),
    decode: status,
  },
  'delete-certificate': {
    encode: ({ hash }) => wire('DeleteCertificate', { certificateHashData: certificateHash(hash) }),
    decode: status,
  },
  'installed-certificates': {
    encode: ({ use }) => wire('GetInstalledCertificateIds', { certificateType: ROOT_USE[use] }),
    decode: (payload) => ({ ...status(payload), hashes: readHashes(payload['certificateHashData']) }),
  },
  'vendor-data': {
    encode: ({ vendor, message, data }) =>
      wire('DataTransfer', { vendorId: vendor, ...given({ messageId: message, data }) }),
    decode: (payload) => ({ ...status(payload), data: text(payload['data']) }),
  },
};

/** Values that are written as numbers or booleans are read as their text (Q18); keys without a name are left out. */
function readConfiguration(payload: Record<string, unknown>): Omit<Answers['read-configuration'], 'status'> {
  const { configurationKey, unknownKey } = payload;
  const keys = (Array.isArray(configurationKey) ? configurationKey : []).filter(isRecord).flatMap((item) => {
    const { key, readonly, value } = item;
    if (typeof key !== 'string') return [];
    const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return [{ key, readonly: readonly === true, value: known ? String(value) : null }];
  });
  const unknown = (Array.isArray(unknownKey) ? unknownKey : []).filter((key) => typeof key === 'string');
  return { keys, unknown };
}

/** An order in 1.6's words, its instants written by `time` (Q34). */
export function encodeOrder<K extends OrderKind>(order: OrderOf<K>, time: TimeFormat): WireCall {
  return CODINGS[order.kind].encode(order, time);
}

/** What a charger's answer to an order says; whatever it holds, it says something. */
export function decodeAnswer<K extends OrderKind>(order: OrderOf<K>, payload: unknown): Answers[K] {
  return CODINGS[order.kind].decode(isRecord(payload) ? payload : {});
}
