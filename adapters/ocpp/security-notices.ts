import { parseTime } from '../../gateway/domain/time.ts';
import { recordSecurityEvent } from '../../gateway/security-events.ts';
import type { MessageContext } from './protocol.ts';

/** SecurityEventNotification, alike in all versions (OCPP 2.0.1 part 2, A04). */
export async function noteSecurityEvent(
  { gw, chargerId, receivedAt }: MessageContext,
  { type, timestamp, techInfo }: { type: string; timestamp: string; techInfo?: string },
): Promise<object> {
  await recordSecurityEvent(gw, {
    chargerId,
    type,
    detail: techInfo ?? null,
    reportedAt: parseTime(timestamp)?.at ?? receivedAt,
    receivedAt,
  });
  return {};
}
