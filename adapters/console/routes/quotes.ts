import Type from 'typebox';
import type { Static } from 'typebox';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import type { Offer, Quote } from '../../../gateway/domain/quote.ts';
import { TARIFF_TYPES } from '../../../gateway/domain/tariff.ts';
import { parseTime, toUtc } from '../../../gateway/domain/time.ts';
import { acceptQuote, findQuote, makeQuote, priceOffer, quote, type QuoteWish } from '../../../gateway/quotes.ts';
import { costInWords, pickLanguage, tariffInWords } from '../../../gateway/wording/driver.ts';
import { LimitBody, presentLimit, readLimit } from '../limit-body.ts';
import { presentPriced, PriceBody } from '../price-body.ts';
import { ok, route } from '../route.ts';
import type { Route } from '../route.ts';
import { ErrorBody } from '../schemas.ts';

const Text = Type.String();
const minutes = (description: string) => Type.Integer({ minimum: 0, maximum: 10_080, description });
const Kwh = Type.String({ pattern: '^[0-9]{1,5}([.][0-9]{1,3})?$', description: 'exact decimal' });

const WISH = {
  evseUid: Type.Optional(
    Type.String({ maxLength: 64, description: 'OCPI uid of the EVSE; or the charger and the EVSE' }),
  ),
  charger: Type.Optional(Type.String({ maxLength: 64 })),
  evse: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'default 1' })),
  connector: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  tariff: Type.Optional(Type.String({ maxLength: 36, description: "another tariff than the connector's" })),
  type: Type.Optional(Type.Enum([...TARIFF_TYPES], { description: 'whose tariff; default REGULAR' })),
  start: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339; default now' })),
  kwh: Type.Optional(Kwh),
  minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_080 })),
  parkingMinutes: Type.Optional(minutes('connected after charging')),
  reservedMinutes: Type.Optional(minutes('the bay was kept before')),
  powerKw: Type.Optional(
    Type.Number({
      exclusiveMinimum: 0,
      maximum: 10_000,
      description: 'what the vehicle takes; default: what the connector gives',
    }),
  ),
  language: Type.Optional(Type.String({ maxLength: 64, description: 'such as de or sv; default en' })),
};
const Wish = Type.Object(WISH, { additionalProperties: false });
const MadeWish = Type.Object(
  { ...WISH, limit: Type.Optional(LimitBody), tokenUid: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })) },
  { additionalProperties: false },
);

export const OfferBody = Type.Object({
  charger: Text,
  evse: Type.Integer(),
  evseUid: Text,
  connector: Type.Integer(),
  start: Text,
  kwh: Text,
  minutes: Text,
  parkingMinutes: Type.Integer(),
  reservedMinutes: Type.Integer(),
  powerKw: Type.Number(),
  timeZone: Text,
  tariff: Type.Union([Text, Type.Null()], { description: 'null: charging is free' }),
  tariffUrl: Type.Union([Text, Type.Null()]),
  price: Type.Union([PriceBody, Type.Null()]),
  language: Text,
  words: Type.Object({ tariff: Type.Array(Text), cost: Type.Array(Text) }, { description: 'for the driver' }),
  notes: Type.Array(Text, { description: 'what had to be assumed' }),
});
export type OfferBody = Static<typeof OfferBody>;

export const QuoteBody = Type.Object({
  ...OfferBody.properties,
  id: Text,
  madeAt: Text,
  expiresAt: Text,
  limit: Type.Union([LimitBody, Type.Null()]),
  acceptedBy: Type.Union([Text, Type.Null()]),
  sessionId: Type.Union([Text, Type.Null()]),
});
export type QuoteBody = Static<typeof QuoteBody>;

const Id = Type.Object({ id: Type.String({ minLength: 1, maxLength: 64 }) });

