import { randomInt } from 'node:crypto';
import type {
  Answers,
  OrderKind,
  OrderOf,
  OrderStatus,
  RootUse,
  TriggerMessage,
} from '../../../gateway/domain/orders.ts';
import type { TimeFormat } from '../../../gateway/domain/time.ts';
import { certificateHash, readHashes } from '../certificate-hashes.ts';
import { logAnswer, logRequest, signedFirmware } from '../file-orders.ts';
import { isRecord } from '../lenient.ts';
import { given, maybe, readStatus, reasonIn, status, text, VERDICT } from '../order-words.ts';
import type { WireCall } from '../protocol.ts';
import type { Action, InstallCertificateUseEnumType, Requests } from '../schemas/generated/v201.ts';
import { groupOf, idToken } from './id-tokens.ts';
import { BASIC_AUTH_PASSWORD, passwordStatus } from './passwords.ts';
import { decodeSchedule, encodeProfile, PURPOSE } from './profiles.ts';
import { parseName, readVariables } from './variables.ts';

/** One order's translation; answers may hold anything. `encode` null: this version has no words for it. */
interface Coding<K extends OrderKind> {
  encode(order: OrderOf<K>, time: TimeFormat): WireCall | null;
  decode(payload: Record<string, unknown>): Answers[K];
}

type Codings = { [K in OrderKind]: Coding<K> };

function wire<A extends Action>(action: A, payload: Requests[A]): WireCall {
  return { action, payload };
}

/** Nothing can be sent. */
const NO_WORDS = { encode: () => null, decode: status };

const TRIGGER: Record<TriggerMessage, Requests['TriggerMessage']['requestedMessage']> = {
  boot: 'BootNotification',
  heartbeat: 'Heartbeat',
  status: 'StatusNotification',
  'meter-values': 'MeterValues',
  // Logs and diagnostics are one in 2.x.
  'diagnostics-status': 'LogStatusNotification',
  'log-status': 'LogStatusNotification',
  'firmware-status': 'FirmwareStatusNotification',
  'sign-certificate': 'SignChargingStationCertificate',
};

function encodeTrigger({ message, evse, connector }: OrderOf<'trigger'>): WireCall {
  // A status is of one connector (OCPP 2.0.1 part 2, F06.FR.12).
  const at = evse === null ? null : { id: evse, ...(message === 'status' && { connectorId: connector ?? 1 }) };
  return wire('TriggerMessage', { requestedMessage: TRIGGER[message], ...given({ evse: at }) });
}

const ROOT_USE: Record<
  RootUse,
  InstallCertificateUseEnumType & ('CSMSRootCertificate' | 'ManufacturerRootCertificate')
> = {
  'central-system': 'CSMSRootCertificate',
  manufacturer: 'ManufacturerRootCertificate',
};

/** What became of the one variable that was set. */
function variableStatus(payload: Record<string, unknown>): { status: OrderStatus; reason?: string } {
  const results = payload['setVariableResult'];
  const result: unknown = Array.isArray(results) ? results[0] : undefined;
  if (!isRecord(result)) return { status: readStatus(undefined) };
  return { status: readStatus(result['attributeStatus']), ...reasonIn(result['attributeStatusInfo']) };
}

