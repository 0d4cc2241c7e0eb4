import type { Millis } from './time.ts';

/** What a charger sent in words of its vendor's own, to the letter. */
export interface VendorData {
  id: number;
  chargerId: string;
  vendor: string;
  message: string | null;
  data: string | null;
  receivedAt: Millis;
}
