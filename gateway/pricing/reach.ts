import type {
  BookingRule,
  ComponentType,
  PriceComponent,
  ReservationRule,
  Restrictions,
  Tariff,
  TariffElement,
} from '../domain/tariff.ts';
import { ALWAYS, isEmpty, meet, regionOf, weekOf, without, type Region, type Week } from './region.ts';

/** What an element prices: a session, or a bay that is kept. */
export type Rule = ReservationRule | BookingRule | 'SESSION';

/** A component with the moments at which its element holds. */
export interface Entry {
  element: number;
  /** Of the element's components, from 0. */
  index: number;
  component: PriceComponent;
  region: Region;
}

/** The components that may answer for one dimension, the first that holds does. */
export interface Dimension {
  rule: Rule;
  type: ComponentType;
  /** All moments that there can be. */
  space: Region;
  entries: Entry[];
}

/** Why a component is never used: its element never holds; others come first; another start fee is due already. */
export interface Unused {
  entry: Entry;
  why: 'never' | 'covered' | 'due';
  /** Elements that take its place. */
  by: number[];
}

/** The dimensions of a tariff in the order of first mention, and the week by whose cells their regions go. */
export function dimensionsOf(tariff: Pick<Tariff, 'elements'>): { week: Week; dimensions: Dimension[] } {
  const week = weekOf(tariff.elements.map(({ restrictions = {} }) => restrictions));
  const dimensions = new Map<string, Dimension>();
  for (const [element, { components, restrictions = {} }] of tariff.elements.entries()) {
    const rule = ruleOf(restrictions);
    const region = regionOf(restrictions, week);
    for (const [index, component] of components.entries()) {
      const key = `${rule} ${component.type}`;
      const space = spaceOf(rule, week);
      const dimension = dimensions.get(key) ?? { rule, type: component.type, space, entries: [] };
      dimension.entries.push({ element, index, component, region });
      dimensions.set(key, dimension);
    }
  }
  return { week, dimensions: [...dimensions.values()] };
}

export function ruleOf({ reservation, booking }: Restrictions): Rule {
  return reservation ?? booking ?? 'SESSION';
}

/** Does an element apply only at some times, or to something else than sessions? An empty list of days restricts nothing. */
export function isRestricted({ restrictions = {} }: TariffElement): boolean {
  return Object.values(restrictions).some(
    (value) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
}

/** While a bay is kept no energy flows. */
function spaceOf(rule: Rule, { all }: Week): Region {
  const isSession = rule === 'SESSION';
  const positive = { from: 0, to: Infinity };
  const none = { from: 0, to: 1 };
  const level = isSession ? ALWAYS : none;
  const milliWh = isSession ? positive : none;
  return { week: all, ranges: { date: ALWAYS, milliWh, millis: positive, milliW: level, milliA: level } };
}

/**
 * The components that no session, or no reservation, ever uses. Only what is certain: where it would take too long to
 * find out, a component counts as used.
 */
export function unusedIn({ entries, space, type }: Dimension): Unused[] {
  return entries.flatMap((entry, place): Unused[] => {
    const own = meet(entry.region, space);
    if (isEmpty(own)) return [{ entry, why: 'never', by: [] }];
    const earlier = entries.slice(0, place);
    if (isNothing(without(own, regionsOf(earlier)))) return [{ entry, why: 'covered', by: meeting(earlier, own) }];
    if (type !== 'FLAT') return [];
    const start = meet(space, startOf(space));
    const others = entries.filter((other) => other !== entry);
    const isLater = isEmpty(meet(own, start));
    return isLater && isNothing(without(start, regionsOf(others)))
      ? [{ entry, why: 'due', by: meeting(others, start) }]
      : [];
  });
}

/** The beginnings of all sessions: no energy yet, no time gone. */
function startOf({ week, ranges }: Region): Region {
  return { week, ranges: { ...ranges, milliWh: { from: 0, to: 1 }, millis: { from: 0, to: 1 } } };
}

export function regionsOf(entries: readonly Entry[]): Region[] {
  return entries.map(({ region }) => region);
}

function isNothing(left: Region[] | null): boolean {
  return left?.length === 0;
}

function meeting(entries: readonly Entry[], region: Region): number[] {
  return [...new Set(entries.filter((each) => !isEmpty(meet(each.region, region))).map(({ element }) => element))];
}
