import { maskUid } from './domain/token.ts';
import type { Millis } from './domain/time.ts';
import type { CostLine, Decimal, Price, PriceLimit } from './domain/tariff.ts';
import type { Cdr, SignedReading } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { parseDecimal, ratio, sum, toText, ZERO } from './pricing/decimal.ts';
import { turnDecimal } from './pricing/turn.ts';
import { signedReadingsOf } from './signed-readings.ts';
import { findSession } from './store/sessions.ts';
import { findById } from './store/transactions.ts';
import { receiptWords, type ReceiptLanguage, type ReceiptWords } from './wording/receipt.ts';

/** A bill line as its customer reads it: every text ready, in one language, nothing escaped. */
export interface Receipt {
  language: ReceiptLanguage;
  words: ReceiptWords;
  title: string;
  operator: { name: string; website: string | null };
  facts: Fact[];
  rows: ReceiptRow[];
  /** Before tax, each tax, total. */
  totals: Fact[];
  isFree: boolean;
  remark: string | null;
  /** What the meter signed, to the letter. */
  signed: SignedReading[];
}

export interface Fact {
  label: string;
  value: string;
}

/** Amounts without their currency; the rows add up to the total. */
export interface ReceiptRow {
  item: string;
  /** Quantity × price = amount; empty for what no quantity stands behind. */
  calculation: string;
  net: string;
  tax: string;
  gross: string;
}

/** The receipt of a bill line, or the credit note that it is; its number is the line's id. Times are the site's. */
export function receiptOf(gw: Gateway, cdr: Cdr, asked: string): Receipt {
  const { language, words } = receiptWords(asked);
  const { operatorName, operatorWebsite } = gw.settings.site;
  const { total } = cdr.cost;
  const money = (text: Decimal): string => `${written(text, words)} ${cdr.currency}`;
  const taxes = total.taxes.map(({ name, percentage, amount }) => ({
    label: `${name ?? words.vat} ${written(percentage, words)} %`,
    value: money(amount),
  }));
  return {
    language,
    words,
    title: titleOf(cdr, words),
    operator: { name: operatorName, website: operatorWebsite },
    facts: factsOf(gw, cdr, language, words),
    rows: rowsOf(cdr, words),
    totals: [
      ...(taxes.length === 0 ? [] : [{ label: words.subtotal, value: money(total.beforeTaxes) }, ...taxes]),
      { label: words.total, value: money(total.afterTaxes) },
    ],
    isFree: cdr.cost.lines.length === 0 && parseDecimal(total.afterTaxes).equals(ZERO),
    remark: cdr.remark,
    signed: signedReadingsOf(gw, cdr),
  };
}

function titleOf(cdr: Cdr, words: ReceiptWords): string {
  if (cdr.creditOf !== undefined) return words.creditTitle;
  return cdr.corrects === undefined ? words.title : words.correctedTitle;
}

function factsOf(gw: Gateway, cdr: Cdr, language: ReceiptLanguage, words: ReceiptWords): Fact[] {
  const { place, token, tariff } = cdr;
  const transactionId = findSession(gw.db, cdr.sessionId)?.transactionId ?? null;
  const transaction = transactionId === null ? undefined : findById(gw.db, transactionId);
  const town = [place.postalCode, place.city].filter((part) => part !== null).join(' ');
  const address = [place.siteName, place.address, town, place.country].filter((part) => part !== null).join(', ');
  const time = (at: Millis): string => localTime(at, place.timeZone, language);
  const kwh = (wattHours: number): string => `${written(toText(ratio(wattHours, 1000), 3), words)} kWh`;
  const facts: [string, string | null][] = [
    [words.number, cdr.id],
    [words.creditOf, cdr.creditOf ?? null],
    [words.corrects, cdr.corrects ?? null],
    [words.issued, time(cdr.updatedAt)],
    [words.site, address],
    [words.chargePoint, place.evseId === '' ? place.evseUid : place.evseId],
    [words.contract, token.contractId === token.uid ? null : token.contractId],
    [words.card, maskUid(token.uid)],
    [words.start, time(cdr.startedAt)],
    [words.end, time(cdr.endedAt)],
    [words.duration, hours(cdr.seconds)],
    [words.notCharging, cdr.parkingSeconds === 0 ? null : hours(cdr.parkingSeconds)],
    [words.energy, kwh(cdr.energyWh)],
    [words.meterStart, transaction ? kwh(transaction.meterStart) : null],
    [words.meterStop, transaction && transaction.meterStop !== null ? kwh(transaction.meterStop) : null],
    [words.tariff, tariff && (tariff.altText.find((text) => text.language === language)?.text ?? tariff.id)],
  ];
  return facts.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
}

