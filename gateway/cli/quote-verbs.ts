import { Option, type Command } from 'commander';
import type { OfferBody } from '../../adapters/console/routes/quotes.ts';
import { TARIFF_TYPES } from '../domain/tariff.ts';
import { contextOf } from './context.ts';
import { amount, count, whole } from './options.ts';
import { localTime, show } from './output.ts';

/** What `price` takes where no CDR is named: the charge whose price is wanted. */
export interface QuoteOptions {
  evse?: string;
  charger?: string;
  evseNumber?: number;
  connector?: number;
  tariffId?: string;
  type?: string;
  start?: string;
  minutes?: number;
  kwh?: number;
  parking?: number;
  reserved?: number;
  power?: number;
  language?: string;
}

/** Adds the options of a quote to the `price` verb. */
export function addQuoteOptions(price: Command): Command {
  return price
    .option('--evse <uid>', "the EVSE, by its OCPI uid; a charger's first one may be named with --charger instead")
    .option('--charger <id>', 'the charger')
    .option('--evse-number <n>', 'which of its EVSEs', count)
    .option('--connector <n>', 'which connector of the EVSE', count)
    .option('--tariff-id <id>', "another tariff than the connector's")
    .addOption(new Option('--type <type>', 'whose tariff').choices([...TARIFF_TYPES]))
    .option('--start <time>', 'such as 2026-12-01T18:00:00+01:00; default: now')
    .option('--kwh <kWh>', 'how much is charged', amount)
    .option('--minutes <n>', 'how long is charged', count)
    .option('--parking <minutes>', 'connected after charging', whole)
    .option('--reserved <minutes>', 'the bay is kept before', whole)
    .option('--power <kW>', 'what the vehicle takes; default: what the connector gives', amount)
    .option('--language <language>', 'such as de or sv; default: that of this terminal');
}

/** Says what a charge will cost before it starts; asks the running gateway. */
export async function quoteCommand(options: QuoteOptions, command: Command): Promise<void> {
  const { out, client } = contextOf(command);
  const offer = await client().get<OfferBody>(`/api/quote?${queryOf(options).toString()}`);
  show(out, offer, () => offerText(offer));
}

function queryOf(options: QuoteOptions): URLSearchParams {
  const given = {
    evseUid: options.evse,
    charger: options.charger,
    evse: options.evseNumber,
    connector: options.connector,
    tariff: options.tariffId,
    type: options.type,
    start: options.start,
    kwh: options.kwh,
    minutes: options.minutes,
    parkingMinutes: options.parking,
    reservedMinutes: options.reserved,
    powerKw: options.power,
    language: options.language ?? terminalLanguage(),
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) if (value !== undefined) query.set(name, String(value));
  return query;
}

function terminalLanguage(): string {
  return new Intl.DateTimeFormat().resolvedOptions().locale;
}

function offerText(offer: OfferBody): string {
  const what = `${offer.kwh} kWh in ${offer.minutes} min at EVSE ${offer.evseUid}, connector ${offer.connector}`;
  const when = `from ${localTime(offer.start)}`;
  if (offer.price === null) return `${what}, ${when}: free of charge`;
  return [
    `${what}, ${when}, tariff ${offer.tariff}:`,
    ...offer.words.cost.map((line) => `  ${line}`),
    'Prices:',
    ...offer.words.tariff.map((line) => `  ${line}`),
    ...offer.notes.map((note) => `Note: ${note}.`),
  ].join('\n');
}
