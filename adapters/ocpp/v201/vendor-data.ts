import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v201.ts';
import { takeVendorData } from '../vendors/take.ts';
import { textOfData } from './orders.ts';
import type { Block } from './table.ts';

async function dataTransfer(context: MessageContext, request: Requests['DataTransfer']) {
  const { vendorId, messageId = null, data } = request;
  return { status: await takeVendorData(context, vendorId, messageId, textOfData(data)) };
}

export const vendorData = {
  DataTransfer: { handle: dataTransfer },
} satisfies Block;
