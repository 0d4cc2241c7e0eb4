import type { VendorQuirk } from '../../../gateway/domain/quirks.ts';

/**
 * OpenEVSE firmware 4.2.2 sends kilowatt-hours and calls them watt-hours (Q51; OpenEVSE/openevse_esp32_firmware#703). Only
 * that version is known to: a factor of a thousand is not guessed.
 */
export const openEvse: VendorQuirk = {
  name: 'open-evse',
  vendor: /^open\s?evse/i,
  firmware: /^\s*v?4\.2\.2\b/i,
  flags: { energyUnit: 'KWH' },
};
