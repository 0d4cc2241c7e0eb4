import type { Block } from './table.ts';

/** No vendor's data is known yet: said politely, never as an error (Q31). */
async function dataTransfer() {
  return { status: 'UnknownVendorId' as const };
}

export const vendorData = {
  DataTransfer: { handle: dataTransfer },
} satisfies Block;
