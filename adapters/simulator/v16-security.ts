import { status } from './answers.ts';
import type { Control } from './dialect.ts';
import type { Answer } from './rpc-client.ts';
import { tellEvent } from './security.ts';
import { asText } from './wire.ts';

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
  return taken ? status('Accepted') : status('Rejected', () => tellEvent(control, 'InvalidChargePointCertificate'));
}

/** InstallCertificate. */
export function installCertificate(control: Control, payload: Record<string, unknown>): Answer {
  const use = asText(payload['certificateType']) ?? '';
  if (control.keys.install(use, asText(payload['certificate']) ?? '')) return status('Accepted');
  const central = use === 'CentralSystemRootCertificate';
  return status('Rejected', () => {
    if (central) tellEvent(control, 'InvalidCentralSystemCertificate');
  });
}

/** GetInstalledCertificateIds. */
export function installedCertificates(control: Control, payload: Record<string, unknown>): Answer {
  const roots = control.keys.roots(asText(payload['certificateType']) ?? '');
  if (roots.length === 0) return status('NotFound');
  const certificateHashData = roots.map(({ hash }) => ({ hashAlgorithm: 'SHA256', ...hash }));
  return { payload: { status: 'Accepted', certificateHashData } };
}
