import { evBox } from './ev-box.ts';
import { meterConfiguration } from './meter-configuration.ts';

/** Messages that a vendor sends by DataTransfer and that we understand, by their names. */
export interface VendorMessages {
  /** The `vendorId`, whatever its case. */
  vendor: string;
  /** Says of a message's data whether it is what it should be. It is kept then, to the letter. */
  messages: Readonly<Record<string, (data: string | null) => boolean>>;
}

/** Every vendor whose messages we know; a new one is a file of its own and a line here. The configuration may name more. */
export const VENDOR_MESSAGES: readonly VendorMessages[] = [evBox, meterConfiguration];

/** What is known of a vendor's messages. */
export function messagesOf(vendor: string): VendorMessages | undefined {
  return VENDOR_MESSAGES.find((known) => known.vendor.toLowerCase() === vendor.toLowerCase());
}
