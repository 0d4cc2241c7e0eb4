import Type from 'typebox';
import type { Static } from 'typebox';
import type { SessionLimit } from '../../gateway/domain/types.ts';

/** What a session may come to. */
export const LimitBody = Type.Object(
  {
    cost: Type.Optional(
      Type.String({ pattern: '^[0-9]{1,9}([.][0-9]{1,4})?$', description: "with taxes, in the session's currency" }),
    ),
    kwh: Type.Optional(Type.String({ pattern: '^[0-9]{1,5}([.][0-9]{1,3})?$' })),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type LimitBody = Static<typeof LimitBody>;

/** A limit as the API takes it, in the words of the domain. */
export function readLimit({ cost, kwh }: LimitBody): SessionLimit {
  return { ...(cost !== undefined && { cost }), ...(kwh !== undefined && { energyWh: wattHours(kwh) }) };
}

/** And as it tells it. */
export function presentLimit(limit: SessionLimit | undefined): LimitBody | null {
  if (!limit) return null;
  const { cost, energyWh } = limit;
  return { ...(cost !== undefined && { cost }), ...(energyWh !== undefined && { kwh: kilo(energyWh) }) };
}

function wattHours(kwh: string): number {
  const [whole = '0', fraction = ''] = kwh.split('.');
  return Number(`${whole}${fraction.padEnd(3, '0')}`);
}

function kilo(wh: number): string {
  const digits = String(wh).padStart(4, '0');
  return `${digits.slice(0, -3)}.${digits.slice(-3)}`;
}
