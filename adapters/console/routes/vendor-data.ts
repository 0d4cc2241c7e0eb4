import Type from 'typebox';
import { toUtc } from '../../../gateway/domain/time.ts';
import { listVendorData } from '../../../gateway/vendor-data.ts';
import { listQuery, presentPage } from '../present.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { listOf } from '../schemas.ts';
import { ListParams } from './history.ts';

const VendorDataBody = Type.Object({
  id: Type.Integer(),
  chargerId: Type.String(),
  vendor: Type.String(),
  message: Type.Union([Type.String(), Type.Null()]),
  data: Type.Union([Type.String({ description: 'as the charger sent it' }), Type.Null()]),
  receivedAt: Type.String({ description: 'RFC 3339, UTC' }),
});

/** What chargers sent in words of their vendors' own. */
export const vendorDataRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/vendor-data',
    summary: "Messages in vendors' own words that were taken in, newest first",
    query: Type.Object(
      {
        ...ListParams.properties,
        charger: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'only of this charger' })),
      },
      { additionalProperties: false },
    ),
    responses: { 200: listOf(VendorDataBody) },
    handle(gw, { query }) {
      const page = listVendorData(gw, {
        ...listQuery(query),
        ...(query.charger !== undefined && { chargerId: query.charger }),
      });
      return ok(presentPage(page, (entry) => ({ ...entry, receivedAt: toUtc(entry.receivedAt) })));
    },
  }),
];
