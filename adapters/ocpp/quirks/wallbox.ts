import type { VendorQuirk } from '../../../gateway/domain/quirks.ts';

/**
 * Wallbox chargers with firmware 6 close the line within 30 to 45 seconds without a ping (Q9;
 * ConnectorIO/connectorio-addons#131), and boot for ever when they are called before they are done with booting (Q12,
 * Q29; lbbrhzn/ocpp#1503, #1510).
 */
export const wallbox: VendorQuirk = {
  name: 'wallbox',
  vendor: /^wall\s?box/i,
  firmware: /^\s*v?6\./i,
  flags: { pingInterval: 20, quietAfterBoot: 20 },
};

/** The Copper drops the line at a burst of calls (Q29; ConnectorIO/connectorio-addons PR#210). */
export const wallboxCopper: VendorQuirk = {
  name: 'wallbox-copper',
  vendor: /^wall\s?box/i,
  model: /^CPB|copper/i,
  flags: { callPause: 1000 },
};
