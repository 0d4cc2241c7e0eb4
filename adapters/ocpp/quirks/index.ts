import type { VendorQuirk } from '../../../gateway/domain/quirks.ts';
import { abbTerraAc } from './abb.ts';
import { enPlus } from './en-plus.ts';
import { grizzlE } from './grizzl-e.ts';
import { openEvse } from './open-evse.ts';
import { starCharge } from './star-charge.ts';
import { wallbox, wallboxCopper } from './wallbox.ts';

/** Every make whose deviations we know; a new one is a file of its own and a line here. Where two fit, the first counts. */
export const VENDOR_QUIRKS: readonly VendorQuirk[] = [
  abbTerraAc,
  enPlus,
  grizzlE,
  openEvse,
  starCharge,
  wallboxCopper,
  wallbox,
];
