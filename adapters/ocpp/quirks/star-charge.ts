import type { VendorQuirk } from '../../../gateway/domain/quirks.ts';

/** StarCharge chargers, also under other names on the box, reconnect for ever when their configuration is read (Q29; lbbrhzn/ocpp#1096). */
export const starCharge: VendorQuirk = {
  name: 'star-charge',
  vendor: /^star\s?charge/i,
  flags: { provisioning: false },
};
