import { bytesOfHex, bytesOfText, concat, hexOf } from '../../rfid/bytes.ts';
import { xorOf } from '../../rfid/crc.ts';
import type { SimulatedReader } from './device.ts';

/** Readers that write each card by themselves and hear nothing. */
function speaking(write: (uid: string) => Uint8Array): SimulatedReader {
  return { receive: () => [], present: (uid) => [write(uid)], remove() {}, shown: [] };
}

/** Writes the card as a line of hex digits. */
export const createAsciiReader = (): SimulatedReader => speaking((uid) => bytesOfText(`${uid}\r\n`));

/** As an ID-12LA writes them; cards have five bytes. */
export function createId12laReader(): SimulatedReader {
  return speaking((uid) => {
    const card = bytesOfHex(uid.padStart(10, '0').slice(-10)) ?? new Uint8Array(5);
    const digits = hexOf(concat(card, Uint8Array.of(xorOf(card))));
    return bytesOfText(`\x02${digits}\r\n\x03`);
  });
}
