import { toUtc } from '../../gateway/domain/time.ts';
import { status } from './answers.ts';
import type { Control } from './dialect.ts';
import type { RootHash } from './key-store.ts';
import type { Answer } from './rpc-client.ts';
import { asRecord, asText } from './wire.ts';

/** DeleteCertificate, alike in all versions (OCPP 2.0.1 part 2, M04). */
export function deleteCertificate(control: Control, payload: Record<string, unknown>): Answer {
  const hash = asRecord(payload['certificateHashData']);
  const named: RootHash = {
    issuerNameHash: asText(hash['issuerNameHash']) ?? '',
    issuerKeyHash: asText(hash['issuerKeyHash']) ?? '',
    serialNumber: asText(hash['serialNumber']) ?? '',
  };
  return status(control.keys.remove(named) ? 'Accepted' : 'NotFound');
}

/** SecurityEventNotification (OCPP 2.0.1 part 2, A04). */
export function tellEvent(control: Control, type: string): void {
  control.track(
    control.send({ action: 'SecurityEventNotification', payload: { type, timestamp: toUtc(control.clock()) } }),
  );
}
