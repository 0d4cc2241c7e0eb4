import { GatewayError } from './domain/errors.ts';
import type { ListQuery, Page } from './domain/paging.ts';
import type { TariffSettings } from './domain/settings.ts';
import type { Tariff } from './domain/tariff.ts';
import { placeText } from './domain/tariff-place.ts';
import type { Gateway } from './gateway.ts';
import { checkTariff } from './pricing/check.ts';
import { sameBut } from './same.ts';
import type { Tx } from './store/db.ts';
import { assignmentsOf } from './store/tariff-assignments.ts';
import * as store from './store/tariffs.ts';

export type { OwnedTariff } from './store/tariffs.ts';

/** More than any site has; each of them is read at every look for news (law 13). */
const MOST_TARIFFS = 1000;

/** Tariffs, a page of them. */
export function listTariffs(gw: Gateway, query: ListQuery): Page<Tariff> {
  return store.listTariffs(gw.db, query);
}

/** Tariffs and whose they are, a page of them. */
export function listOwnedTariffs(gw: Gateway, query: ListQuery): Page<store.OwnedTariff> {
  return store.listOwnedTariffs(gw.db, query);
}

/** One tariff; null when there is none of this id, in any case (OCPI CiString). */
export function findTariff(gw: Gateway, id: string): Tariff | null {
  return store.findTariff(gw.db, id) ?? null;
}

/** One tariff and whose it is. Errors: TARIFF_UNKNOWN. */
export function ownedTariff(gw: Gateway, id: string): store.OwnedTariff {
  const owned = store.findOwnedTariff(gw.db, id);
  if (!owned) throw unknownTariff(id);
  return owned;
}

/** What became of a tariff that the operator brought. */
export interface BroughtTariff {
  tariff: Tariff;
  outcome: 'created' | 'changed' | 'unchanged';
}

/**
 * Takes in tariffs that the operator brings, each in place of the one with its id: all of them, in one write, or none.
 * Running sessions keep the tariff that they began with. `refused`: what is wrong with which of them, a sentence each.
 * Errors: TARIFF_READ_ONLY, LIMIT_REACHED, REQUEST_INVALID for an id that is there twice.
 */
export async function putTariffs(
  gw: Gateway,
  brought: readonly TariffSettings[],
): Promise<{ kind: 'refused'; problems: string[] } | { kind: 'stored'; items: BroughtTariff[] }> {
  const problems = brought.flatMap((tariff) => checkTariff(tariff).map((problem) => `tariff ${tariff.id}, ${problem}`));
  if (problems.length > 0) return { kind: 'refused', problems };
  const ids = new Set(brought.map(({ id }) => id.toLowerCase()));
  if (ids.size < brought.length)
    throw new GatewayError('REQUEST_INVALID', 'a tariff is given twice: give each id once');
  const items = await gw.db.write((tx) => brought.map((tariff) => putTariff(gw, tx, tariff)));
  return { kind: 'stored', items };
}

function putTariff(gw: Gateway, tx: Tx, settings: TariffSettings): BroughtTariff {
  const known = store.findOwnedTariff(gw.db, settings.id);
  if (known?.origin === 'config') throw readOnly(known.tariff.id);
  if (!known && store.countTariffs(gw.db) >= MOST_TARIFFS)
    throw new GatewayError('LIMIT_REACHED', `there are ${MOST_TARIFFS} tariffs already: remove those that nobody uses`);
  // Its first spelling stays: clouds know it by that.
  const tariff: Tariff = { ...settings, id: known?.tariff.id ?? settings.id, updatedAt: tx.stamp };
  if (known && sameBut(known.tariff, tariff)) return { tariff: known.tariff, outcome: 'unchanged' };
  store.putTariff(gw.db, tariff, 'site');
  tx.emit({ name: 'tariff.changed', data: { tariffId: tariff.id } });
  return { tariff, outcome: known ? 'changed' : 'created' };
}

/** Takes a tariff of the operator's away. Errors: TARIFF_UNKNOWN, TARIFF_READ_ONLY, TARIFF_IN_USE. */
export async function deleteTariff(gw: Gateway, id: string): Promise<void> {
  await gw.db.write((tx) => {
    const { tariff, origin } = ownedTariff(gw, id);
    if (origin === 'config') throw readOnly(tariff.id);
    const places = assignmentsOf(gw.db, tariff.id).map(placeText);
    if (places.length > 0)
      throw new GatewayError(
        'TARIFF_IN_USE',
        `tariff ${tariff.id} is assigned to ${places.slice(0, 5).join('; ')}${places.length > 5 ? ' and others' : ''}: assign another there first`,
      );
    store.deleteTariff(gw.db, tariff.id);
    tx.emit({ name: 'tariff.changed', data: { tariffId: tariff.id } });
  });
}

/** There is no such tariff. */
export function unknownTariff(id: string): GatewayError {
  return new GatewayError(
    'TARIFF_UNKNOWN',
    `there is no tariff ${id}: "chargegate tariffs list" shows those there are`,
  );
}

function readOnly(id: string): GatewayError {
  return new GatewayError('TARIFF_READ_ONLY', `tariff ${id} is declared in the config file: change it there`);
}