function rowsOf(cdr: Cdr, words: ReceiptWords): ReceiptRow[] {
  const { lines, fixed, energy, time, parking, reservation } = cdr.cost;
  const adjusted = adjustmentOf(cdr, words);
  // Bills that were kept before there were lines have their parts.
  const parts: [string, Price | null][] = [
    [words.fee, fixed],
    [words.energy, energy],
    [words.time, time],
    [words.parking, parking],
    [words.reservation, reservation ?? null],
  ];
  const rows =
    lines.length > 0
      ? lines.map((line) => rowOf(itemOf(line, words), calculationOf(line, cdr, words), line.amount, words))
      : parts.flatMap(([item, price]) => (price === null ? [] : [rowOf(item, '', price, words)]));
  return adjusted ? [...rows, adjusted] : rows;
}

function rowOf(item: string, calculation: string, { beforeTaxes, afterTaxes }: Price, words: ReceiptWords): ReceiptRow {
  const tax = toText(parseDecimal(afterTaxes).sub(parseDecimal(beforeTaxes)), 4);
  return {
    item,
    calculation,
    net: written(beforeTaxes, words),
    tax: written(tax, words),
    gross: written(afterTaxes, words),
  };
}

function itemOf({ type, group = 'session' }: CostLine, words: ReceiptWords): string {
  const what = { FLAT: words.fee, ENERGY: words.energy, TIME: words.time, PARKING_TIME: words.parking }[type];
  return group === 'session' ? what : `${words[group]}: ${what}`;
}

const UNITS = { FLAT: '', ENERGY: 'kWh', TIME: 'h', PARKING_TIME: 'h' };

/** `2.5 h (measured 2.4 h) × 2.00 EUR/h = 5.00 EUR`; the amount is with tax where the price is. */
function calculationOf(line: CostLine, { tariff, currency }: Cdr, words: ReceiptWords): string {
  const unit = UNITS[line.type];
  const counted = (text: Decimal): string => `${written(text, words)}${unit && ` ${unit}`}`;
  const used = line.used === undefined ? '' : ` (${words.measured} ${counted(line.used)})`;
  const amount = tariff?.taxIncluded === 'YES' ? line.amount.afterTaxes : line.amount.beforeTaxes;
  const price = `${written(line.price, words)} ${currency}${unit && `/${unit}`}`;
  return `${counted(line.quantity)}${used} × ${price} = ${written(amount, words)} ${currency}`;
}

/** What the total has beyond its lines: a least or a greatest price, or rounding. Null: nothing. */
function adjustmentOf(cdr: Cdr, words: ReceiptWords): ReceiptRow | null {
  const { total, lines, fixed, energy, time, parking, reservation } = cdr.cost;
  const parts = [fixed, energy, time, parking, reservation ?? null].filter((part) => part !== null);
  const listed = lines.length > 0 ? lines.map(({ amount }) => amount) : parts;
  const beyond = (side: 'beforeTaxes' | 'afterTaxes'): Decimal =>
    toText(parseDecimal(total[side]).sub(sum(listed.map((price) => parseDecimal(price[side])))), 4);
  const price: Price = { beforeTaxes: beyond('beforeTaxes'), taxes: [], afterTaxes: beyond('afterTaxes') };
  if (price.beforeTaxes === '0' && price.afterTaxes === '0') return null;
  return rowOf(reasonOf(cdr, price, words), '', price, words);
}

function reasonOf(cdr: Cdr, { afterTaxes }: Price, words: ReceiptWords): string {
  const { minPrice, maxPrice } = cdr.tariff ?? { minPrice: null, maxPrice: null };
  const raised = (cdr.creditOf === undefined) === !afterTaxes.startsWith('-');
  if (raised) return isAt(cdr, minPrice) ? words.minimum : words.rounding;
  return isAt(cdr, maxPrice) ? words.maximum : words.rounding;
}

/** Does the total stand at this limit? */
function isAt({ cost: { total }, creditOf }: Cdr, limit: PriceLimit | null): boolean {
  const due = (text: Decimal) => parseDecimal(creditOf === undefined ? text : turnDecimal(text));
  if (limit === null) return false;
  return (
    due(total.beforeTaxes).equals(parseDecimal(limit.beforeTaxes)) ||
    (limit.afterTaxes !== null && due(total.afterTaxes).equals(parseDecimal(limit.afterTaxes)))
  );
}

/** A decimal as the language writes it. */
function written(text: Decimal, { point }: ReceiptWords): string {
  return text.replace('.', point);
}

function hours(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)} h`;
}

function localTime(at: Millis, timeZone: string, language: ReceiptLanguage): string {
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  }).format(at);
}
