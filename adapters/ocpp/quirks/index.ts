import type { VendorQuirk } from '../../../gateway/domain/quirks.ts';
import { enPlus } from './en-plus.ts';

/** Every make whose deviations we know; a new one is a file of its own and a line here. */
export const VENDOR_QUIRKS: readonly VendorQuirk[] = [enPlus];
