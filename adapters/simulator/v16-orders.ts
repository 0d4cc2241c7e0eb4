import { fixed, status, type Order } from './answers.ts';
import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { getLog } from './log-upload.ts';
import { deleteCertificate } from './security.ts';
import { cancelReservation, reserveNow, sendLocalList } from './v16-cards.ts';
import { changeKey, readKeys } from './v16-keys.ts';
import { getDiagnostics, updateFirmware, updateSignedFirmware } from './v16-maintenance.ts';
import { askForCertificate, certificateSigned, installCertificate, installedCertificates } from './v16-security.ts';
import { clearProfiles, compositeSchedule, setProfile } from './v16-smart-charging.ts';
import { asRecord, asText, asWhole } from './wire.ts';

/** What a 1.6 charger with every feature profile and the security extension answers. */
const ORDERS: Record<string, Order> = {
  RemoteStartTransaction(control, payload) {
    const card = { uid: asText(payload['idTag']) ?? '', type: null };
    const order = { connector: asWhole(payload['connectorId']), card, remoteStartId: null };
    const starting = control.remoteStart(order);
    return starting ? status('Accepted', () => void starting.followUp()) : status('Rejected');
  },
  RemoteStopTransaction(control, payload) {
    const followUp = control.remoteStop(asWhole(payload['transactionId']) ?? 0);
    return followUp ? status('Accepted', followUp) : status('Rejected');
  },
  TriggerMessage: trigger,
  GetConfiguration: (control, payload) => ({ payload: readKeys(control, payload['key']) }),
  ChangeConfiguration(control, payload) {
    const key = asText(payload['key']) ?? '';
    return status(changeKey(control, key, asText(payload['value']) ?? ''));
  },
  Reset: (control, payload) => status('Accepted', resetTo(control, payload['type'] === 'Hard')),
  UnlockConnector(control, payload) {
    const connector = asWhole(payload['connectorId']) ?? 0;
    if (!control.connectors.includes(connector)) return status('NotSupported');
    return status('Unlocked', control.unlock(connector));
  },
  ChangeAvailability(control, payload) {
    const connector = asWhole(payload['connectorId']) ?? 0;
    if (connector !== 0 && !control.connectors.includes(connector)) return status('Rejected');
    const { scheduled, followUp } = control.setOperative(connector, payload['type'] !== 'Inoperative');
    return status(scheduled ? 'Scheduled' : 'Accepted', followUp);
  },
  ClearCache: (control) => status('Accepted', control.clearCache),
  DataTransfer: fixed({ status: 'UnknownVendorId' }),
  GetLocalListVersion: (control) => ({ payload: { listVersion: control.cards.version() } }),
  SendLocalList: sendLocalList,
  SetChargingProfile: setProfile,
  ClearChargingProfile: clearProfiles,
  GetCompositeSchedule: compositeSchedule,
  ReserveNow: reserveNow,
  CancelReservation: cancelReservation,
  GetDiagnostics: getDiagnostics,
  GetLog: getLog,
  UpdateFirmware: updateFirmware,
  SignedUpdateFirmware: updateSignedFirmware,
  ExtendedTriggerMessage: trigger,
  CertificateSigned: certificateSigned,
  InstallCertificate: installCertificate,
  DeleteCertificate: deleteCertificate,
  GetInstalledCertificateIds: installedCertificates,
};

/** Answers an order in OCPP 1.6; unknown ones with NotImplemented. */
export function answer16(control: Control, action: string, payload: unknown): Answer | Promise<Answer> {
  const order = Object.hasOwn(ORDERS, action) ? ORDERS[action] : undefined;
  if (!order) return { errorCode: 'NotImplemented', description: `this charger does not know ${action}` };
  return order(control, asRecord(payload));
}

function trigger(control: Control, payload: Record<string, unknown>): Answer {
  const connector = asWhole(payload['connectorId']);
  if (connector !== null && connector !== 0 && !control.connectors.includes(connector)) return status('Rejected');
  const triggers: Record<string, () => unknown> = {
    BootNotification: control.triggerBoot,
    Heartbeat: control.triggerHeartbeat,
    StatusNotification: () => control.triggerStatus(connector),
    MeterValues: () => control.triggerSample(connector),
    DiagnosticsStatusNotification: () =>
      control.send({ action: 'DiagnosticsStatusNotification', payload: { status: 'Idle' } }),
    FirmwareStatusNotification: () =>
      control.send({ action: 'FirmwareStatusNotification', payload: { status: 'Idle' } }),
    LogStatusNotification: () => control.send({ action: 'LogStatusNotification', payload: { status: 'Idle' } }),
    SignChargePointCertificate: () => askForCertificate(control),
  };
  const wanted = asText(payload['requestedMessage']) ?? '';
  const followUp = Object.hasOwn(triggers, wanted) ? triggers[wanted] : undefined;
  return followUp ? status('Accepted', followUp) : status('NotImplemented');
}

function resetTo(control: Control, hard: boolean): () => void {
  return hard ? control.reset('HardReset', false) : control.reset('SoftReset', true);
}
