import { Type } from 'typebox';
import { choice, flag, integer, secret, secretFile, text } from './kinds.ts';

const places = (who: string) =>
  Type.Array(
    text({
      max: 128,
      ascii: true,
      expects: 'an EVSE uid, a charger id, or charger id and EVSE such as BAY-1/2',
      description: 'An EVSE by its uid, a charger with all its EVSEs, or one of them as `BAY-1/2`.',
    }),
    { default: [], description: `What ${who} is for; none: every EVSE of the site.` },
  );

const characters = (description: string) => text({ min: 0, max: 32, default: null, description });

const ascii = Type.Union(
  [
    Type.Object({
      start: characters('What a message begins with; `\\x02`, `\\r` and `\\n` stand for such bytes.'),
      end: characters('What it ends with; default: the end of a line.'),
      content: choice(['hex', 'decimal', 'binary'], { default: 'hex', description: 'How the card is written.' }),
      length: integer({ min: 1, max: 64, default: null, description: 'Characters of the card, where always as many.' }),
      checksum: choice(['none', 'xor', 'lrc', 'sum'], { default: 'none', description: 'How messages are checked.' }),
      'checksum-place': choice(['before-end', 'after-end'], {
        default: 'before-end',
        description: 'Where the checksum stands.',
      }),
      'byte-order': choice(['msb', 'lsb'], {
        default: 'msb',
        description: "The card's first byte comes first, or last.",
      }),
      prefix: characters('Stands before the card in every message and is no part of it.'),
      suffix: characters('The same behind the card.'),
      'min-length': integer({
        min: 1,
        max: 64,
        default: 6,
        description: 'Messages with fewer characters are not used.',
      }),
      'max-length': integer({ min: 1, max: 64, default: 32, description: 'Nor those with more.' }),
    }),
    Type.Null(),
  ],
  { default: null, description: 'How an ascii reader writes; default: lines of hex digits.' },
);

const twn4 = Type.Union(
  [
    Type.Object({
      format: choice(['text', 'binary'], {
        default: 'text',
        description: 'As the simple protocol is set in the reader.',
      }),
      crc: flag({ default: false, description: 'Messages end with a CRC, as set in the reader.' }),
      red: integer({ min: 0, max: 255, default: 1, description: 'Output of the red LED, a bit.' }),
      green: integer({ min: 0, max: 255, default: 2, description: 'Output of the green LED, a bit.' }),
    }),
    Type.Null(),
  ],
  { default: null, description: 'What is special of a twn4 reader.' },
);

const coil = (what: string) => integer({ min: 0, max: 65_535, default: null, description: `Coil of the ${what}.` });

const modbus = Type.Union(
  [
    Type.Object({
      readers: Type.Array(
        Type.Object({
          address: integer({ min: 1, max: 247, description: 'On the line. Unique.' }),
          places: places('it'),
        }),
        { default: [], description: 'The readers on the line; none: one at address 1.' },
      ),
      register: integer({ min: 0, max: 65_535, default: 1, description: "First input register of the card's number." }),
      count: integer({ min: 1, max: 125, default: 23, description: 'Registers that are read.' }),
      'length-registers': Type.Array(integer({ min: 0, max: 65_535, description: 'An input register.' }), {
        default: [],
        description: 'Registers that may tell how many bytes the number has; none: 17 and 23.',
      }),
      'green-coil': coil('green light'),
      'red-coil': coil('red light'),
      'buzzer-coil': coil('buzzer'),
    }),
    Type.Null(),
  ],
  { default: null, description: 'What is special of modbus-rtu readers; default: Quio QDE-950-4.' },
);

const osdp = Type.Union(
  [
    Type.Object({
      check: choice(['crc16', 'checksum'], { default: 'crc16', description: 'How messages are checked.' }),
      mark: flag({ default: true, description: 'A byte FF before each message wakes the line.' }),
      readers: Type.Array(
        Type.Object({
          address: integer({ min: 0, max: 126, description: 'On the line. Unique.' }),
          key: secret(32, 32, 'Its secure channel key (SCBK), 32 hexadecimal digits.'),
          'key-file': secretFile('key'),
          install: flag({
            default: false,
            description:
              'May it be given the key under the default key, which everybody knows? For the day it is mounted.',
          }),
          'secure-only': flag({
            default: null,
            description: 'Are cards refused that come outside the secure channel? Default: where it has a key.',
          }),
          places: places('it'),
        }),
        { minItems: 1, description: 'The readers on the line.' },
      ),
    }),
    Type.Null(),
  ],
  { default: null, description: 'The OSDP readers on this line.' },
);

/** A serial line with card readers on it. */
export const reader = Type.Object({
  id: text({
    max: 64,
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
    expects: '1 to 64 letters, digits, dots, hyphens or underscores',
    description: 'Unique.',
  }),
  protocol: choice(['ascii', 'id-12la', 'twn4', 'pn532', 'osdp', 'modbus-rtu'], {
    description: 'What it speaks; id-12la is also RDM6300.',
  }),
  path: text({
    max: 255,
    pattern: '^/',
    expects: 'a device path such as /dev/serial/by-id/usb-…',
    description: 'The serial port. Paths under /dev/serial/by-id stay when other devices are plugged in.',
  }),
  'baud-rate': integer({
    min: 300,
    max: 1_000_000,
    default: null,
    description: 'Default: as such readers are delivered.',
  }),
  'data-bits': integer({ min: 7, max: 8, default: null, description: 'Default: 8.' }),
  parity: choice(['none', 'even', 'odd'], { default: null, description: 'Default: none.' }),
  'stop-bits': integer({ min: 1, max: 2, default: null, description: 'Default: 1.' }),
  places: places('the reader'),
  ascii,
  twn4,
  'modbus-rtu': modbus,
  osdp,
});
