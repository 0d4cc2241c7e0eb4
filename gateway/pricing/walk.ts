import type { ComponentType, CostGroup, PeriodKind, PriceComponent, Restrictions, Tariff } from '../domain/tariff.ts';
import type { Millis } from '../domain/time.ts';
import { conditionsOf, type Conditions, type Moment } from './conditions.ts';
import { cutStretch, type Origin, type Piece } from './pieces.ts';
import type { Bucket } from './steps.ts';
import type { Hold, Stretch } from './usage.ts';

/** A component of an element that may answer for its dimension. */
export interface Candidate {
  /** Of the tariff's elements, from 0. */
  element: number;
  component: PriceComponent;
}

/** A time in which the same components answered; null: that dimension was free. */
export interface Span {
  leg: number;
  kind: PeriodKind;
  from: Millis;
  to: Millis;
  /** Energy since the session began, at its beginning and at its end, thousandths of a Wh. */
  fromMilliWh: number;
  toMilliWh: number;
  interpolated: boolean;
  energy: Candidate | null;
  time: Candidate | null;
  flat: Candidate | null;
}

/** What a walk along a leg found: what each component has to answer for, in the order of last use, and the spans. */
export interface Walk {
  buckets: Map<Candidate, Bucket>;
  /** The last one of each dimension. */
  latest: Partial<Record<ComponentType, Candidate>>;
  spans: Span[];
  /** Elements were restricted by a current that nobody measured; by a power of which only the mean is known. */
  unknownCurrent: boolean;
  meanPower: boolean;
}

/** What goes on from leg to leg. */
export interface Course {
  zone: string;
  leg: number;
  /** Groups whose flat fee is due already; it is due once (OCPI 2.3.0 mod_tariffs, TariffDimensionType FLAT). */
  flats: Set<CostGroup>;
}

/** Walks along the stretches of a session under one tariff. `origin`: how far it had come before. */
export function walkSession(course: Course, tariff: Tariff, stretches: readonly Stretch[], origin: Origin): Walk {
  const walk = newWalk();
  // Of what took no time and no energy only the moment counts, and that only where there is nothing else.
  const real = stretches.filter(({ from, to, milliWh }) => to > from || milliWh > 0);
  const counted = real.length > 0 ? real : stretches.slice(0, 1);
  const [first, last] = [counted[0], counted.at(-1)];
  if (!first || !last) return walk;
  const conditions = conditionsOf(tariff, isOfSession, course.zone, first.from, last.to);
  const ask = asker(conditions, () => 0);
  let { milliWh } = origin;
  for (const stretch of counted) {
    for (const piece of cutStretch(stretch, { ...origin, milliWh }, conditions))
      take(course, walk, 'session', piece, ask);
    walk.unknownCurrent ||= conditions.ofCurrent && stretch.milliA === null;
    walk.meanPower ||= conditions.ofPower && stretch.milliW === null;
    milliWh += stretch.milliWh;
  }
  return walk;
}

/** Walks along the time for which a bay was kept, or held too long. */
export function walkHold(course: Course, tariff: Tariff, hold: Hold): Walk {
  const walk = newWalk();
  const rules = rulesFor(hold);
  const rank = ({ reservation, booking }: Restrictions): number => rules.indexOf(reservation ?? booking ?? 'SESSION');
  const conditions = conditionsOf(tariff, (each) => rank(each) >= 0, course.zone, hold.from, hold.to);
  const ask = asker(conditions, (element) => rank(tariff.elements[element]?.restrictions ?? {}));
  const { kind, from, to } = hold;
  const stretch: Stretch = { kind, from, to, milliWh: 0, milliW: 0, milliA: 0 };
  for (const piece of cutStretch(stretch, { startedAt: from, milliWh: 0 }, conditions))
    take(course, walk, kind, piece, ask);
  return walk;
}

/**
 * Which restrictions price a hold, the first that has a component of the dimension before the next: what expired is priced
 * as such, and where the tariff says nothing of that, like one that was used (OCPI 2.3.0 mod_tariffs ReservationRestrictionType).
 */
function rulesFor({ kind, outcome }: Hold): string[] {
  if (kind === 'overtime') return ['BOOKING_OVERTIME'];
  if (kind === 'reservation') return outcome === 'expired' ? ['RESERVATION_EXPIRES', 'RESERVATION'] : ['RESERVATION'];
  if (outcome === 'cancelled') return ['BOOKING_CANCELLATION_FEES'];
  return outcome === 'expired' ? ['BOOKING_EXPIRES', 'BOOKING'] : ['BOOKING'];
}

function isOfSession({ reservation, booking }: Restrictions): boolean {
  return reservation === undefined && booking === undefined;
}

type Ask = (type: ComponentType, moment: Moment) => Candidate | null;

/** Finds the first element that prices a dimension at a moment, each dimension on its own (OCPI 2.3.0 mod_tariffs Tariff). */
function asker(conditions: Conditions, rankOf: (element: number) => number): Ask {
  const all = conditions.elements
    .flatMap(({ components }, index) => {
      const element = conditions.places[index] ?? index;
      return components.map((component) => ({ index, candidate: { element, component } }));
    })
    .toSorted((one, other) => rankOf(one.candidate.element) - rankOf(other.candidate.element));
  const byType = Object.groupBy(all, ({ candidate }) => candidate.component.type);
  return (type, moment) => {
    for (const { index, candidate } of byType[type] ?? []) if (conditions.holds(index, moment)) return candidate;
    return null;
  };
}

function newWalk(): Walk {
  return { buckets: new Map(), latest: {}, spans: [], unknownCurrent: false, meanPower: false };
}

function take({ flats, leg }: Course, walk: Walk, group: CostGroup, piece: Piece, ask: Ask): void {
  const { kind, from, to, milliWh, millis, moment, interpolated } = piece;
  const energy = ask('ENERGY', moment);
  const time = ask(kind === 'parking' ? 'PARKING_TIME' : 'TIME', moment);
  const flat = flats.has(group) ? null : ask('FLAT', moment);
  if (flat) flats.add(group);
  use(walk, group, flat, 1);
  use(walk, group, energy, milliWh);
  use(walk, group, time, millis);
  const last = walk.spans.at(-1);
  const toMilliWh = moment.milliWh + milliWh;
  if (last && !flat && last.kind === kind && last.to === from && last.energy === energy && last.time === time) {
    last.to = to;
    last.toMilliWh = toMilliWh;
    return;
  }
  walk.spans.push({ leg, kind, from, to, fromMilliWh: moment.milliWh, toMilliWh, interpolated, energy, time, flat });
}

function use({ buckets, latest }: Walk, group: CostGroup, candidate: Candidate | null, quantity: number): void {
  if (!candidate || quantity === 0) return;
  const { type } = candidate.component;
  const bucket = buckets.get(candidate) ?? { group, ...candidate, used: 0, billed: 0 };
  bucket.used += quantity;
  bucket.billed = bucket.used;
  if (latest[type] === candidate) return;
  // Put last, since the last one used is what steps go by.
  latest[type] = candidate;
  buckets.delete(candidate);
  buckets.set(candidate, bucket);
}
