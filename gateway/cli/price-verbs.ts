import { Option, type Command } from 'commander';
import { VERSIONS, type Version } from '../../adapters/ocpi/request.ts';
import { contextOf } from './context.ts';
import { GatewayError } from '../domain/errors.ts';
import { addQuoteOptions, quoteCommand, type QuoteOptions } from './quote-verbs.ts';

/** What `price` can be given with a CDR. */
export interface PriceOptions {
  cdr?: string;
  tariff?: string;
  timeZone?: string;
  ocpi?: Version;
}

/** The verb on prices: what a bill should have come to, which needs no running gateway and no configuration; else what a charge will cost. */
export function addPriceVerbs(program: Command, finish: (code: number) => void): void {
  const price = program
    .command('price')
    .description(
      'what a charge will cost, asked of the running gateway; with --cdr, a bill of whoever sent it is reckoned anew instead: exit code 0 it says the same, 1 it differs, 2 it cannot be reckoned',
    )
    .option('--cdr <file>', 'an OCPI CDR as JSON; "-" reads it from stdin')
    .option('--tariff <file>', 'an OCPI tariff as JSON that prices all of the CDR, instead of those in it')
    .option('--time-zone <zone>', 'of the site, such as Europe/Stockholm, where the CDR does not tell it; else UTC')
    .addOption(new Option('--ocpi <version>', 'the version of the CDR; else as its shape tells').choices(VERSIONS));
  addQuoteOptions(price).action(async (options: PriceOptions & QuoteOptions, command: Command) => {
    const { cdr } = options;
    if (cdr === undefined) return askForQuote(options, command);
    const { priceCdr } = await import('./price-cdr.ts');
    return finish(await priceCdr({ ...options, cdr }, contextOf(command).out));
  });
}

async function askForQuote(options: PriceOptions & QuoteOptions, command: Command): Promise<void> {
  const { evse, charger, tariff, timeZone, ocpi } = options;
  if ([tariff, timeZone, ocpi].some((each) => each !== undefined))
    throw new GatewayError(
      'REQUEST_INVALID',
      '--tariff, --time-zone and --ocpi go with --cdr FILE, a bill to be reckoned',
    );
  if (evse === undefined && charger === undefined)
    throw new GatewayError(
      'REQUEST_INVALID',
      'say what to price: --cdr FILE, a bill to be reckoned anew, or --evse UID or --charger ID, where somebody wants to charge',
    );
  await quoteCommand(options, command);
}
