import type { ListQuery, Page } from '../../../gateway/domain/paging.ts';
import type { Tariff } from '../../../gateway/domain/tariff.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { listTariffs } from '../../../gateway/tariffs.ts';
import { presenterFor } from '../peer-presenter.ts';
import type { Presenter, Wire } from '../present/shared.ts';
import type { Handler, Version } from '../request.ts';
import { listAnswer } from './list.ts';

/** The tariffs in force; what is absent is no longer valid (OCPI 2.3.0 mod_tariffs GET method). */
export function getTariffs(version: Version): Handler {
  return (context, request) => {
    const present = presenterFor(context.gw, request.peer, version);
    return listAnswer(
      context,
      request,
      version,
      'tariffs',
      (gw, query) => tellable(gw, query, present),
      (tariff) => tariff,
    );
  };
}

/**
 * A page of what can be told; it is filled up from the next ones, as one that is empty would end the list. Those that
 * cannot be told count in `total`, which may only be too many.
 */
function tellable(gw: Gateway, query: ListQuery, presenter: Presenter): Page<Wire> {
  const present = ({ items }: Page<Tariff>): Wire[] =>
    items.map((tariff) => presenter.tariff(tariff, gw.settings.site)).filter((wire) => wire !== null);
  let page = listTariffs(gw, query);
  const items = present(page);
  while (items.length < query.limit && page.next !== null) {
    page = listTariffs(gw, { ...query, after: page.next, limit: query.limit - items.length });
    items.push(...present(page));
  }
  return { items, total: page.total, next: page.next };
}
