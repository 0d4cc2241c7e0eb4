import { bytesOfHex } from '../../rfid/bytes.ts';
import { createPn532Frames, encodePn532, FROM_CHIP, TO_CHIP } from '../../rfid/readers/pn532-frames.ts';
import type { SimulatedReader } from './device.ts';

const ACK = Uint8Array.of(0x00, 0x00, 0xff, 0x00, 0xff, 0x00);

/** NXP PN532 on its UART. It answers nothing before SAMConfiguration, as the chip does when it was not woken. */
export function createPn532Reader(): SimulatedReader {
  const frames = createPn532Frames();
  let awake = false;
  let card: string | null = null;

  function answer(command: number): Uint8Array | null {
    if (command === 0x14) awake = true;
    if (!awake) return null;
    if (command === 0x14 || command === 0x32) return encodePn532(FROM_CHIP, command + 1);
    if (command !== 0x4a) return encodePn532(0x7f);
    const uid = card === null ? null : bytesOfHex(card);
    if (uid === null) return encodePn532(FROM_CHIP, 0x4b, 0);
    const isLong = uid.length > 4;
    return encodePn532(FROM_CHIP, 0x4b, 1, 1, 0, isLong ? 0x44 : 0x04, isLong ? 0x00 : 0x08, uid.length, ...uid);
  }

  return {
    receive: (bytes) =>
      frames.push(bytes, 0).frames.flatMap((frame) => {
        const [direction, command] = 'data' in frame ? frame.data : [];
        const reply = direction === TO_CHIP && command !== undefined ? answer(command) : null;
        return reply === null ? [] : [ACK, reply];
      }),
    present(uid) {
      card = uid;
      return [];
    },
    remove() {
      card = null;
    },
    shown: [],
  };
}
