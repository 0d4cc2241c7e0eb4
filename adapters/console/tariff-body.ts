import Type from 'typebox';
import type { Static, TSchema } from 'typebox';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { TariffSettings } from '../../gateway/domain/settings.ts';
import { BOOKING_RULES, RESERVATION_RULES, TARIFF_TYPES, WEEKDAYS } from '../../gateway/domain/tariff.ts';
import { parseTime, toUtc } from '../../gateway/domain/time.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { OwnedTariff } from '../../gateway/tariffs.ts';

const CLOSED = { additionalProperties: false };

function optional<T extends TSchema>(schema: T) {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}

/** What OCPI can carry: at most four decimals. */
const Amount = Type.String({ pattern: '^[0-9]{1,9}(\\.[0-9]{1,4})?$', description: 'exact decimal from 0, as text' });
const Clock = Type.String({ maxLength: 5, description: "time of day by the site's clock, 08:30" });
const Day = Type.String({ maxLength: 10, description: "date by the site's calendar, 2026-12-31" });
const Seconds = Type.Integer({ minimum: 0, description: 'seconds since the session began' });
const Time = Type.String({ maxLength: 40, description: 'RFC 3339' });

/** CiString(36), without what a path or a terminal would make something of. */
export const TariffId = Type.String({
  minLength: 1,
  maxLength: 36,
  pattern: '^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$',
});

const Restrictions = Type.Object(
  {
    startTime: optional(Clock),
    endTime: optional(Clock),
    startDate: optional(Day),
    endDate: optional(Day),
    minKwh: optional(Amount),
    maxKwh: optional(Amount),
    minCurrent: optional(Amount),
    maxCurrent: optional(Amount),
    minPower: optional(Amount),
    maxPower: optional(Amount),
    minDuration: optional(Seconds),
    maxDuration: optional(Seconds),
    daysOfWeek: optional(Type.Array(Type.Enum([...WEEKDAYS]), { maxItems: 7 })),
    reservation: optional(Type.Enum([...RESERVATION_RULES])),
    booking: optional(Type.Enum([...BOOKING_RULES])),
  },
  { ...CLOSED, description: 'all that is given must hold at that moment; from is inclusive, to exclusive' },
);

const Limit = Type.Object({ beforeTaxes: Amount, afterTaxes: optional(Amount) }, CLOSED);

const Element = Type.Object(
  {
    restrictions: optional(Restrictions),
    components: Type.Array(
      Type.Object(
        {
          type: Type.Enum(['ENERGY', 'FLAT', 'TIME', 'PARKING_TIME']),
          price: Amount,
          vat: optional(Amount),
          step: Type.Optional(
            Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: 'Wh or seconds; default 1' }),
          ),
        },
        CLOSED,
      ),
      { minItems: 1, maxItems: 20 },
    ),
  },
  CLOSED,
);

/** What a tariff says; what it does not say may be left out or null. */
const TERMS = {
  type: optional(Type.Enum([...TARIFF_TYPES])),
  currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' }),
  taxIncluded: Type.Enum(['YES', 'NO', 'N/A']),
  taxes: optional(
    Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 36 }),
          percentage: Amount,
          accountNumber: optional(Type.String({ minLength: 1, maxLength: 36 })),
        },
        CLOSED,
      ),
      { maxItems: 10, description: 'on components without vat of their own' },
    ),
  ),
  altText: optional(
    Type.Array(
      Type.Object(
        { language: Type.String({ pattern: '^[a-z]{2}$' }), text: Type.String({ minLength: 1, maxLength: 512 }) },
        CLOSED,
      ),
      { maxItems: 50 },
    ),
  ),
  altUrl: optional(Type.String({ maxLength: 255, pattern: '^https?://' })),
  minPrice: optional(Limit),
  maxPrice: optional(Limit),
  preauthorizeAmount: optional(Amount),
  startsAt: optional(Time),
  endsAt: optional(Time),
  elements: Type.Array(Element, { minItems: 1, maxItems: 250 }),
};

/** A tariff as it is brought under an id. */
export const TariffTerms = Type.Object(TERMS, CLOSED);
export type TariffTerms = Static<typeof TariffTerms>;

/** One of several that are brought together. */
export const NamedTerms = Type.Object({ id: TariffId, ...TERMS }, CLOSED);
export type NamedTerms = Static<typeof NamedTerms>;

