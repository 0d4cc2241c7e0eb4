import type { BookingTerms } from './bookings.ts';
import type { Millis } from './time.ts';

/** A place where one can book, and when it is free, as peers are told it (OCPI 2.3.0 mod_bookings BookingLocation). */
export interface BookingOffer {
  /** Rises with creation. */
  seq: number;
  /** Of the place. */
  id: string;
  /** It stands for one bay only, which is named. */
  single: boolean;
  /** EVSE uids of the bays that it stands for; none: it is no more. */
  evseUids: string[];
  /** What its bays have, in the domain's words, which are OCPI's. */
  standards: string[];
  powerTypes: string[];
  formats: string[];
  vehicleTypes: string[];
  tariffIds: string[];
  terms: BookingTerms;
  /** The times that were looked at. */
  from: Millis;
  to: Millis;
  /** From and to of each time that is free at one of the bays, all of it; some may overlap. In their order. */
  free: [from: Millis, to: Millis][];
  /** When any of it changed last. */
  updatedAt: Millis;
}