/** What a charge will cost, said before it starts. */
export const quoteRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/quote',
    summary: 'What a charge will cost, by energy, time or both',
    query: Wish,
    responses: { 200: OfferBody, 400: ErrorBody, 404: ErrorBody },
    handle(gw, { query }) {
      return ok(presentOffer(quote(gw, readWish(query)), query.language));
    },
  }),
  route({
    method: 'POST',
    url: '/api/quotes',
    summary: 'Make an offer that can be accepted within an hour of its start; with tokenUid it is accepted at once',
    body: MadeWish,
    responses: { 201: QuoteBody, 400: ErrorBody, 404: ErrorBody },
    async handle(gw, { body }) {
      const limit = body.limit ? readLimit(body.limit) : null;
      const made = await makeQuote(gw, readWish(body), limit);
      const accepted = body.tokenUid === undefined ? made : await acceptQuote(gw, made.id, body.tokenUid);
      return { status: 201, body: presentQuote(accepted, body.language) };
    },
  }),
  route({
    method: 'GET',
    url: '/api/quotes/:id',
    summary: 'An offer that was made',
    params: Id,
    query: Type.Object({ language: WISH.language }, { additionalProperties: false }),
    responses: { 200: QuoteBody, 404: ErrorBody },
    handle(gw, { params, query }) {
      const found = findQuote(gw, params.id);
      if (!found) throw new GatewayError('NOT_FOUND', `there is no quote ${params.id}: it may have expired`);
      return ok(presentQuote(found, query.language));
    },
  }),
  route({
    method: 'POST',
    url: '/api/quotes/:id/accept',
    summary: "Accept an offer with a card: the card's next session on that EVSE is kept with it and has its limit",
    params: Id,
    body: Type.Object({ tokenUid: Type.String({ minLength: 1, maxLength: 255 }) }, { additionalProperties: false }),
    responses: { 200: QuoteBody, 404: ErrorBody, 409: ErrorBody },
    async handle(gw, { params, body }) {
      return ok(presentQuote(await acceptQuote(gw, params.id, body.tokenUid), undefined));
    },
  }),
];

function readWish(given: Static<typeof Wish>): QuoteWish {
  const start = given.start === undefined ? null : parseTime(given.start);
  if (given.start !== undefined && !start)
    throw new GatewayError('REQUEST_INVALID', `start: "${given.start}" is no time such as 2026-12-01T18:00:00+01:00`);
  return {
    evseUid: given.evseUid ?? null,
    chargerId: given.charger ?? null,
    evse: given.evse ?? null,
    connector: given.connector ?? null,
    tariffId: given.tariff ?? null,
    type: given.type ?? 'REGULAR',
    startsAt: start?.at ?? null,
    kwh: given.kwh ?? null,
    minutes: given.minutes ?? null,
    parkingMinutes: given.parkingMinutes ?? 0,
    reservedMinutes: given.reservedMinutes ?? 0,
    powerW: given.powerKw === undefined ? null : Math.round(given.powerKw * 1000),
  };
}

function presentOffer(offer: Offer, wanted: string | undefined): OfferBody {
  const { tariff, cost, plan } = offer;
  const priced = priceOffer(offer);
  const language = pickLanguage(wanted);
  return {
    charger: offer.chargerId,
    evse: offer.evse,
    evseUid: offer.evseUid,
    connector: offer.connector,
    start: toUtc(plan.startsAt),
    kwh: offer.kwh,
    minutes: offer.minutes,
    parkingMinutes: plan.parkingMinutes,
    reservedMinutes: plan.reservedMinutes,
    powerKw: plan.powerW / 1000,
    timeZone: offer.timeZone,
    tariff: tariff?.id ?? null,
    tariffUrl: tariff?.altUrl ?? null,
    price: tariff && priced ? presentPriced(priced, tariff) : null,
    language,
    words: {
      tariff: tariff ? tariffInWords(tariff, language) : [],
      cost: tariff && cost ? costInWords(cost, tariff.currency, language) : [],
    },
    notes: offer.notes,
  };
}

function presentQuote(made: Quote, language: string | undefined): QuoteBody {
  return {
    ...presentOffer(made, language),
    id: made.id,
    madeAt: toUtc(made.madeAt),
    expiresAt: toUtc(made.expiresAt),
    limit: presentLimit(made.limit ?? undefined),
    acceptedBy: made.acceptedBy,
    sessionId: made.sessionId,
  };
}
