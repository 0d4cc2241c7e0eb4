import { toUtc } from '../../gateway/domain/time.ts';
import type { Control } from './dialect.ts';
import type { RootHash } from './key-store.ts';
import type { Answer } from './rpc-client.ts';
import { asRecord, asText } from './wire.ts';

const status = (value: string, followUp?: () => void): Answer => ({
  payload: { status: value },
  ...(followUp && { followUp }),
});

/** Asks the gateway for a certificate of its own (security whitepaper edition 3 §3.2). */
export function askForCertificate(control: Control): void {
  control.track(
    control.keys
      .request(control.identity.serial, 'chargegate simulator')
      .then((csr) => control.send({ action: 'SignCertificate', payload: { csr } })),
  );
}

/** CertificateSigned: taken where it is for the key that was asked for; a bad one is told as a security event. */
export async function certificateSigned(control: Control, payload: Record<string, unknown>): Promise<Answer> {
  const taken = await control.keys.take(asText(payload['certificateChain']) ?? '');
  return taken ? status('Accepted') : status('Rejected', () => event(control, 'InvalidChargePointCertificate'));
}

/** InstallCertificate. */
export function installCertificate(control: Control, payload: Record<string, unknown>): Answer {
  const use = asText(payload['certificateType']) ?? '';
  if (control.keys.install(use, asText(payload['certificate']) ?? '')) return status('Accepted');
  const central = use === 'CentralSystemRootCertificate';
  return status('Rejected', () => {
    if (central) event(control, 'InvalidCentralSystemCertificate');
  });
}

/** DeleteCertificate. */
export function deleteCertificate(control: Control, payload: Record<string, unknown>): Answer {
  const hash = asRecord(payload['certificateHashData']);
  const named: RootHash = {
    issuerNameHash: asText(hash['issuerNameHash']) ?? '',
    issuerKeyHash: asText(hash['issuerKeyHash']) ?? '',
    serialNumber: asText(hash['serialNumber']) ?? '',
  };
  return status(control.keys.remove(named) ? 'Accepted' : 'NotFound');
}

/** GetInstalledCertificateIds. */
export function installedCertificates(control: Control, payload: Record<string, unknown>): Answer {
  const roots = control.keys.roots(asText(payload['certificateType']) ?? '');
  if (roots.length === 0) return status('NotFound');
  const certificateHashData = roots.map(({ hash }) => ({ hashAlgorithm: 'SHA256', ...hash }));
  return { payload: { status: 'Accepted', certificateHashData } };
}

function event(control: Control, type: string): void {
  void control.send({ action: 'SecurityEventNotification', payload: { type, timestamp: toUtc(control.clock()) } });
}
