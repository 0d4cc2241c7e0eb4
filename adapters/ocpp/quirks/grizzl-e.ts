import type { VendorQuirk } from '../../../gateway/domain/quirks.ts';

/** United Chargers' Grizzl-E refuses to be asked for single configuration keys; all at once it tells (Q30; lbbrhzn/ocpp#899). */
export const grizzlE: VendorQuirk = {
  name: 'grizzl-e',
  vendor: /^united chargers|^grizzl-?e/i,
  flags: { allKeysOnly: true },
};
