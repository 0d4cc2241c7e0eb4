import 'reflect-metadata';
import { PemConverter, Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { webcrypto } from 'node:crypto';

export interface ChargerKeys {
  /** PKCS 10, PEM. */
  csr: string;
  /** PKCS 8, PEM. */
  key: string;
}

const RSA = { name: 'RSASSA-PKCS1-v1_5', publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };

/** A key pair as a charger makes it, and its request for a certificate. */
export async function chargerKeys(
  commonName: string,
  { organization = 'Depot AB', rsaBits = 0 }: { organization?: string; rsaBits?: number } = {},
): Promise<ChargerKeys> {
  const algorithm = rsaBits > 0 ? { ...RSA, modulusLength: rsaBits } : { name: 'ECDSA', namedCurve: 'P-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }, { O: [organization] }],
    keys,
    signingAlgorithm: rsaBits > 0 ? RSA : { name: 'ECDSA', hash: 'SHA-256' },
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { csr: request.toString('pem'), key: PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}
