import { randomUUID } from 'node:crypto';
import { GatewayError } from './domain/errors.ts';
import type { Offer, Quote } from './domain/quote.ts';
import type { Decimal, TariffType } from './domain/tariff.ts';
import type { Millis } from './domain/time.ts';
import { canonicalUid } from './domain/token.ts';
import type { Evse, SessionLimit, Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { offerAt } from './offers.ts';
import { connectorPower } from './open-data.ts';
import { ratio, toText } from './pricing/decimal.ts';
import { expectedOf, pricePlan } from './pricing/quote.ts';
import type { Priced } from './pricing/price.ts';
import { findEvse, listConnectorsOf, listEvses } from './store/chargers.ts';
import * as store from './store/quotes.ts';
import { findTariff } from './store/tariffs.ts';

/** How long a quote can be accepted, ms. */
const VALID = 3_600_000;

/** So many wait to be accepted at most: the oldest that nobody accepted go first. */
const MOST_OPEN = 10_000;

/** What somebody wants to know the price of. What is null is taken from the site, or worked out. */
export interface QuoteWish {
  /** OCPI uid of the EVSE; or the charger, and which of its EVSEs. */
  evseUid: string | null;
  chargerId: string | null;
  evse: number | null;
  connector: number | null;
  /** A tariff of the site's instead of the connector's. */
  tariffId: string | null;
  type: TariffType;
  startsAt: Millis | null;
  kwh: Decimal | null;
  minutes: number | null;
  parkingMinutes: number;
  reservedMinutes: number;
  /** What the vehicle takes at most, W. */
  powerW: number | null;
}

/**
 * Says what a charge will cost before it starts: by the tariff that a session would get. Where energy or time is not said,
 * it follows from the connector's power, and the offer says so. Errors: EVSE_UNKNOWN, TARIFF_UNKNOWN, QUOTE_INVALID.
 */
export function quote(gw: Gateway, wish: QuoteWish): Offer {
  const evse = evseOf(gw, wish);
  const startsAt = wish.startsAt ?? gw.clock();
  const place = offerAt(gw, evse, wish.connector ?? 1, wish.type, startsAt);
  const tariff = wish.tariffId === null ? place.tariff : (findTariff(gw.db, wish.tariffId) ?? null);
  if (wish.tariffId !== null && !tariff)
    throw new GatewayError('TARIFF_UNKNOWN', `there is no tariff ${wish.tariffId}: /api/tariffs lists them`);
  if (wish.kwh === null && wish.minutes === null)
    throw new GatewayError('QUOTE_INVALID', 'say how much or how long: kwh, minutes or both');
  const most = powerAt(gw, evse, place.connector);
  const powerW = Math.max(1, Math.round(Math.min(wish.powerW ?? most, most)));
  const { kwh, minutes, parkingMinutes, reservedMinutes } = wish;
  const plan = { startsAt, kwh, minutes, parkingMinutes, reservedMinutes, powerW };
  const { milliWh, millis } = expectedOf(plan);
  const offer = {
    chargerId: evse.chargerId,
    evse: evse.evse,
    evseUid: evse.uid,
    connector: place.connector,
    plan,
    kwh: toText(ratio(milliWh, 1_000_000), 3),
    minutes: toText(ratio(millis, 60_000), 1),
    currency: tariff?.currency ?? place.currency,
    tariff,
    timeZone: place.place.timeZone,
  };
  const priced = priceOffer(offer);
  return {
    ...offer,
    cost: priced?.cost ?? null,
    notes: [...assumptions(wish, powerW), ...(priced?.notes ?? [])],
  };
}

/** How the price of an offer comes about; null where charging is free. */
export function priceOffer({ tariff, plan, timeZone }: Pick<Offer, 'tariff' | 'plan' | 'timeZone'>): Priced | null {
  return tariff && pricePlan(tariff, plan, timeZone);
}

function evseOf(gw: Gateway, { evseUid, chargerId, evse }: QuoteWish): Evse {
  const found =
    evseUid === null
      ? chargerId && findEvse(gw.db, chargerId, evse ?? 1)
      : listEvses(gw.db).find(({ uid }) => uid === evseUid);
  if (found && !found.removed) return found;
  const named = evseUid ?? (chargerId === null ? 'none' : `${evse ?? 1} of charger ${chargerId}`);
  throw new GatewayError('EVSE_UNKNOWN', `there is no such EVSE here (${named}): /api/chargers lists them`);
}

function powerAt(gw: Gateway, { chargerId, evse }: Evse, connector: number): number {
  const all = listConnectorsOf(gw.db, chargerId).filter((each) => each.evse === evse);
  const known = all.find((each) => each.connector === connector) ?? all[0];
  return connectorPower(known ?? { ...gw.settings.defaultConnector, chargerId, evse, updatedAt: 0 });
}

function assumptions({ kwh, minutes }: QuoteWish, powerW: number): string[] {
  const steady = `at a steady ${toText(ratio(powerW, 1000), 1)} kW`;
  if (kwh === null) return [`the energy is what flows in this time ${steady}`];
  return minutes === null ? [`the time is what this energy takes ${steady}`] : [];
}

/** Makes an offer that can be accepted within an hour. Errors: those of `quote`. */
export async function makeQuote(gw: Gateway, wish: QuoteWish, limit: SessionLimit | null): Promise<Quote> {
  const offer = quote(gw, wish);
  const now = gw.clock();
  const made = {
    ...offer,
    id: randomUUID(),
    madeAt: now,
    expiresAt: Math.max(now, offer.plan.startsAt) + VALID,
    limit,
    acceptedBy: null,
    sessionId: null,
  };
  await gw.db.write((tx) => {
    store.deleteExpiredQuotes(gw.db, tx.now);
    if (store.countOpenQuotes(gw.db) >= MOST_OPEN)
      throw new GatewayError('QUOTE_INVALID', `${MOST_OPEN} quotes wait to be accepted: try again in an hour`);
    store.insertQuote(gw.db, made);
  });
  return made;
}

/** A quote that was made; null when there is none of this id. */
export function findQuote(gw: Gateway, id: string): Quote | null {
  return store.findQuote(gw.db, id) ?? null;
}

/**
 * Notes by which card a quote is accepted: the next session of that card on its EVSE is kept with it and has its limit.
 * Errors: NOT_FOUND, QUOTE_EXPIRED, QUOTE_USED.
 */
export async function acceptQuote(gw: Gateway, id: string, tokenUid: string): Promise<Quote> {
  return gw.db.write((tx) => {
    const found = store.findQuote(gw.db, id);
    if (!found) throw new GatewayError('NOT_FOUND', `there is no quote ${id}: make one with POST /api/quotes`);
    if (found.sessionId !== null)
      throw new GatewayError('QUOTE_USED', `quote ${id} was used for session ${found.sessionId}: make another`);
    if (found.expiresAt <= tx.now) throw new GatewayError('QUOTE_EXPIRED', `quote ${id} has expired: make another`);
    const accepted = { ...found, acceptedBy: tokenUid };
    store.updateQuote(gw.db, accepted);
    return accepted;
  });
}

/** The quote that a transaction which begins now was started by; null where there is none. */
export function acceptedQuote(gw: Gateway, begun: Transaction): Quote | null {
  const uid = canonicalUid(begun.tokenUid);
  const mine = ({ chargerId, evse, acceptedBy }: Quote): boolean =>
    chargerId === begun.chargerId && evse === begun.evse && acceptedBy !== null && canonicalUid(acceptedBy) === uid;
  return store.listOpenQuotes(gw.db, begun.startReceivedAt).find(mine) ?? null;
}

/** Keeps a quote with its session, inside the write at hand. */
export function keepQuote(gw: Gateway, id: string, sessionId: string): void {
  store.keepQuote(gw.db, id, sessionId);
}
