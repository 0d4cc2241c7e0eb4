import { listCdrs } from '../../../gateway/cdrs.ts';
import { signedReadingsOf } from '../../../gateway/signed-readings.ts';
import { PRESENTERS } from '../present/versions.ts';
import type { Handler, Version } from '../request.ts';
import { listAnswer } from './list.ts';

/** Bill lines, oldest first (OCPI 2.3.0 mod_cdrs GET method). */
export function getCdrs(version: Version): Handler {
  return (context, request) =>
    listAnswer(context, request, version, 'cdrs', listCdrs, (cdr) =>
      PRESENTERS[version].cdr(cdr, context.gw.settings.site, signedReadingsOf(context.gw, cdr)),
    );
}
