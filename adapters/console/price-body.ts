import Type from 'typebox';
import type { Static } from 'typebox';
import { toUtc } from '../../gateway/domain/time.ts';
import type { Cost, Price, Tariff } from '../../gateway/domain/tariff.ts';
import type { Priced } from '../../gateway/pricing/price.ts';
import { arithmeticOf, traceOf } from '../../gateway/pricing/trace.ts';

const Text = Type.String();
const Time = Type.String({ description: 'RFC 3339, UTC' });
const Decimal = Type.String({ description: 'exact decimal' });

const Money = Type.Object({
  beforeTaxes: Decimal,
  taxes: Type.Array(Type.Object({ name: Text, percentage: Decimal, amount: Decimal })),
  afterTaxes: Decimal,
});
const Part = Type.Union([Money, Type.Null()]);

/** A price with how it came about. */
export const PriceBody = Type.Object({
  currency: Text,
  total: Money,
  fixed: Part,
  energy: Part,
  time: Part,
  parking: Part,
  reservation: Part,
  lines: Type.Array(
    Type.Object({
      type: Type.Enum(['ENERGY', 'TIME', 'PARKING_TIME', 'FLAT']),
      group: Type.Enum(['session', 'reservation', 'booking', 'overtime']),
      element: Type.Integer({ description: "of the tariff's elements, from 0" }),
      price: Decimal,
      quantity: Type.String({ description: 'kWh, hours or 1, after step rounding' }),
      used: Type.String({ description: 'the same before step rounding' }),
      amount: Money,
      arithmetic: Type.String({ description: 'the line, to check by hand' }),
    }),
  ),
  trace: Type.Array(
    Type.Object({
      kind: Text,
      from: Time,
      to: Time,
      kwh: Decimal,
      interpolated: Type.Boolean({ description: 'the energy at its beginning was computed between two readings' }),
      answers: Type.Array(
        Type.Object({
          dimension: Text,
          element: Type.Union([Type.Integer(), Type.Null()], { description: 'null: free' }),
          price: Type.Union([Decimal, Type.Null()]),
          because: Text,
        }),
      ),
    }),
    { description: 'which element of the tariff applied from when to when, and why' },
  ),
  limit: Type.Union([Type.Enum(['least', 'most']), Type.Null()], {
    description: "which of the tariff's limits moved the total",
  }),
});
export type PriceBody = Static<typeof PriceBody>;

/** A price as the operator API tells it. */
export function presentPriced(priced: Priced, tariff: Tariff): PriceBody {
  const { cost, limit } = priced;
  const part = (price: Price | null | undefined): Static<typeof Part> => (price ? money(price) : null);
  return {
    currency: tariff.currency,
    total: money(cost.total),
    fixed: part(cost.fixed),
    energy: part(cost.energy),
    time: part(cost.time),
    parking: part(cost.parking),
    reservation: part(cost.reservation),
    lines: cost.lines.map((line) => presentLine(line, tariff)),
    trace: traceOf(priced, [{ tariff }]).map(({ kind, from, to, kwh, interpolated, answers }) => ({
      kind,
      from: toUtc(from),
      to: toUtc(to),
      kwh,
      interpolated,
      answers: answers.map((answer) => ({ ...answer, price: answer.price ?? null })),
    })),
    limit,
  };
}

function presentLine(line: Cost['lines'][number], tariff: Tariff): PriceBody['lines'][number] {
  return {
    type: line.type,
    group: line.group ?? 'session',
    element: line.element ?? 0,
    price: line.price,
    quantity: line.quantity,
    used: line.used ?? line.quantity,
    amount: money(line.amount),
    arithmetic: arithmeticOf(line, tariff),
  };
}

function money({ beforeTaxes, taxes, afterTaxes }: Price): Static<typeof Money> {
  return {
    beforeTaxes,
    taxes: taxes.map(({ name = 'VAT', percentage, amount }) => ({ name, percentage, amount })),
    afterTaxes,
  };
}
