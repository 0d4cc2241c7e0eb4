import type { EvseView } from '../../../gateway/chargers.ts';
import { siteView } from '../../../gateway/site.ts';
import type { ListQuery, Page } from '../../../gateway/domain/paging.ts';
import { notFound, success } from '../envelope.ts';
import { same } from '../headers.ts';
import { PRESENTERS } from '../present/versions.ts';
import type { SiteState, Wire } from '../present/shared.ts';
import type { Handler, OcpiContext, OcpiRequest, Version } from '../request.ts';
import { listAnswer } from './list.ts';

/** The site as the one Location there is. A private one is for the CPO's own cloud only (OCPI 2.3.0 mod_locations). */
export function listLocations(version: Version): Handler {
  return (context, request) => {
    const state = visibleSite(context, request);
    return listAnswer(
      context,
      request,
      version,
      'locations',
      (_gw, query) => pageOfOne(state, query),
      (item) => PRESENTERS[version].location(item),
    );
  };
}

/** One Location; 404 when it is not ours or not for this peer. */
export function getLocation(version: Version): Handler {
  return (context, request) => success(PRESENTERS[version].location(findSite(context, request)));
}

/** One EVSE by its uid. */
export function getEvse(version: Version): Handler {
  return (context, request) => success(presentedEvse(version, findEvse(findSite(context, request), request)));
}

/** One Connector of an EVSE. */
export function getConnector(version: Version): Handler {
  return (context, request) => {
    const evse = findEvse(findSite(context, request), request);
    const id = request.params['connector'] ?? '';
    const connector = evse.connectors.find((candidate) => String(candidate.connector) === id);
    const presented = connector && PRESENTERS[version].connector(connector);
    if (!presented) throw notFound(`EVSE ${evse.uid} has no connector ${id}`);
    return success(presented);
  };
}

function presentedEvse(version: Version, evse: EvseView): Wire {
  const presented = PRESENTERS[version].evse(evse);
  if (!presented) throw notFound(`EVSE ${evse.uid} has no connector that OCPI ${version} can name`);
  return presented;
}

function visibleSite(context: OcpiContext, request: OcpiRequest): SiteState | null {
  const state = siteView(context.gw);
  return state.site.publish || request.peer.visibility === 'all' ? state : null;
}

function findSite(context: OcpiContext, request: OcpiRequest): SiteState {
  const id = request.params['location'] ?? '';
  const state = visibleSite(context, request);
  if (!state || !same(state.site.id, id)) throw notFound(`there is no location ${id}`);
  return state;
}

function findEvse(state: SiteState, request: OcpiRequest): EvseView {
  const uid = request.params['evse'] ?? '';
  const evse = state.evses.find((candidate) => same(candidate.uid, uid));
  if (!evse) throw notFound(`location ${state.site.id} has no EVSE ${uid}`);
  return evse;
}

function pageOfOne(state: SiteState | null, query: ListQuery): Page<SiteState> {
  const matches =
    state !== null &&
    (query.dateFrom === undefined || state.updatedAt >= query.dateFrom) &&
    (query.dateTo === undefined || state.updatedAt < query.dateTo);
  const onPage = matches && query.offset === 0 && query.limit > 0 && query.after === undefined;
  return { items: onPage ? [state] : [], total: matches ? 1 : 0, next: null };
}
