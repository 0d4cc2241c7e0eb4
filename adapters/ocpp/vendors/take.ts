import { MOST_VENDOR_DATA, recordVendorData, wantedMessages } from '../../../gateway/vendor-data.ts';
import type { MessageContext } from '../protocol.ts';
import { messagesOf } from './index.ts';

/** How a DataTransfer is answered, the same words in all versions. */
export type Status = 'Accepted' | 'Rejected' | 'UnknownMessageId' | 'UnknownVendorId';

/** Data in a vendor's own words: kept where it is understood or wanted, else refused politely, never with an error (Q31). */
export async function takeVendorData(
  context: MessageContext,
  vendor: string,
  message: string | null,
  data: string | null,
): Promise<Status> {
  const { gw, chargerId, receivedAt } = context;
  const status = judge(context, vendor, message, data);
  if (status === 'Accepted') await recordVendorData(gw, { chargerId, vendor, message, data, receivedAt });
  return status;
}

function judge(context: MessageContext, vendor: string, message: string | null, data: string | null): Status {
  const wanted = wantedMessages(context.gw, vendor);
  const known = messagesOf(vendor);
  const sample = JSON.stringify({ vendor, message, data });
  if (wanted === undefined && !known) {
    context.deviate(`UNKNOWN_VENDOR:${vendor}`, sample);
    return 'UnknownVendorId';
  }
  if ((data?.length ?? 0) > MOST_VENDOR_DATA) {
    context.deviate(`VENDOR_DATA_TOO_LONG:${vendor}`, sample);
    return 'Rejected';
  }
  if (wanted === null || wanted?.has(message ?? '')) return 'Accepted';
  const understands = known && message !== null && Object.hasOwn(known.messages, message) && known.messages[message];
  if (!understands) {
    context.deviate(`UNKNOWN_VENDOR_MESSAGE:${vendor}/${message ?? ''}`, sample);
    return 'UnknownMessageId';
  }
  if (understands(data)) return 'Accepted';
  context.deviate(`VENDOR_DATA_UNREADABLE:${vendor}/${message}`, sample);
  return 'Rejected';
}
