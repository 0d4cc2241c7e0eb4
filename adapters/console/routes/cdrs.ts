import Type from 'typebox';
import { Readable } from 'node:stream';
import { EXPORT_FORMATS, exportCdrs, readMoment, type ExportQuery } from '../../../gateway/cdr-export.ts';
import { findCdr, findSuccessors, listCdrs, listCdrsOf } from '../../../gateway/cdrs.ts';
import type { Correction } from '../../../gateway/corrections.ts';
import { creditCdr } from '../../../gateway/credits.ts';
import { scaleToInteger } from '../../../gateway/domain/energy.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { parseTime, type Millis } from '../../../gateway/domain/time.ts';
import type { Cdr } from '../../../gateway/domain/types.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { arithmeticOf } from '../../../gateway/pricing/trace.ts';
import { receiptText } from '../../../gateway/receipt-text.ts';
import { receiptOf } from '../../../gateway/receipts.ts';
import { CdrDetailBody, CreditBody, CreditedBody } from '../cdr-schemas.ts';
import { listQuery, presentCdr, presentPage } from '../present.ts';
import { RECEIPT_POLICY, receiptPage } from '../receipt-page.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { CdrBody, ErrorBody, listOf } from '../schemas.ts';
import { ListParams } from './history.ts';

const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) });
const Moment = Type.String({ maxLength: 40, description: 'RFC 3339, or a date: its midnight at the site' });

/** Bill lines: to see, to take back, to hand on. */
export const cdrRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/cdrs',
    summary: 'Bill lines of ended sessions, newest first',
    query: Type.Object(
      {
        ...ListParams.properties,
        session: Type.Optional(
          Type.String({ minLength: 1, maxLength: 64, description: 'all of this session, as they were issued' }),
        ),
      },
      { additionalProperties: false },
    ),
    responses: { 200: listOf(CdrBody) },
    handle(gw, { query: { session, ...query } }) {
      if (session !== undefined) return ok({ items: listCdrsOf(gw, session).map(presentCdr), next: null });
      return ok(presentPage(listCdrs(gw, listQuery(query)), presentCdr));
    },
  }),
  route({
    method: 'GET',
    url: '/api/cdrs/export',
    summary: 'Bill lines for bookkeeping, oldest first, by when they were issued; credits count below zero',
    query: Type.Object(
      {
        from: Type.Optional(Moment),
        to: Type.Optional(Moment),
        format: Type.Optional(Type.Enum([...EXPORT_FORMATS], { description: 'default csv' })),
      },
      { additionalProperties: false },
    ),
    responses: {
      200: Type.String({ description: 'text/csv by RFC 4180, or application/json: an array of the same fields' }),
      400: ErrorBody,
    },
    handle(gw, { query: { from, to, format = 'csv' } }) {
      const wanted = { ...momentOf(gw, 'from', from), ...momentOf(gw, 'to', to), format };
      return {
        status: 200,
        headers: {
          'content-type':
            format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/json; charset=utf-8',
          'content-disposition': `attachment; filename="cdrs.${format}"`,
        },
        body: Readable.from(told(gw, wanted), { highWaterMark: 1 }),
      };
    },
  }),
  route({
    method: 'GET',
    url: '/api/cdrs/:id',
    summary: 'One bill line, with what it is made of and what became of it',
    params: Params,
    responses: { 200: CdrDetailBody, 404: ErrorBody },
    handle: (gw, { params }) => ok(presentDetail(gw, found(gw, params.id))),
  }),
  route({
    method: 'GET',
    url: '/api/cdrs/:id/receipt',
    summary: 'A receipt to print or keep; languages: en, de, fr, nl, sv, others in English',
    params: Params,
    query: Type.Object(
      {
        language: Type.Optional(Type.String({ maxLength: 35, pattern: '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$' })),
        format: Type.Optional(Type.Enum(['html', 'text'], { description: 'default html' })),
      },
      { additionalProperties: false },
    ),
    responses: { 200: Type.String({ description: 'text/html, or text/plain' }), 404: ErrorBody },
    handle(gw, { params, query }) {
      const receipt = receiptOf(gw, found(gw, params.id), query.language ?? 'en');
      if (query.format === 'text')
        return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: receiptText(receipt) };
      return {
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': RECEIPT_POLICY },
        body: receiptPage(receipt),
      };
    },
  }),
  route({
    method: 'POST',
    url: '/api/cdrs/:id/credit',
    summary: 'Take a bill line back, once, and issue the right one where a correction is given: both, or nothing',
    params: Params,
    body: CreditBody,
    responses: { 200: CreditedBody, 404: ErrorBody, 409: ErrorBody, 422: ErrorBody },
    async handle(gw, { params, body }) {
      const correction = body.correction === undefined ? null : correctionOf(body.correction);
      const { credit, corrected, untold } = await creditCdr(gw, params.id, body.reason, correction);
      return ok({ credit: presentCdr(credit), corrected: corrected && presentCdr(corrected), untold });
    },
  }),
];

