import type { ListQuery, Page } from './domain/paging.ts';
import type { Tariff } from './domain/tariff.ts';
import type { Gateway } from './gateway.ts';
import * as store from './store/tariffs.ts';

/** Tariffs, a page of them. */
export function listTariffs(gw: Gateway, query: ListQuery): Page<Tariff> {
  return store.listTariffs(gw.db, query);
}

/** One tariff; null when there is none of this id. */
export function findTariff(gw: Gateway, id: string): Tariff | null {
  return store.findTariff(gw.db, id) ?? null;
}
