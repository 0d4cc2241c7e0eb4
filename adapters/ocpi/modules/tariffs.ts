import { listTariffs } from '../../../gateway/tariffs.ts';
import { PRESENTERS } from '../present/versions.ts';
import type { Handler, Version } from '../request.ts';
import { listAnswer } from './list.ts';

/** The tariffs in force; what is absent is no longer valid (OCPI 2.3.0 mod_tariffs GET method). */
export function getTariffs(version: Version): Handler {
  return (context, request) =>
    listAnswer(context, request, version, 'tariffs', listTariffs, (tariff) =>
      PRESENTERS[version].tariff(tariff, context.gw.settings.site),
    );
}
