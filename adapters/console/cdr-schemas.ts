import Type from 'typebox';
import type { Static } from 'typebox';
import { CdrBody, CostBody } from './schemas.ts';

const { beforeTaxes: Amount } = CostBody.properties;

const TaxBody = Type.Object({ name: Type.String(), percentage: Amount, amount: Amount });

/** A bill line with what it is made of and what became of it. */
export const CdrDetailBody = Type.Object({
  ...CdrBody.properties,
  creditedBy: Type.Union([Type.String({ description: 'id of the bill line that takes this one back' }), Type.Null()]),
  correctedBy: Type.Union([Type.String({ description: 'id of the bill line that stands for it since' }), Type.Null()]),
  taxes: Type.Array(TaxBody, { description: 'of the total' }),
  lines: Type.Array(
    Type.Object({
      type: Type.String({ description: 'ENERGY, TIME, PARKING_TIME or FLAT' }),
      group: Type.String({ description: 'session, reservation, booking or overtime' }),
      price: Amount,
      quantity: Type.String({ description: 'kWh, hours or 1, rounded to steps' }),
      beforeTaxes: Amount,
      afterTaxes: Amount,
      arithmetic: Type.String({ description: 'to check by hand' }),
    }),
  ),
});
export type CdrDetailBody = Static<typeof CdrDetailBody>;

const Remark = Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' });
const When = Type.String({ maxLength: 40, description: 'RFC 3339, within the session' });

/** What is taken back and why, and what is right. */
export const CreditBody = Type.Object(
  {
    reason: Remark,
    correction: Type.Optional(
      Type.Object(
        {
          kwh: Type.Optional(Type.Number({ minimum: 0, maximum: 1e6, description: 'in all, at most three decimals' })),
          startedAt: Type.Optional(When),
          endedAt: Type.Optional(When),
          tariffId: Type.Optional(
            Type.String({ minLength: 1, maxLength: 64, description: 'else the tariff that was frozen with the line' }),
          ),
          free: Type.Optional(Type.Literal(true, { description: 'nothing is due' })),
          remark: Type.Optional(Remark),
        },
        { additionalProperties: false, description: 'issues a corrected bill line as well, priced anew' },
      ),
    ),
  },
  { additionalProperties: false },
);
export type CreditBody = Static<typeof CreditBody>;

export const CreditedBody = Type.Object({
  credit: CdrBody,
  corrected: Type.Union([CdrBody, Type.Null()]),
  untold: Type.Array(Type.String(), {
    description: 'peers on OCPI 2.1.1, which has no credits: they are told of neither, so settle it with them',
  }),
});
export type CreditedBody = Static<typeof CreditedBody>;
