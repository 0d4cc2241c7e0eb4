import type { CertificateHash, RootUse } from '../../../gateway/domain/orders.ts';
import { isRecord } from '../lenient.ts';
import type { CertificateHashDataType, CertificateUseEnumType } from '../schemas/generated/v16.ts';

export const ROOT_USE: Record<RootUse, CertificateUseEnumType> = {
  'central-system': 'CentralSystemRootCertificate',
  manufacturer: 'ManufacturerRootCertificate',
};

const ALGORITHMS = ['SHA256', 'SHA384', 'SHA512'] as const;

export function certificateHash(hash: CertificateHash): CertificateHashDataType {
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
