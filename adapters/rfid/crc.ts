/** All bytes exclusive-or'ed. */
export function xorOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum ^ byte, 0);
}

/** The byte that makes the sum of all a multiple of 256 (two's complement). */
export function complementOf(bytes: Uint8Array): number {
  return -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}

/** CRC-16 with a reflected polynomial, starting at FFFF. */
function reflectedCrc(bytes: Uint8Array, polynomial: number): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >> 1) ^ polynomial : crc >> 1;
  }
  return crc;
}

/** The CRC of Modbus RTU (Modbus over Serial Line 1.02, 6.2.2), low byte first on the wire. */
export function modbusCrc(bytes: Uint8Array): Uint8Array {
  return littleEndian(reflectedCrc(bytes, 0xa001));
}

/** The CRC of Elatec's simple protocol (reversed CCITT, 1.3.3), low byte first on the wire. */
export function elatecCrc(bytes: Uint8Array): Uint8Array {
  return littleEndian(reflectedCrc(bytes, 0x8408));
}

function littleEndian(word: number): Uint8Array {
  return Uint8Array.of(word & 0xff, word >> 8);
}
