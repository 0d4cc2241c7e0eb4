import { requestCertificate } from '../../../gateway/certificates.ts';
import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v16.ts';
import { noteSecurityEvent } from '../security-notices.ts';
import type { Block } from './table.ts';

async function sign({ gw, chargerId }: MessageContext, request: Requests['SignCertificate']) {
  const accepted = await requestCertificate(gw, chargerId, request.csr);
  return { status: accepted ? ('Accepted' as const) : ('Rejected' as const) };
}

export const security = {
  // Chargers that are refused this give up altogether (Q31).
  SecurityEventNotification: { handle: noteSecurityEvent, fallback: {} },
  SignCertificate: { handle: sign },
} satisfies Block;
