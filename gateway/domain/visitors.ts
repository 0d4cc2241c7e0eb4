/** What drivers and the public want to know of a place, beyond where it is. Names are OCPI's where it has one. */

/** How somebody without a card or contract can pay at a charger. */
export const PAYMENT_METHODS = ['CREDIT_CARD', 'DEBIT_CARD', 'CONTACTLESS_CARD', 'CHIP_CARD', 'PIN_PAD'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

/** Vehicles that a bay is made for (OCPI 2.3.0 mod_locations VehicleType). */
export const VEHICLE_TYPES = [
  'MOTORCYCLE',
  'PERSONAL_VEHICLE',
  'PERSONAL_VEHICLE_WITH_TRAILER',
  'VAN',
  'SEMI_TRACTOR',
  'RIGID',
  'TRUCK_WITH_TRAILER',
  'BUS',
] as const;
export type VehicleType = (typeof VEHICLE_TYPES)[number];

/** Who may park at an EVSE (OCPI 2.3.0 mod_locations ParkingRestriction). */
export const PARKING_RESTRICTIONS = [
  'CUSTOMERS',
  'DISABLED',
  'EMPLOYEES',
  'EV_ONLY',
  'MOTORCYCLES',
  'PLUGGED',
  'TAXIS',
  'TENANTS',
] as const;
export type ParkingRestriction = (typeof PARKING_RESTRICTIONS)[number];

/** What kind of place it is (OCPI 2.3.0 mod_locations ParkingType). */
export const PARKING_TYPES = [
  'ALONG_MOTORWAY',
  'PARKING_GARAGE',
  'PARKING_LOT',
  'ON_DRIVEWAY',
  'ON_STREET',
  'UNDERGROUND_GARAGE',
] as const;
export type ParkingType = (typeof PARKING_TYPES)[number];

/** What else is at the site (OCPI 2.3.0 mod_locations Facility). */
export const FACILITIES = [
  'HOTEL',
  'RESTAURANT',
  'CAFE',
  'MALL',
  'SUPERMARKET',
  'SPORT',
  'RECREATION_AREA',
  'NATURE',
  'MUSEUM',
  'BIKE_SHARING',
  'BUS_STOP',
  'TAXI_STAND',
  'TRAM_STOP',
  'METRO_STATION',
  'TRAIN_STATION',
  'AIRPORT',
  'PARKING_LOT',
  'CARPOOL_PARKING',
  'FUEL_STATION',
  'WIFI',
] as const;
export type Facility = (typeof FACILITIES)[number];

export const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** A stretch of a weekday in the site's own time, `HH:MM`, from earlier to later. */
export interface RegularHours {
  day: Weekday;
  from: string;
  to: string;
}

/** When the site can be entered: always, or at these hours. */
export type OpeningTimes = 'always' | RegularHours[];

/** What the site's owner says of it for visitors. */
export interface SiteForVisitors {
  ownerName: string | null;
  /** For drivers who need help. */
  helpPhone: string | null;
  /** Null: nobody said. */
  openingTimes: OpeningTimes | null;
  parkingType: ParkingType | null;
  facilities: Facility[];
  /** Is all electricity from renewable sources? Null: nobody said. */
  greenEnergy: boolean | null;
}

/** Who may use an EVSE, with what, and how they can pay; empty: nobody said. */
export interface EvseForVisitors {
  payment: PaymentMethod[];
  vehicleTypes: VehicleType[];
  parkingRestrictions: ParkingRestriction[];
}

/** Nothing is said. */
export const UNSAID: EvseForVisitors = { payment: [], vehicleTypes: [], parkingRestrictions: [] };
