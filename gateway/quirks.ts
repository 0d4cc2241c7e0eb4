import { NO_QUIRKS, type Make, type QuirkFlags, type VendorQuirk } from './domain/quirks.ts';
import type { ModelSettings } from './domain/settings.ts';
import type { Gateway } from './gateway.ts';
import { findCharger } from './store/chargers.ts';

/**
 * How this charger has to be handled: what the config says of it, else of its make, else what is known of its vendor.
 * Worked out once a boot.
 */
export function quirksOf(gw: Gateway, chargerId: string): QuirkFlags {
  const known = gw.quirkFlags.get(chargerId);
  if (known) return known;
  const make = findCharger(gw.db, chargerId);
  const flags = flagsOf(gw, chargerId, make ?? UNKNOWN_MAKE);
  // Whoever nobody knows gets no place in memory.
  if (make) gw.quirkFlags.set(chargerId, flags);
  return flags;
}

const UNKNOWN_MAKE: Make = { vendor: null, model: null, firmware: null };

function flagsOf(gw: Gateway, chargerId: string, make: Make): QuirkFlags {
  const own = gw.settings.chargers.find((charger) => charger.id === chargerId)?.quirks;
  const models = modelsOf(gw.settings.models, make).map(({ quirks }) => quirks);
  const vendors = vendorQuirksOf(gw.vendorQuirks, make).map(({ flags }) => flags);
  return merge([...vendors.toReversed(), ...models.toReversed(), ...(own ? [own] : [])]);
}

/** How a charger is handled, for people. */
export interface QuirkView {
  /** What is known of its make, by name. */
  known: string[];
  /** What goes for it, from whatever source; null: as for any charger. */
  flags: QuirkFlags;
}

export function quirksViewOf(gw: Gateway, charger: Make & { id: string }): QuirkView {
  return { known: vendorQuirksOf(gw.vendorQuirks, charger).map(({ name }) => name), flags: quirksOf(gw, charger.id) };
}

/** The known quirks of this make. */
export function vendorQuirksOf(known: readonly VendorQuirk[], make: Make): VendorQuirk[] {
  const fits = (pattern: RegExp | undefined, text: string | null): boolean =>
    pattern === undefined || (text !== null && pattern.test(text));
  return known.filter(
    (quirk) => fits(quirk.vendor, make.vendor) && fits(quirk.model, make.model) && fits(quirk.firmware, make.firmware),
  );
}

/** What the config says of this make, in its order: the first that says a thing counts. */
export function modelsOf(models: readonly ModelSettings[], make: Make): ModelSettings[] {
  return models.filter(
    (model) =>
      likeWildcard(model.vendor, make.vendor) &&
      likeWildcard(model.model, make.model) &&
      likeWildcard(model.firmware, make.firmware),
  );
}

function likeWildcard(pattern: string | null, text: string | null): boolean {
  if (pattern === null) return true;
  if (text === null) return false;
  const expression = pattern
    .split('*')
    .map((part) => part.replace(/[^A-Za-z0-9 ]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${expression}$`, 'i').test(text.trim());
}

/** Later ones win where they say something. */
function merge(layers: readonly Partial<QuirkFlags>[]): QuirkFlags {
  const said = layers.map((layer) => Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== null)));
  return Object.assign({}, NO_QUIRKS, ...said) as QuirkFlags;
}
