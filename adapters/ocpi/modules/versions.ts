import { success } from '../envelope.ts';
import type { Handler, ModuleId, Version } from '../request.ts';
import { VERSIONS } from '../request.ts';
import { detailsUrl, moduleUrl } from '../urls.ts';

/** A module as version details list it. */
export interface Offered {
  identifier: ModuleId;
  /** As it is told, where that is not how its URL is written. */
  name?: string;
  role: 'SENDER' | 'RECEIVER';
}

/** The versions we speak, oldest first (OCPI 2.3.0 version_information_endpoint). */
export const getVersions: Handler = (_context, request) =>
  success(VERSIONS.toReversed().map((version) => ({ version, url: detailsUrl(request.baseUrl, version) })));

/** What we serve in one version, and where. */
export function getDetails(version: Version, offered: readonly Offered[]): Handler {
  return ({ gw }, request) =>
    success({
      version,
      endpoints: offered
        .filter(({ identifier }) => identifier !== 'bookings' || gw.settings.bookings.publish)
        .map(({ identifier, name, role }) => ({
          identifier: name ?? identifier,
          // OCPI 2.1.1 version_information_endpoint: an endpoint has no role there.
          ...(version === '2.1.1' ? {} : { role }),
          url: moduleUrl(request.baseUrl, version, identifier),
        })),
    });
}
