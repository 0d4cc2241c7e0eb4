import type { RootUse } from '../../../gateway/domain/orders.ts';
import type { CertificateUseEnumType } from '../schemas/generated/v16.ts';

export const ROOT_USE: Record<RootUse, CertificateUseEnumType> = {
  'central-system': 'CentralSystemRootCertificate',
  manufacturer: 'ManufacturerRootCertificate',
};
