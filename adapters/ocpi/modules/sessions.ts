import type { EvseView } from '../../../gateway/chargers.ts';
import { findCharger } from '../../../gateway/chargers.ts';
import { listSessions } from '../../../gateway/sessions.ts';
import { invalid } from '../envelope.ts';
import { NOT_AVAILABLE } from '../present/shared.ts';
import { PRESENTERS } from '../present/versions.ts';
import type { Handler, OcpiContext, Version } from '../request.ts';
import { listAnswer } from './list.ts';

/** Sessions changed since `date_from`, which is required here (OCPI 2.3.0 mod_sessions GET method). */
export function getSessions(version: Version): Handler {
  return (context, request) => {
    if (request.query['date_from'] === undefined || request.query['date_from'] === '')
      throw invalid('date_from: required for sessions');
    const uidOf = evseUids(context);
    return listAnswer(context, request, version, 'sessions', listSessions, (session) =>
      PRESENTERS[version].session(session, uidOf(session.chargerId, session.evse), context.gw.settings.site),
    );
  };
}

/** Looks up the uids of the EVSEs on a page: each charger once, not the whole site. */
function evseUids(context: OcpiContext): (chargerId: string, evse: number) => string {
  const chargers = new Map<string, EvseView[]>();
  return (chargerId, number) => {
    const evses = chargers.get(chargerId) ?? findCharger(context.gw, chargerId)?.evses ?? [];
    chargers.set(chargerId, evses);
    return evses.find(({ evse }) => evse === number)?.uid ?? NOT_AVAILABLE;
  };
}
