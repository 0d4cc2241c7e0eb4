import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v16.ts';
import { takeVendorData } from '../vendors/take.ts';
import type { Block } from './table.ts';

async function dataTransfer(context: MessageContext, request: Requests['DataTransfer']) {
  const { vendorId, messageId = null, data = null } = request;
  return { status: await takeVendorData(context, vendorId, messageId, data) };
}

export const vendorData = {
  DataTransfer: { handle: dataTransfer },
} satisfies Block;
