import Type from 'typebox';
import type { Static } from 'typebox';
import { toUtc } from '../../../gateway/domain/time.ts';
import { drillPeer } from '../../../gateway/drill.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody } from '../schemas.ts';

export const DrillBody = Type.Object({
  peer: Type.String(),
  version: Type.String({ description: 'of OCPI, as agreed on with the peer' }),
  at: Type.String({ format: 'date-time' }),
  checks: Type.Array(
    Type.Object({
      rule: Type.String(),
      outcome: Type.Enum(['good', 'deviates', 'skipped']),
      detail: Type.Union([Type.String(), Type.Null()], { description: 'what was seen, or why it was skipped' }),
    }),
  ),
  deviations: Type.Integer(),
});
export type DrillBody = Static<typeof DrillBody>;

/** Trying out peers. */
export const drillRoutes: Route[] = [
  route({
    method: 'POST',
    url: '/api/peers/:name/drill',
    summary: "Hold a peer's OCPI platform against the specification, by reading alone",
    params: Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) }),
    responses: { 200: DrillBody, 404: ErrorBody, 409: ErrorBody, 504: ErrorBody },
    async handle(gw, { params }) {
      const report = await drillPeer(gw, params.name);
      return ok({ ...report, at: toUtc(report.at) });
    },
  }),
];
