import { listCdrs } from '../../../gateway/cdrs.ts';
import { bookingOfSession } from '../../../gateway/peer-bookings.ts';
import { signedReadingsOf } from '../../../gateway/signed-readings.ts';
import { presenterFor } from '../peer-presenter.ts';
import type { Handler, Version } from '../request.ts';
import { listAnswer } from './list.ts';

/**
 * Bill lines, oldest first (OCPI 2.3.0 mod_cdrs GET method). 2.1.1 has no word for a credit: there, one and what was
 * corrected after it would be further charges, so they are not shown.
 */
export function getCdrs(version: Version): Handler {
  const list: typeof listCdrs =
    version === '2.1.1' ? (gw, query) => listCdrs(gw, { ...query, firstBillsOnly: true }) : listCdrs;
  return (context, request) => {
    const { gw } = context;
    const present = presenterFor(gw, request.peer, version);
    return listAnswer(context, request, version, 'cdrs', list, (cdr) =>
      present.cdr(cdr, gw.settings.site, signedReadingsOf(gw, cdr), bookingOfSession(gw, cdr.sessionId)),
    );
  };
}
