import { GatewayError } from './domain/errors.ts';
import type { Decimal } from './domain/tariff.ts';
import type { Cdr, SessionLimit, Token } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { isDecimal, parseDecimal, toUnits, unitsToText } from './pricing/decimal.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/ledger.ts';
import { findTokens } from './store/tokens.ts';

/** Decimals of what is kept. */
const PLACES = 4;

/** Largest sum that is taken at once. */
const MOST = 1_000_000n * 10n ** BigInt(PLACES);

/** What a prepaid card has. */
export interface Balance {
  uid: string;
  currency: string;
  balance: Decimal;
  /** Of it, what running sessions may still come to. */
  reserved: Decimal;
  available: Decimal;
}

/** Is this a card of the site's own that is paid for beforehand? */
export function isPrepaid(token: Pick<Token, 'peer' | 'payment'> | null): boolean {
  return token !== null && token.peer === null && token.payment === 'prepaid';
}

/** Does a card's balance let it begin? Cards that are not prepaid have none. */
export function balanceAllows(gw: Gateway, token: Token): boolean {
  return !isPrepaid(token) || available(gw, token.uid, currencyOf(gw)) > 0n;
}

/** What a prepaid card has, in the site's currency. Errors: TOKEN_UNKNOWN, TOKEN_NOT_PREPAID. */
export function balanceOf(gw: Gateway, uid: string): Balance {
  const token = prepaidToken(gw, uid);
  const currency = currencyOf(gw);
  const balance = store.balanceUnits(gw.db, token.uid, currency);
  const free = available(gw, token.uid, currency);
  return {
    uid: token.uid,
    currency,
    balance: text(balance),
    reserved: text(balance - free),
    available: text(free),
  };
}

/** A card's movements, newest first. Errors: TOKEN_UNKNOWN, TOKEN_NOT_PREPAID. */
export function listLedger(gw: Gateway, uid: string, limit: number): store.LedgerEntry[] {
  return store.listEntries(gw.db, prepaidToken(gw, uid).uid, limit);
}

/**
 * Brings money to a card, or with a negative amount takes it back. Sessions under way may go on for what came. Errors:
 * TOKEN_UNKNOWN, TOKEN_NOT_PREPAID, AMOUNT_INVALID.
 */
export async function refill(gw: Gateway, uid: string, amount: Decimal, note: string | null): Promise<Balance> {
  const units = isDecimal(amount) ? toUnits(parseDecimal(amount), PLACES) : 0n;
  if (units === 0n || units > MOST || units < -MOST)
    throw new GatewayError('AMOUNT_INVALID', `"${amount}" is no amount such as 50 or 12.50, of at most a million`);
  await gw.db.write((tx) => {
    const token = prepaidToken(gw, uid);
    const currency = currencyOf(gw);
    const kind = units > 0n ? ('refill' as const) : ('adjustment' as const);
    const entry = { at: tx.now, kind, amount: text(units), units, currency, sessionId: null, cdrId: null, note };
    store.insertEntry(gw.db, { ...entry, uid: token.uid });
    tx.emit({ name: 'token.changed', data: { uid: token.uid } });
  });
  return balanceOf(gw, uid);
}

/**
 * What a session of this card may come to: all that the card has and no other session of it may use. Reserved with the
 * session itself, inside the write at hand, so that two starts at once cannot both have it.
 */
export function prepaidLimit(
  gw: Gateway,
  token: Token | null,
  currency: string,
  wanted?: SessionLimit,
): SessionLimit | undefined {
  if (!token || !isPrepaid(token)) return wanted;
  const free = available(gw, token.uid, currency);
  const most = text(free > 0n ? free : 0n);
  const cost = wanted?.cost !== undefined && parseDecimal(wanted.cost).lt(parseDecimal(most)) ? wanted.cost : most;
  return { ...wanted, cost };
}

/** Draws a bill line from its prepaid card, or gives a credit back, inside the write at hand. */
export function settlePrepaid(gw: Gateway, tx: Tx, cdr: Omit<Cdr, 'seq'>): void {
  const token = cdr.peer === null ? findTokens(gw.db, cdr.token.uid).find(({ peer }) => peer === null) : undefined;
  if (!token || !isPrepaid(token)) return;
  const units = -toUnits(parseDecimal(cdr.cost.total.afterTaxes), PLACES);
  if (units === 0n) return;
  store.insertEntry(gw.db, {
    uid: token.uid,
    at: tx.now,
    kind: units < 0n ? 'draw' : 'credit',
    amount: text(units),
    units,
    currency: cdr.currency,
    sessionId: cdr.sessionId,
    cdrId: cdr.id,
    note: null,
  });
  tx.emit({ name: 'token.changed', data: { uid: token.uid } });
}

function available(gw: Gateway, uid: string, currency: string): bigint {
  const reserved = store
    .listReserved(gw.db, uid, currency)
    .reduce((total, { cost }) => total + toUnits(parseDecimal(cost), PLACES), 0n);
  return store.balanceUnits(gw.db, uid, currency) - reserved;
}

function prepaidToken(gw: Gateway, uid: string): Token {
  const token = findTokens(gw.db, uid).find(({ peer }) => peer === null);
  if (!token) throw new GatewayError('TOKEN_UNKNOWN', `no card ${uid} is on the site's own list`);
  if (isPrepaid(token)) return token;
  throw new GatewayError('TOKEN_NOT_PREPAID', `card ${uid} is not prepaid: give it the payment "prepaid" first`);
}

/** Cards are paid for in the money that the site charges in. */
function currencyOf(gw: Gateway): string {
  return gw.settings.tariffs[0]?.currency ?? 'EUR';
}

function text(units: bigint): Decimal {
  return unitsToText(units, PLACES, 2);
}
