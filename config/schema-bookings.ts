import { Type } from 'typebox';
import { choice, flag, integer, url } from './kinds.ts';

const minutes = (least: number, most: number, usual: number, description: string) =>
  integer({ min: least, max: most, default: usual, unit: 'min', description });

/** Bays that are wanted for a time to come. */
export const bookings = Type.Object(
  {
    publish: flag({
      default: false,
      description: 'May peers book (OCPI 2.3.0 Bookings)? The operator always may.',
    }),
    'horizon-days': integer({ min: 1, max: 366, default: 14, description: 'How far ahead peers may book.' }),
    'change-until': minutes(0, 43_200, 60, 'Until how long before its time a booking may be changed.'),
    'cancel-until': minutes(0, 43_200, 60, 'Until how long before its time a booking may be cancelled without a fee.'),
    'change-allowed': flag({ default: true, description: 'May bookings be changed at all?' }),
    'early-start': minutes(0, 240, 10, 'How long before its time a bay is kept, so that its driver may begin.'),
    'no-show-timeout': minutes(1, 1440, 15, 'After which the bay is let go when nobody came.'),
    'no-show-fee': flag({
      default: false,
      description: "Is who does not come billed by the tariff's booking-expires prices?",
    }),
    'late-stop': minutes(0, 240, 0, 'How long after its end a driver may stay; then it is overtime.'),
    overlapping: flag({ default: false, description: 'May one card have several bookings at one time?' }),
    'min-duration': minutes(1, 1440, 15, 'Shortest booking.'),
    'max-duration': minutes(1, 10_080, 480, 'Longest booking of a peer.'),
    increment: minutes(1, 240, 15, "Bookings of peers begin and end at such times of the site's day."),
    groups: flag({ default: true, description: "May others of a card's group use its booking?" }),
    'terms-url': url({ default: null, description: 'Where the terms can be read.' }),
    'walk-in-minutes': minutes(0, 1440, 30, 'A bay that is booked within this is not for who comes without a booking.'),
    'walk-ins': choice(['refuse', 'allow'], {
      default: 'refuse',
      description: 'What goes for those, where no other bay can take the booking.',
    }),
  },
  { description: 'Bays that are booked ahead.' },
);