const CODINGS: Codings = {
  start: {
    encode: ({ evse, tokenUid, profile }, time) =>
      wire('RequestStartTransaction', {
        idToken: idToken(tokenUid),
        // Its transaction is known by its card and its EVSE.
        remoteStartId: randomInt(1, 2 ** 31 - 1),
        ...given({ evseId: evse, chargingProfile: profile && encodeProfile(profile, time) }),
      }),
    decode: status,
  },
  stop: { encode: ({ wireId }) => wire('RequestStopTransaction', { transactionId: wireId }), decode: status },
  unlock: {
    encode: ({ evse, connector }) => wire('UnlockConnector', { evseId: evse, connectorId: connector }),
    decode: status,
  },
  // A soft one waits for the transactions that run.
  reset: { encode: ({ hard }) => wire('Reset', { type: hard ? 'Immediate' : 'OnIdle' }), decode: status },
  availability: {
    encode: ({ evse, operative }) =>
      wire('ChangeAvailability', {
        operationalStatus: operative ? 'Operative' : 'Inoperative',
        ...given({ evse: evse === null ? null : { id: evse } }),
      }),
    decode: status,
  },
  trigger: { encode: encodeTrigger, decode: status },
  'clear-cache': { encode: () => wire('ClearCache', {}), decode: status },
  'read-configuration': {
    encode({ keys, requestId = randomInt(1, 2 ** 31 - 1) }) {
      // All of them come as reports, after the answer.
      if (keys === null) return wire('GetBaseReport', { requestId, reportBase: 'FullInventory' });
      const places = keys.flatMap((key) => parseName(key) ?? []);
      return places.length === 0 ? null : wire('GetVariables', { getVariableData: places });
    },
    decode: (payload) => ({
      status: 'accepted',
      // A report is promised or refused; variables are told.
      ...('status' in payload && status(payload)),
      ...readVariables(payload),
    }),
  },
  'write-configuration': {
    encode({ key, value }) {
      const place = parseName(key);
      return place && wire('SetVariables', { setVariableData: [{ ...place, attributeValue: value }] });
    },
    decode: variableStatus,
  },
  'change-password': {
    encode: ({ password }) =>
      wire('SetVariables', { setVariableData: [{ ...BASIC_AUTH_PASSWORD, attributeValue: password }] }),
    decode: passwordStatus,
  },
  // A higher one comes with a whole network profile (A05), which is the operator's to make.
  'raise-profile': NO_WORDS,
  // Logs and diagnostics are one in 2.x: GetLog.
  'get-diagnostics': { encode: () => null, decode: logAnswer },
  'get-log': { encode: (order, time) => wire('GetLog', logRequest(order, time)), decode: logAnswer },
  'update-firmware': {
    encode: ({ requestId, url, retries, retryInterval, retrieveAt }, time) =>
      wire('UpdateFirmware', {
        requestId,
        firmware: { location: url, retrieveDateTime: time(retrieveAt) },
        ...given({ retries, retryInterval }),
      }),
    decode: status,
  },
  'update-signed-firmware': {
    encode: (order, time) => wire('UpdateFirmware', signedFirmware(order, time)),
    decode: status,
  },
  'local-list-version': {
    encode: () => wire('GetLocalListVersion', {}),
    decode: (payload) => ({ status: 'accepted', version: Number(payload['versionNumber'] ?? -1) }),
  },
  'send-local-list': {
    encode: ({ version, full, entries }, time) =>
      wire('SendLocalList', {
        versionNumber: version,
        updateType: full ? 'Full' : 'Differential',
        // An empty list is none (OCPP 2.0.1 part 2, D01.FR.04).
        ...(entries.length > 0 && {
          localAuthorizationList: entries.map(({ tokenUid, verdict, groupId, expiresAt }) => ({
            idToken: idToken(tokenUid),
            ...(verdict && {
              idTokenInfo: {
                status: VERDICT[verdict],
                ...groupOf(groupId),
                ...given({ cacheExpiryDateTime: maybe(time, expiresAt) }),
              },
            }),
          })),
        }),
      }),
    decode: status,
  },
  reserve: {
    encode: ({ reservationId, evse, tokenUid, groupId, expiresAt }, time) =>
      wire('ReserveNow', {
        id: reservationId,
        expiryDateTime: time(expiresAt),
        idToken: idToken(tokenUid),
        ...given({ evseId: evse }),
        ...groupOf(groupId),
      }),
    decode: status,
  },
  'cancel-reservation': {
    encode: ({ reservationId }) => wire('CancelReservation', { reservationId }),
    decode: status,
  },
  'set-profile': {
    encode: ({ evse, profile }, time) =>
      wire('SetChargingProfile', { evseId: evse ?? 0, chargingProfile: encodeProfile(profile, time) }),
    decode: status,
  },
  'clear-profiles': {
    encode({ id, evse, purpose, stackLevel }) {
      const criteria = given({ evseId: evse, chargingProfilePurpose: purpose && PURPOSE[purpose], stackLevel });
      const some = Object.keys(criteria).length > 0;
      return wire('ClearChargingProfile', {
        ...given({ chargingProfileId: id }),
        ...(some && { chargingProfileCriteria: criteria }),
      });
    },
    decode: status,
  },
  'composite-schedule': {
    encode: ({ evse, seconds, unit }) =>
      wire('GetCompositeSchedule', { evseId: evse ?? 0, duration: seconds, ...given({ chargingRateUnit: unit }) }),
    decode: (payload) => ({ ...status(payload), limit: decodeSchedule(payload) }),
  },
  'certificate-signed': {
    encode: ({ chain }) =>
      wire('CertificateSigned', { certificateChain: chain, certificateType: 'ChargingStationCertificate' }),
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
    encode: ({ use }) => wire('GetInstalledCertificateIds', { certificateType: [ROOT_USE[use]] }),
    decode: (payload) => ({ ...status(payload), hashes: readHashes(chainHeads(payload['certificateHashDataChain'])) }),
  },
  'vendor-data': {
    // 2.x takes any JSON as data; the generated type knows objects alone.
    encode: ({ vendor, message, data }) => ({
      action: 'DataTransfer',
      payload: { vendorId: vendor, ...given({ messageId: message, data }) },
    }),
    decode: (payload) => ({ ...status(payload), data: textOfData(payload['data']) }),
  },
};

/** Each chain by its first certificate. */
function chainHeads(chains: unknown): unknown[] {
  return (Array.isArray(chains) ? chains : []).filter(isRecord).map((chain) => chain['certificateHashData']);
}

/** Data of any kind, as the text that it is or its JSON. */
export function textOfData(data: unknown): string | null {
  if (data === undefined || data === null) return null;
  return typeof data === 'string' ? text(data) : JSON.stringify(data);
}

/** An order in 2.0.1's words, its instants written by `time`; null where it has none. */
export function encodeOrder<K extends OrderKind>(order: OrderOf<K>, time: TimeFormat): WireCall | null {
  return CODINGS[order.kind].encode(order, time);
}

/** What a charger's answer to an order says; whatever it holds, it says something. */
export function decodeAnswer<K extends OrderKind>(order: OrderOf<K>, payload: unknown): Answers[K] {
  return CODINGS[order.kind].decode(isRecord(payload) ? payload : {});
}

/** A TriggerMessage asks for a message by its name, for one of signing by what is to be signed. */
export function asksFor(action: string, payload: unknown): string | null {
  if (action !== 'TriggerMessage' || !isRecord(payload)) return null;
  const { requestedMessage } = payload;
  if (typeof requestedMessage !== 'string') return null;
  return requestedMessage.startsWith('Sign') ? 'SignCertificate' : requestedMessage;
}
