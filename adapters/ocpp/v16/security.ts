import { requestCertificate } from '../../../gateway/certificates.ts';
import { parseTime } from '../../../gateway/domain/time.ts';
import { recordSecurityEvent } from '../../../gateway/security-events.ts';
import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v16.ts';
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

async function sign({ gw, chargerId }: MessageContext, request: Requests['SignCertificate']) {
  const accepted = await requestCertificate(gw, chargerId, request.csr);
  return { status: accepted ? ('Accepted' as const) : ('Rejected' as const) };
}

export const security = {
  // Chargers that are refused this give up altogether (Q31).
  SecurityEventNotification: { handle: noteEvent, fallback: {} },
  SignCertificate: { handle: sign },
} satisfies Block;
