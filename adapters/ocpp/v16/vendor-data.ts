import { MOST_VENDOR_DATA, recordVendorData, wantedMessages } from '../../../gateway/vendor-data.ts';
import type { MessageContext } from '../protocol.ts';
import type { DataTransferResponse, Requests } from '../schemas/generated/v16.ts';
import { messagesOf } from '../vendors/index.ts';
import type { Block } from './table.ts';

type Status = DataTransferResponse['status'];

/** Data in a vendor's own words: kept where it is understood or wanted, else refused politely, never with an error (Q31). */
async function dataTransfer(context: MessageContext, request: Requests['DataTransfer']) {
  const { gw, chargerId, receivedAt } = context;
  const { vendorId: vendor, messageId: message = null, data = null } = request;
  const status = judge(context, vendor, message, data);
  if (status === 'Accepted') await recordVendorData(gw, { chargerId, vendor, message, data, receivedAt });
  return { status };
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

export const vendorData = {
  DataTransfer: { handle: dataTransfer },
} satisfies Block;
