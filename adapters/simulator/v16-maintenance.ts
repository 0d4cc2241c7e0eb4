import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { asInstant, asRecord, asText, asWhole } from './wire.ts';

/** GetDiagnostics (OCPP 1.6 §5.9). */
export function getDiagnostics(control: Control, payload: Record<string, unknown>): Answer {
  const fileName = `diagnostics-${control.identity.serial}.txt`;
  const tell = (status: string): Promise<unknown> =>
    control.send({ action: 'DiagnosticsStatusNotification', payload: { status } });
  const url = asText(payload['location']) ?? '';
  return {
    payload: { fileName },
    followUp: () => control.transfers.upload({ kind: 'diagnostics', url, fileName, tell }),
  };
}

/** UpdateFirmware (OCPP 1.6 §5.19). */
export function updateFirmware(control: Control, payload: Record<string, unknown>): Answer {
  const tell = (status: string): Promise<unknown> =>
    control.send({ action: 'FirmwareStatusNotification', payload: { status } });
  const order = {
    url: asText(payload['location']) ?? '',
    retrieveAt: asInstant(payload['retrieveDate']) ?? 0,
    signature: null,
    tell,
  };
  return { payload: {}, followUp: () => control.transfers.update(order) };
}

/** SignedUpdateFirmware (security whitepaper edition 3 §5.1). */
export function updateSignedFirmware(control: Control, payload: Record<string, unknown>): Answer {
  const requestId = asWhole(payload['requestId']) ?? 0;
  const firmware = asRecord(payload['firmware']);
  const tell = (status: string): Promise<unknown> =>
    control.send({ action: 'SignedFirmwareStatusNotification', payload: { status, requestId } });
  const order = {
    url: asText(firmware['location']) ?? '',
    retrieveAt: asInstant(firmware['retrieveDateTime']) ?? 0,
    signature: {
      certificate: asText(firmware['signingCertificate']) ?? '',
      value: asText(firmware['signature']) ?? '',
    },
    tell,
  };
  return { payload: { status: 'Accepted' }, followUp: () => control.transfers.update(order) };
}
