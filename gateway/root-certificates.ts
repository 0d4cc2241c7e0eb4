import { X509Certificate } from 'node:crypto';
import { authorityCertificate } from './authority.ts';
import type { OrderOutcome } from './connections.ts';
import { GatewayError } from './domain/errors.ts';
import type { CertificateHash, RootUse } from './domain/orders.ts';
import type { Gateway } from './gateway.ts';
import { orderCharger, type Unreached } from './remote-control.ts';

/** As long as OCPP lets a certificate be, in characters. */
const LONGEST = 5500;

/**
 * Has a charger trust a root certificate, for the gateway's identity or for its maker's firmware. `pem` null: the site's
 * own authority. Errors: REQUEST_INVALID where it is not one certificate that a charger can take.
 */
export async function installRoot(
  gw: Gateway,
  chargerId: string,
  use: RootUse,
  pem: string | null,
): Promise<OrderOutcome<'install-certificate'> | Unreached> {
  const certificate = oneCertificate(pem ?? (await authorityCertificate(gw)));
  return orderCharger(gw, chargerId, { kind: 'install-certificate', use, certificate });
}

/** Has a charger forget a root certificate. */
export function deleteRoot(
  gw: Gateway,
  chargerId: string,
  hash: CertificateHash,
): Promise<OrderOutcome<'delete-certificate'> | Unreached> {
  return orderCharger(gw, chargerId, { kind: 'delete-certificate', hash });
}

/** Asks a charger which root certificates it trusts for this. */
export function listRoots(
  gw: Gateway,
  chargerId: string,
  use: RootUse,
): Promise<OrderOutcome<'installed-certificates'> | Unreached> {
  return orderCharger(gw, chargerId, { kind: 'installed-certificates', use });
}

function oneCertificate(pem: string): string {
  const refuse = (why: string): GatewayError =>
    new GatewayError('REQUEST_INVALID', `the certificate ${why}: give one root certificate as PEM`);
  if ((pem.match(/-----BEGIN /g) ?? []).length !== 1) throw refuse('is not exactly one PEM block');
  let text: string;
  try {
    text = new X509Certificate(pem).toString();
  } catch (error) {
    throw refuse(`cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
  if (text.length > LONGEST) throw refuse(`is longer than the ${LONGEST} characters that OCPP allows`);
  return text;
}