/** A tariff as it is told; it may be sent back without `origin` and `updatedAt`. */
export const TariffBody = Type.Object({
  id: Type.String(),
  origin: Type.Enum(['config', 'site']),
  ...TERMS,
  updatedAt: Type.String({ description: 'RFC 3339, UTC' }),
});
export type TariffBody = Static<typeof TariffBody>;

const FINDING = {
  code: Type.String(),
  path: Type.String({ description: 'where in the tariff, or at which place' }),
  text: Type.String({ description: 'what is odd, how it is read, and what to do' }),
};

/** A tariff and what is odd about it. */
export const CheckedTariffBody = Type.Object({
  ...TariffBody.properties,
  findings: Type.Array(Type.Object(FINDING)),
});
export type CheckedTariffBody = Static<typeof CheckedTariffBody>;

/** Something that is odd about a tariff, or about where tariffs are used. */
export const TariffFindingBody = Type.Object({
  tariff: Type.Union([Type.String(), Type.Null()], { description: 'null: about several, or a place' }),
  ...FINDING,
});
export type TariffFindingBody = Static<typeof TariffFindingBody>;

/** A tariff as pricing wants it: what is not said is absent. Errors: REQUEST_INVALID for a time that is none. */
export function readTerms(id: string, terms: TariffTerms): TariffSettings {
  const { type, currency, taxIncluded, taxes, altText, altUrl, preauthorizeAmount } = terms;
  return {
    id,
    currency,
    taxIncluded,
    altText: altText ?? [],
    minPrice: readLimit(terms.minPrice),
    maxPrice: readLimit(terms.maxPrice),
    elements: terms.elements.map(readElement),
    ...given({
      type,
      altUrl,
      preauthorizeAmount,
      startsAt: readTime('startsAt', terms.startsAt),
      endsAt: readTime('endsAt', terms.endsAt),
    }),
    ...(taxes && taxes.length > 0 && { taxes: taxes.map(readTax) }),
  };
}

type Tax = NonNullable<TariffTerms['taxes']>[number];

function readTax({ name, percentage, accountNumber }: Tax): NonNullable<TariffSettings['taxes']>[number] {
  return { name, percentage, ...given({ accountNumber }) };
}

function readElement({
  components,
  restrictions,
}: TariffTerms['elements'][number]): TariffSettings['elements'][number] {
  const { daysOfWeek, ...bounds } = restrictions ?? {};
  const all = { ...given(bounds), ...(daysOfWeek && daysOfWeek.length > 0 && { daysOfWeek }) };
  return {
    components: components.map(({ type, price, vat, step }) => ({ type, price, vat: vat ?? null, step: step ?? 1 })),
    ...(Object.keys(all).length > 0 && { restrictions: all }),
  };
}

function readLimit(limit: TariffTerms['minPrice']): TariffSettings['minPrice'] {
  return limit ? { beforeTaxes: limit.beforeTaxes, afterTaxes: limit.afterTaxes ?? null } : null;
}

function readTime(key: string, text: string | null | undefined): Millis | null {
  if (text === null || text === undefined) return null;
  const time = parseTime(text);
  if (!time?.zoned)
    throw new GatewayError(
      'REQUEST_INVALID',
      `body/${key}: ${text} is no time with its zone; write 2027-01-31T00:00:00Z`,
    );
  return time.at;
}

/** A record without what it does not say. */
function given<T extends object>(record: T): { [Key in keyof T]?: NonNullable<T[Key]> } {
  const said = Object.entries(record).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(said) as { [Key in keyof T]?: NonNullable<T[Key]> };
}

/** The terms of a tariff, as `readTerms` reads them. */
export function presentTerms({ id, ...tariff }: TariffSettings): NamedTerms {
  const { type, currency, taxIncluded, taxes, altText, altUrl, minPrice, maxPrice, preauthorizeAmount } = tariff;
  return {
    id,
    type: type ?? null,
    currency,
    taxIncluded,
    taxes: taxes ?? [],
    altText,
    altUrl: altUrl ?? null,
    minPrice,
    maxPrice,
    preauthorizeAmount: preauthorizeAmount ?? null,
    startsAt: tariff.startsAt === undefined ? null : toUtc(tariff.startsAt),
    endsAt: tariff.endsAt === undefined ? null : toUtc(tariff.endsAt),
    elements: tariff.elements.map(({ components, restrictions }) => ({
      restrictions: restrictions ?? null,
      components,
    })),
  };
}

export function presentTariff({ tariff, origin }: OwnedTariff): TariffBody {
  const { updatedAt, ...terms } = tariff;
  return { ...presentTerms(terms), origin, updatedAt: toUtc(updatedAt) };
}
