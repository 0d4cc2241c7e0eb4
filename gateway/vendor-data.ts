import type { ListQuery, Page } from './domain/paging.ts';
import type { VendorData } from './domain/vendor-data.ts';
import type { Gateway } from './gateway.ts';
import * as store from './store/vendor-data.ts';

/** Kept of one charger and of all; the oldest go. */
const KEEP_OWN = 500;
const KEEP_ALL = 2000;

/** Longer ones are not taken: half of a vendor's data is of no use to anybody. */
export const MOST_VENDOR_DATA = 65_536;

/** Which messages of this vendor the configuration takes in; null: every one. Undefined: it does not know the vendor. */
export function wantedMessages(gw: Gateway, vendor: string): ReadonlySet<string> | null | undefined {
  const wanted = gw.settings.vendorData.filter((entry) => entry.vendor.toLowerCase() === vendor.toLowerCase());
  if (wanted.length === 0) return undefined;
  const messages = new Set<string>();
  for (const { message } of wanted) {
    if (message === null) return null;
    messages.add(message);
  }
  return messages;
}

/** Keeps what a charger sent in its vendor's words, and tells listeners. On disk when this resolves. */
export async function recordVendorData(gw: Gateway, entry: Omit<VendorData, 'id'>): Promise<void> {
  const { chargerId, vendor, message } = entry;
  await gw.db.write((tx) => {
    const id = store.insertVendorData(gw.db, entry);
    store.pruneVendorData(gw.db, chargerId, KEEP_OWN, KEEP_ALL);
    tx.emit({ name: 'vendor-data.received', data: { id, chargerId, vendor, message } });
  });
}

/** What was taken in, a page of it; of one charger where the query names one. */
export function listVendorData(gw: Gateway, query: ListQuery): Page<VendorData> {
  return store.listVendorData(gw.db, query);
}
