/** The two checks a frame may end in (OSDP 2.2, 5.9): two bytes of CRC-16, low byte first, or one byte of checksum. */
export type Check = 'crc16' | 'checksum';

const POLYNOMIAL = 0x1021;
const START = 0x1d0f;

/** The CRC-16 of OSDP: polynomial 1021, start value 1D0F, no reflection. */
export function crc16(bytes: Uint8Array): number {
  let crc = START;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
    crc &= 0xffff;
  }
  return crc;
}

/** The byte that makes the sum of all bytes zero, modulo 256. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}

/** The bytes that end a frame after `bytes`. */
export function checkBytes(bytes: Uint8Array, check: Check): number[] {
  if (check === 'checksum') return [checksum(bytes)];
  const crc = crc16(bytes);
  return [crc & 0xff, crc >> 8];
}

/** How many bytes that check takes. */
export const checkLength = (check: Check): number => (check === 'crc16' ? 2 : 1);
