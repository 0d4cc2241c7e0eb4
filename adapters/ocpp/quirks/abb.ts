import type { VendorQuirk } from '../../../gateway/domain/quirks.ts';

/** ABB Terra AC with firmware 1.8.21 reboots whenever its configuration is read (Q29; lbbrhzn/ocpp#1275, evcc#15533). */
export const abbTerraAc: VendorQuirk = {
  name: 'abb-terra-ac',
  vendor: /^abb\b/i,
  firmware: /\bv?1\.8\.21$/i,
  flags: { provisioning: false },
};
