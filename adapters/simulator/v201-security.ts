import { status } from './answers.ts';
import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { tellEvent } from './security.ts';
import { asList, asText } from './wire.ts';

/** Asks the gateway for a certificate of its own (A02). */
export function askForCertificate(control: Control): void {
  const certificateType = 'ChargingStationCertificate';
  control.track(
    control.keys
      .request(control.identity.serial, 'chargegate simulator')
      .then((csr) => control.send({ action: 'SignCertificate', payload: { csr, certificateType } })),
  );
}

/** CertificateSigned: taken where it is for the key that was asked for; a bad one is told as a security event (A02.FR.07). */
export async function certificateSigned(control: Control, payload: Record<string, unknown>): Promise<Answer> {
  const taken = await control.keys.take(asText(payload['certificateChain']) ?? '');
  return taken ? status('Accepted') : status('Rejected', () => tellEvent(control, 'InvalidChargingStationCertificate'));
}

/** InstallCertificate (M05). */
export function installCertificate(control: Control, payload: Record<string, unknown>): Answer {
  const use = asText(payload['certificateType']) ?? '';
  if (control.keys.install(use, asText(payload['certificate']) ?? '')) return status('Accepted');
  return status('Rejected', () => {
    if (use === 'CSMSRootCertificate') tellEvent(control, 'InvalidCsmsCertificate');
  });
}

/** GetInstalledCertificateIds (M03); all where no use is named. */
export function installedCertificates(control: Control, payload: Record<string, unknown>): Answer {
  const uses = asList(payload['certificateType']);
  const roots = control.keys.roots(null).filter(({ use }) => uses.length === 0 || uses.includes(use));
  if (roots.length === 0) return status('NotFound');
  const certificateHashDataChain = roots.map(({ use, hash }) => ({
    certificateType: use,
    certificateHashData: { hashAlgorithm: 'SHA256', ...hash },
  }));
  return { payload: { status: 'Accepted', certificateHashDataChain } };
}
