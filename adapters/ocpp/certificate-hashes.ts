import type { CertificateHash } from '../../gateway/domain/orders.ts';
import { isRecord } from './lenient.ts';

const ALGORITHMS = ['SHA256', 'SHA384', 'SHA512'] as const;

/** A certificate's name, as all versions write it. */
export function certificateHash(hash: CertificateHash): {
  hashAlgorithm: CertificateHash['algorithm'];
  issuerNameHash: string;
  issuerKeyHash: string;
  serialNumber: string;
} {
  const { algorithm, issuerNameHash, issuerKeyHash, serialNumber } = hash;
  return { hashAlgorithm: algorithm, issuerNameHash, issuerKeyHash, serialNumber };
}

/** The certificates that an answer names; what is no certificate's name is left out. */
export function readHashes(value: unknown): CertificateHash[] {
  return (Array.isArray(value) ? value : []).filter(isRecord).flatMap((item) => {
    const algorithm = ALGORITHMS.find((name) => name === item['hashAlgorithm']);
    const [issuerNameHash, issuerKeyHash, serialNumber] = [
      item['issuerNameHash'],
      item['issuerKeyHash'],
      item['serialNumber'],
    ];
    return algorithm &&
      typeof issuerNameHash === 'string' &&
      typeof issuerKeyHash === 'string' &&
      typeof serialNumber === 'string'
      ? [{ algorithm, issuerNameHash, issuerKeyHash, serialNumber }]
      : [];
  });
}
