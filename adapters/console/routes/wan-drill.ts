import Type from 'typebox';
import type { Static } from 'typebox';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { startWanDrill } from '../../../gateway/wan-drill.ts';
import type { WanReport } from '../../../gateway/wan-drill.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody } from '../schemas.ts';

const Time = Type.String({ format: 'date-time' });
const Count = Type.Integer({ minimum: 0 });

export const WanDrillBody = Type.Object({
  state: Type.Enum(['down', 'draining', 'done'], {
    description: 'down: nothing goes out; draining: peers are told what waited; done: the report is whole',
  }),
  startedAt: Time,
  endsAt: Time,
  endedAt: Type.Union([Time, Type.Null()]),
  aborted: Type.Boolean(),
  callsBlocked: Count,
  decisions: Type.Array(Type.Object({ source: Type.String(), verdict: Type.String(), count: Count })),
  chargesBegun: Count,
  chargesEnded: Count,
  billsIssued: Count,
  queued: Type.Array(Type.Object({ peer: Type.String(), before: Count, most: Count, now: Count })),
  awayBefore: Type.Array(Type.String(), {
    description: 'peers that could not be told anything before it began either: of them it says nothing',
  }),
  drainSeconds: Type.Union([Type.Number(), Type.Null()], {
    description: 'until every peer had been told; null: not yet, or given up',
  }),
});
export type WanDrillBody = Static<typeof WanDrillBody>;

const DrillState = Type.Object({ drill: Type.Union([WanDrillBody, Type.Null()]) });

/** Rehearsing an outage of the internet connection. */
export const wanDrillRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/drills/wan-down',
    summary: 'The rehearsed outage under way, or the last of this run; null: there was none',
    responses: { 200: DrillState },
    handle: (gw) => ok(stateOf(gw)),
  }),
  route({
    method: 'POST',
    url: '/api/drills/wan-down',
    summary: 'Rehearse an outage: for so long no call to a peer goes out; a restart ends it too',
    body: Type.Object({ seconds: Type.Integer({ minimum: 1, maximum: 86_400 }) }, { additionalProperties: false }),
    responses: { 200: DrillState, 409: ErrorBody },
    handle(gw, { body }) {
      startWanDrill(gw, body.seconds);
      return ok(stateOf(gw));
    },
  }),
  route({
    method: 'DELETE',
    url: '/api/drills/wan-down',
    summary: 'End the rehearsed outage now; peers are told at once what waits',
    responses: { 200: DrillState },
    handle(gw) {
      gw.wanDrill?.abort();
      return ok(stateOf(gw));
    },
  }),
];

function stateOf(gw: Gateway): Static<typeof DrillState> {
  return { drill: gw.wanDrill && present(gw.wanDrill.report()) };
}

function present(report: WanReport): WanDrillBody {
  return {
    ...report,
    startedAt: toUtc(report.startedAt),
    endsAt: toUtc(report.endsAt),
    endedAt: report.endedAt === null ? null : toUtc(report.endedAt),
  };
}
