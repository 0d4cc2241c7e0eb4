import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { bytesOfHex } from '../../adapters/rfid/bytes.ts';
import { decodeBytes } from '../../adapters/rfid/decode.ts';
import { READER_PROTOCOLS, readerProblems } from '../../adapters/rfid/readers/index.ts';
import type { ReaderProtocolName } from '../../adapters/rfid/readers/index.ts';
import { nearest } from '../../config/names.ts';
import { readReaderOptions } from '../../config/reader-options.ts';
import { GatewayError } from '../domain/errors.ts';
import { uidForms, uidStrength, type UidForms, type UidStrength } from '../domain/token.ts';
import { facts, formRows } from './card-text.ts';
import { contextOf } from './context.ts';
import { Declined, show } from './output.ts';

interface DecodeOptions {
  protocol: string;
  hex: string;
  settings?: string;
}

/** A card in recorded bytes. */
interface DecodedCard {
  uid: string;
  /** Which reader of several on the line; null where there is but one. */
  address: number | null;
  strength: UidStrength;
  forms: UidForms | null;
}

/** More than a recording of an hour. */
const MOST_CHARACTERS = 4_000_000;

/** `readers decode`: needs no daemon and no reader. */
export function addDecodeVerb(readers: Command): void {
  readers
    .command('decode')
    .description('the cards that a reader would have told with these bytes; exit code 1: none')
    .requiredOption('--protocol <name>', READER_PROTOCOLS.join(', '))
    .requiredOption('--hex <bytes>', 'as a serial monitor shows them: 02 30, 0x02,0x30, 02:30; "-" reads stdin')
    .option('--settings <json>', 'what the configuration says of it under the name of its protocol')
    .action((options: DecodeOptions, command: Command) => {
      const { out } = contextOf(command);
      const cards = decode(options);
      // `taps` is all that most programs want of it.
      show(out, { taps: cards.map(({ uid }) => ({ uid })), cards }, () => cardsText(cards));
      if (cards.length === 0) throw new Declined('no card');
    });
}

function decode({ protocol, hex, settings }: DecodeOptions): DecodedCard[] {
  const name = protocolOf(protocol);
  const bytes = readHex(hex === '-' ? readFileSync(0, 'utf8') : hex);
  const cards = decodeBytes<ReaderProtocolName>(name, bytes, settingsOf(name, settings));
  return cards.map(({ uid, address }) => ({ uid, address, strength: uidStrength(uid), forms: uidForms(uid) }));
}

function protocolOf(given: string): ReaderProtocolName {
  const name = READER_PROTOCOLS.find((protocol) => protocol === given.toLowerCase());
  if (name !== undefined) return name;
  const guess = nearest(given, READER_PROTOCOLS);
  const hint = guess === null ? `there are ${READER_PROTOCOLS.join(', ')}` : `did you mean ${guess}?`;
  throw new GatewayError('REQUEST_INVALID', `no reader speaks "${given.slice(0, 40)}": ${hint}`);
}

function readHex(text: string): Uint8Array {
  if (text.length > MOST_CHARACTERS)
    throw new GatewayError('REQUEST_INVALID', `these are more than ${MOST_CHARACTERS} characters: cut the recording`);
  const digits = text
    .replaceAll(/0x|\\x/gi, ' ')
    .replaceAll(/[\s,;:.|-]+/g, ' ')
    .trim();
  // A single digit between others is a byte without its nought.
  const joined = digits
    .split(' ')
    .map((part) => (part.length === 1 ? `0${part}` : part))
    .join('');
  const bytes = joined === '' ? null : bytesOfHex(joined);
  if (bytes === null)
    throw new GatewayError('REQUEST_INVALID', 'these are no bytes: write two hexadecimal digits each, as 02 30 03');
  return bytes;
}

function settingsOf(name: ReaderProtocolName, text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  const { options, problems } = readReaderOptions(name, text);
  const wrong = problems.length > 0 ? problems : readerProblems<ReaderProtocolName>(name, options);
  if (wrong.length > 0) throw new GatewayError('REQUEST_INVALID', `--settings: ${wrong.join('; ')}`);
  return options;
}

function cardsText(cards: DecodedCard[]): string {
  if (cards.length === 0) return 'no card in these bytes';
  return cards
    .map(({ uid, address, strength, forms }) =>
      facts([['card', uid], ['address', address === null ? null : String(address)], ...formRows(forms, strength)]),
    )
    .join('\n\n');
}
