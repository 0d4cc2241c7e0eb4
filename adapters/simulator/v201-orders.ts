import { fixed, status, type Order } from './answers.ts';
import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { getLog } from './log-upload.ts';
import { deleteCertificate } from './security.ts';
import { cancelReservation, listVersion, reserveNow, sendLocalList } from './v201-cards.ts';
import { updateFirmware } from './v201-maintenance.ts';
import { askForCertificate, certificateSigned, installCertificate, installedCertificates } from './v201-security.ts';
import { clearProfiles, compositeSchedule, readProfile, setProfile } from './v201-smart-charging.ts';
import { getBaseReport, getReport, getVariables, setVariables } from './v201-variables.ts';
import { asRecord, asText, asWhole } from './wire.ts';

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
  GetVariables: getVariables,
  SetVariables: setVariables,
  GetBaseReport: getBaseReport,
  GetReport: getReport,
  GetLocalListVersion: listVersion,
  SendLocalList: sendLocalList,
  ReserveNow: reserveNow,
  CancelReservation: cancelReservation,
  SetChargingProfile: setProfile,
  ClearChargingProfile: clearProfiles,
  GetCompositeSchedule: compositeSchedule,
  GetLog: getLog,
  UpdateFirmware: updateFirmware,
  CertificateSigned: certificateSigned,
  InstallCertificate: installCertificate,
  DeleteCertificate: deleteCertificate,
  GetInstalledCertificateIds: installedCertificates,
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
  const asked = payload['chargingProfile'];
  const profile = starting && asked !== undefined ? readProfile(starting.connector, asked) : null;
  // only a transaction's own profile may come with its order (F01.FR.09)
  if (!starting || (asked !== undefined && profile?.purpose !== 'tx')) return status('Rejected');
  const { connector, id } = starting;
  async function begin(): Promise<void> {
    await starting?.followUp();
    if (profile) control.limits.set(profile, control.connector(connector)?.transaction ?? null);
    control.review();
  }
  return {
    payload: { status: 'Accepted', ...(id !== null && { transactionId: String(id) }) },
    followUp: () => control.track(begin()),
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
    FirmwareStatusNotification: () =>
      control.send({ action: 'FirmwareStatusNotification', payload: { status: 'Idle' } }),
    LogStatusNotification: () => control.send({ action: 'LogStatusNotification', payload: { status: 'Idle' } }),
    SignChargingStationCertificate: () => askForCertificate(control),
    TransactionEvent: () => running.forEach((number) => control.triggerSample(number)),
  };
  const followUp = Object.hasOwn(triggers, wanted) ? triggers[wanted] : undefined;
  return followUp ? status('Accepted', followUp) : status('NotImplemented');
}
