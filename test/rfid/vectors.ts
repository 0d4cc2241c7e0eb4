/** Messages as readers write them, with the card in each: from the makers' manuals, checksums recomputed. */
import { bytesOfHex, bytesOfText } from '../../adapters/rfid/bytes.ts';
import type { AsciiSettings } from '../../adapters/rfid/readers/ascii.ts';
import type { ReaderProtocolName } from '../../adapters/rfid/readers/index.ts';

type Own = Exclude<ReaderProtocolName, 'osdp'>;

export interface Vector {
  name: string;
  protocol: Own;
  ascii?: Partial<AsciiSettings>;
  bytes: Uint8Array;
  uids: string[];
}

export const hex = (text: string): Uint8Array => bytesOfHex(text.replaceAll(' ', '')) ?? new Uint8Array(0);
const text = bytesOfText;

const ascii = (name: string, bytes: Uint8Array, uid: string, settings: Partial<AsciiSettings> = {}): Vector => ({
  name,
  protocol: 'ascii',
  ascii: settings,
  bytes,
  uids: [uid],
});
const other = (name: string, protocol: Own, bytes: Uint8Array, ...uids: string[]): Vector => ({
  name,
  protocol,
  bytes,
  uids,
});

export const IDTECK: Partial<AsciiSettings> = {
  start: '\\x02',
  end: '\\x03',
  checksum: 'lrc',
  checksumPlace: 'after-end',
};
const INDITAG: Partial<AsciiSettings> = { start: ':', checksum: 'sum' };
const CODATEX: Partial<AsciiSettings> = { start: '\\x02', prefix: 'R', end: '\\x04', length: 10 };
const BINARY: Partial<AsciiSettings> = {
  start: '\\x02',
  prefix: '\\x0a\\x02',
  end: '\\x03',
  content: 'binary',
  length: 5,
  checksum: 'xor',
};
const DECIMAL: Partial<AsciiSettings> = { content: 'decimal' };

export const VECTORS: readonly Vector[] = [
  ascii('a line of hex digits', text('04A1B2C3\r\n'), '04A1B2C3'),
  ascii('a line ended by CR alone', text('0621A5\r'), '0621A5'),
  ascii('a line with separators and small letters', text('04:51:aa:c3:79:00:80\n'), '0451AAC3790080'),
  ascii('IDTECK, LRC after ETX', hex('02 30 30 31 31 32 32 33 33 34 34 03 01'), '0011223344', IDTECK),
  ascii('TWN3 HID Prox', text('1A808001C0\r'), '1A808001C0'),
  ascii('TWN3 IndiTag', text(':112233445501\r\n'), '1122334455', INDITAG),
  ascii('Codatex', text('\x02R1D37FA4B02\x04'), '1D37FA4B02', CODATEX),
  ascii('STX LEN TYPE SNR BCC ETX', hex('02 0A 02 06 00 8E 6D 5D B0 03'), '06008E6D5D', BINARY),
  ascii('Promag, last byte first', text('C3B2A104\r\n'), '04A1B2C3', { byteOrder: 'lsb' }),
  ascii('ten decimal digits', text('4212056587\r\n'), 'FB0EE20B', { ...DECIMAL, length: 10 }),
  ascii('ten decimal digits, zeros first', text('0000401829\r\n'), '000621A5', { ...DECIMAL, length: 10 }),
  ascii('seven bytes as a decimal number', text('1215693772619904\r\n'), '0451AAC3790080', DECIMAL),
  ascii('Wiegand 26 as two decimal numbers', text('006,08613\r\n'), '000621A5', DECIMAL),
  ascii('a checksum that looks like the end', hex('02 30 30 30 30 30 30 30 31 03 03'), '00000001', {
    start: '\\x02',
    end: '\\x03',
    checksum: 'lrc',
    length: 8,
  }),
  other('ID-12LA', 'id-12la', hex('02 30 43 30 30 30 36 32 31 41 35 38 45 0D 0A 03'), '0C000621A5'),
  other('RDM6300', 'id-12la', hex('02 36 32 45 33 30 38 36 43 45 44 30 38 03'), '62E3086CED'),
  other('TWN4, seven bytes', 'twn4', text('00018038070451AAC3790080\r'), '0451AAC3790080'),
  other('TWN4, four bytes', 'twn4', text('0001802004FB0EE20B\r'), 'FB0EE20B'),
  other('TWN4, EM4102', 'twn4', text('00014028050C000621A5\r'), '0C000621A5'),
  other('TWN4, no card', 'twn4', text('0000\r')),
  other('PN532, four bytes', 'pn532', hex('00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 FB 0E E2 0B D8 00'), 'FB0EE20B'),
  other(
    'PN532, seven bytes',
    'pn532',
    hex('00 00 FF 0F F1 D5 4B 01 01 00 44 00 07 04 51 AA C3 79 00 00 58 00'),
    '0451AAC3790000',
  ),
  other(
    'PN532, DESFire with ATS',
    'pn532',
    hex('00 00 FF 15 EB D5 4B 01 01 03 44 20 07 04 25 2A 6A 4E 58 80 06 75 77 81 02 80 98 00'),
    '04252A6A4E5880',
  ),
  other('PN532, no card', 'pn532', hex('00 00 FF 03 FD D5 4B 00 E0 00')),
  other('Modbus', 'modbus-rtu', hex('01 04 04 04 A1 B2 C3 9F A7'), '04A1B2C3'),
];
