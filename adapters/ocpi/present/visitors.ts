import type { EvseView } from '../../../gateway/chargers.ts';
import type { SiteSettings } from '../../../gateway/domain/settings.ts';
import { WEEKDAYS, type OpeningTimes, type PaymentMethod } from '../../../gateway/domain/visitors.ts';
import { clip, clipId, optional } from './text.ts';

/** A JSON object of the wire. */
type Wire = Record<string, unknown>;

/** What a version can tell visitors. */
export interface VisitorWords {
  helpPhone: boolean;
  /** Parking objects (OCPI 2.3.0 mod_locations Parking). */
  parkingPlaces: boolean;
  parkingRestriction(name: string): boolean;
}

const PAYMENT: Record<PaymentMethod, string> = {
  CREDIT_CARD: 'CREDIT_CARD_PAYABLE',
  DEBIT_CARD: 'DEBIT_CARD_PAYABLE',
  CONTACTLESS_CARD: 'CONTACTLESS_CARD_SUPPORT',
  CHIP_CARD: 'CHIP_CARD_SUPPORT',
  PIN_PAD: 'PED_TERMINAL',
};

/** A Location's fields for those who come to charge; nothing for what nobody said. */
export function siteForVisitors(site: SiteSettings, evses: EvseView[], words: VisitorWords): Wire {
  const places = words.parkingPlaces ? evses.flatMap((evse) => parkingPlace(evse) ?? []) : [];
  return {
    ...(site.ownerName === null ? {} : { owner: { name: clip(site.ownerName, 100) } }),
    ...optional('parking_type', site.parkingType),
    ...optional('opening_times', site.openingTimes && openingTimes(site.openingTimes)),
    ...(site.facilities.length === 0 ? {} : { facilities: site.facilities }),
    ...(site.greenEnergy === null ? {} : { energy_mix: { is_green_energy: site.greenEnergy } }),
    ...(words.helpPhone ? optional('help_phone', site.helpPhone && clipId(site.helpPhone, 25)) : {}),
    ...(places.length === 0 ? {} : { parking_places: places }),
  };
}

/** An EVSE's fields for those who come to charge, with what it can do. */
export function evseForVisitors(evse: EvseView, capabilities: readonly string[], words: VisitorWords): Wire {
  const { payment, parkingRestrictions } = evse.visitors;
  const restrictions = parkingRestrictions.filter((name) => words.parkingRestriction(name));
  return {
    capabilities: [...capabilities, ...payment.map((method) => PAYMENT[method])],
    ...(restrictions.length === 0 ? {} : { parking_restrictions: restrictions }),
    ...(words.parkingPlaces && parkingPlace(evse) ? { parking: [{ parking_id: evse.uid }] } : {}),
  };
}

/** OCPI 2.3.0 mod_locations Hours. */
function openingTimes(times: OpeningTimes): Wire {
  if (times === 'always') return { twentyfourseven: true };
  return {
    twentyfourseven: false,
    regular_hours: times.map(({ day, from, to }) => ({
      weekday: WEEKDAYS.indexOf(day) + 1,
      period_begin: from,
      period_end: to,
    })),
  };
}

/** The bay at an EVSE, named as that is; null where nobody said which vehicles it is for, which a Parking has to tell. */
function parkingPlace(evse: EvseView): Wire | null {
  const { vehicleTypes, parkingRestrictions } = evse.visitors;
  // DISABLED is a type of its own there: any other beside it would open the bay to everybody.
  const disabled = parkingRestrictions.includes('DISABLED');
  const types = disabled ? ['DISABLED'] : vehicleTypes;
  if (types.length === 0 || evse.removed) return null;
  return {
    id: evse.uid,
    vehicle_types: types,
    restricted_to_type: disabled,
    reservation_required: false,
  };
}
