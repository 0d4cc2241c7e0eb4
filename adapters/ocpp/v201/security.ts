import { requestCertificate } from '../../../gateway/certificates.ts';
import { parseTime } from '../../../gateway/domain/time.ts';
import { recordSecurityEvent } from '../../../gateway/security-events.ts';
import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v201.ts';
import type { Block } from './table.ts';

async function noteEvent(context: MessageContext, request: Requests['SecurityEventNotification']) {
  const { gw, chargerId, receivedAt } = context;
  await recordSecurityEvent(gw, {
    chargerId,
    type: request.type,
    detail: request.techInfo ?? null,
    reportedAt: parseTime(request.timestamp)?.at ?? receivedAt,
    receivedAt,
  });
  return {};
}

/** Certificates for Plug & Charge are another authority's to give. */
async function sign({ gw, chargerId }: MessageContext, { csr, certificateType }: Requests['SignCertificate']) {
  const ours = certificateType === undefined || certificateType === 'ChargingStationCertificate';
  const accepted = ours && (await requestCertificate(gw, chargerId, csr));
  return { status: accepted ? ('Accepted' as const) : ('Rejected' as const) };
}

export const security = {
  SecurityEventNotification: { handle: noteEvent, fallback: {} },
  SignCertificate: { handle: sign },
} satisfies Block;
