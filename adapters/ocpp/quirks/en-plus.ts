import type { VendorQuirk } from '../../../gateway/domain/quirks.ts';

/** EN+ AC chargers drop the line when they are pinged at all (Q9; lbbrhzn/ocpp#211). */
export const enPlus: VendorQuirk = {
  name: 'en-plus',
  vendor: /^en\+|^enplus/i,
  flags: { pingInterval: 0 },
};
