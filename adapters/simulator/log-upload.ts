import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { asRecord, asText, asWhole } from './wire.ts';

/** How all versions but 1.6 itself word how it goes. */
const LOG_STATUS = { Uploading: 'Uploading', Uploaded: 'Uploaded', UploadFailed: 'UploadFailure' };

/** GetLog (security whitepaper edition 3 §4.7; OCPP 2.0.1 part 2, N01). */
export function getLog(control: Control, payload: Record<string, unknown>): Answer {
  const requestId = asWhole(payload['requestId']) ?? 0;
  const kind = payload['logType'] === 'SecurityLog' ? 'security' : 'diagnostics';
  const fileName = `${kind}-${control.identity.serial}-${requestId}.txt`;
  const url = asText(asRecord(payload['log'])['remoteLocation']) ?? '';
  const tell = (status: keyof typeof LOG_STATUS): Promise<unknown> =>
    control.send({ action: 'LogStatusNotification', payload: { status: LOG_STATUS[status], requestId } });
  return {
    payload: { status: 'Accepted', filename: fileName },
    followUp: () => control.transfers.upload({ kind, url, fileName, tell }),
  };
}