function found(gw: Gateway, id: string): Cdr {
  const cdr = findCdr(gw, id);
  if (!cdr) throw new GatewayError('NOT_FOUND', `there is no bill line with the id ${id} here`);
  return cdr;
}

function presentDetail(gw: Gateway, cdr: Cdr): CdrDetailBody {
  const { credit, correction } = findSuccessors(gw, cdr.id);
  const { tariff, cost } = cdr;
  return {
    ...presentCdr(cdr),
    creditedBy: credit?.id ?? null,
    correctedBy: correction?.id ?? null,
    taxes: cost.total.taxes.map(({ name = 'VAT', percentage, amount }) => ({ name, percentage, amount })),
    lines: cost.lines.map((line) => ({
      type: line.type,
      group: line.group ?? 'session',
      price: line.price,
      quantity: line.quantity,
      beforeTaxes: line.amount.beforeTaxes,
      afterTaxes: line.amount.afterTaxes,
      arithmetic: tariff ? arithmeticOf(line, tariff) : '',
    })),
  };
}

/** A reader that goes away ends it without a word; a fault of ours is told. */
async function* told(gw: Gateway, query: ExportQuery): AsyncGenerator<string> {
  try {
    yield* exportCdrs(gw, query);
  } catch (error) {
    gw.log.error({ err: error }, 'an export of bill lines broke off');
    throw error;
  }
}

function momentOf(gw: Gateway, name: 'from' | 'to', text: string | undefined): { from?: Millis; to?: Millis } {
  return text === undefined ? {} : { [name]: timeOf(name, readMoment(text, gw.settings.site.timeZone)) };
}

function correctionOf(body: NonNullable<CreditBody['correction']>): Correction {
  const { kwh, startedAt, endedAt, ...rest } = body;
  return {
    ...rest,
    ...(kwh !== undefined && { energyWh: wattHoursOf(kwh) }),
    ...(startedAt !== undefined && { startedAt: timeOf('startedAt', parseTime(startedAt)?.at ?? null) }),
    ...(endedAt !== undefined && { endedAt: timeOf('endedAt', parseTime(endedAt)?.at ?? null) }),
  };
}

function timeOf(name: string, at: Millis | null): Millis {
  if (at === null)
    throw new GatewayError('REQUEST_INVALID', `${name} is no time: write it as 2026-11-21T04:09:22Z (RFC 3339)`);
  return at;
}

/** Finer than a Wh would have to be rounded, and nobody would know. */
function wattHoursOf(kwh: number): number {
  const wattHours = /^\d+(\.\d{1,3})?$/.test(String(kwh)) ? scaleToInteger(String(kwh), 3) : null;
  if (wattHours === null)
    throw new GatewayError('REQUEST_INVALID', `correction.kwh is ${kwh}: write kWh with at most three decimals`);
  return wattHours;
}
