import { listSessions } from '../../../gateway/sessions.ts';
import { invalid } from '../envelope.ts';
import { presenterFor } from '../peer-presenter.ts';
import type { Handler, Version } from '../request.ts';
import { listAnswer } from './list.ts';

/** Sessions changed since `date_from`, which is required here (OCPI 2.3.0 mod_sessions GET method). */
export function getSessions(version: Version): Handler {
  return (context, request) => {
    if (request.query['date_from'] === undefined || request.query['date_from'] === '')
      throw invalid('date_from: required for sessions');
    const present = presenterFor(context.gw, request.peer, version);
    return listAnswer(context, request, version, 'sessions', listSessions, (session) =>
      present.session(session, context.gw.settings.site),
    );
  };
}
