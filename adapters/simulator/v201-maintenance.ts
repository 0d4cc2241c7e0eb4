import { X509Certificate } from 'node:crypto';
import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { tellEvent } from './security.ts';
import { asInstant, asRecord, asText, asWhole } from './wire.ts';

/** UpdateFirmware, signed or not (L01, L02). It is installed as soon as it is there. */
export function updateFirmware(control: Control, payload: Record<string, unknown>): Answer {
  const requestId = asWhole(payload['requestId']) ?? 0;
  const firmware = asRecord(payload['firmware']);
  const [certificate, value] = [asText(firmware['signingCertificate']), asText(firmware['signature'])];
  if (certificate !== null && !isCertificate(certificate)) {
    const followUp = (): void => tellEvent(control, 'InvalidFirmwareSigningCertificate');
    return { payload: { status: 'InvalidCertificate' }, followUp };
  }
  async function tell(status: string): Promise<void> {
    await control.send({ action: 'FirmwareStatusNotification', payload: { status, requestId } });
    if (status === 'InvalidSignature') tellEvent(control, 'InvalidFirmwareSignature');
  }
  const retrieveAt = asInstant(firmware['retrieveDateTime']) ?? 0;
  const order = {
    url: asText(firmware['location']) ?? '',
    retrieveAt,
    signature: certificate === null ? null : { certificate, value: value ?? '' },
    tell,
  };
  return {
    payload: { status: 'Accepted' },
    followUp() {
      if (retrieveAt > control.clock()) control.track(tell('DownloadScheduled'));
      control.transfers.update(order);
    },
  };
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject.length >= 0;
  } catch {
    // none: the answer says so
    return false;
  }
}
