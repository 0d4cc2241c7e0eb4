import type { ListQuery, Page } from '../../../gateway/domain/paging.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import type { Answer } from '../envelope.ts';
import { pageAnswer, parsePaging, toListQuery } from '../paging.ts';
import type { ModuleId, OcpiContext, OcpiRequest, Version } from '../request.ts';
import { moduleUrl } from '../urls.ts';

/** Answers a Sender's list: paged, filtered, and only what this peer may see (OCPI 2.3.0 transport_and_format, pagination). */
export function listAnswer<T>(
  context: OcpiContext,
  request: OcpiRequest,
  version: Version,
  module: ModuleId,
  list: (gw: Gateway, query: ListQuery) => Page<T>,
  present: (item: T) => unknown,
): Answer {
  const { pageLimit } = context.options;
  const page = parsePaging(request.query, pageLimit);
  const found = list(context.gw, toListQuery(page, request));
  return pageAnswer(
    { ...found, items: found.items.map(present) },
    page,
    moduleUrl(request.baseUrl, version, module),
    request.query,
    pageLimit,
  );
}
