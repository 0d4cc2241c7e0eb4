import { requestCertificate } from '../../../gateway/certificates.ts';
import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v201.ts';
import { noteSecurityEvent } from '../security-notices.ts';
import type { Block } from './table.ts';

/** Certificates for Plug & Charge are another authority's to give. */
async function sign({ gw, chargerId }: MessageContext, { csr, certificateType }: Requests['SignCertificate']) {
  const ours = certificateType === undefined || certificateType === 'ChargingStationCertificate';
  const accepted = ours && (await requestCertificate(gw, chargerId, csr));
  return { status: accepted ? ('Accepted' as const) : ('Rejected' as const) };
}

export const security = {
  SecurityEventNotification: { handle: noteSecurityEvent, fallback: {} },
  SignCertificate: { handle: sign },
} satisfies Block;
