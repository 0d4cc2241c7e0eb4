import { bytesOfHex, bytesOfText, hexOf, textOf } from '../../rfid/bytes.ts';
import type { SimulatedReader } from './device.ts';
import { createShown } from './device.ts';

const LONGEST_COMMAND = 64;

/** What the outputs and the buzzer do at each command (simple protocol 1.5.3); of the LEDs bit 0 is red and bit 1 green. */
const EFFECTS: Readonly<Record<string, string>> = { '0402': 'on', '0403': 'off', '0405': 'blinks', '0407': 'beep' };

/** Elatec TWN4 with the simple protocol as text, without CRC. */
export function createTwn4Reader(): SimulatedReader {
  const shown = createShown();
  let card: string | null = null;
  let held = '';

  function show(command: string): void {
    const effect = EFFECTS[command.slice(0, 4)];
    const outputs = Number.parseInt(command.slice(4, 6), 16);
    if (effect === 'beep') shown.add(effect);
    else if (effect !== undefined) shown.add(outputs === 3 ? 'dark' : `${outputs === 2 ? 'green' : 'red'} ${effect}`);
  }

  function answer(command: string): string {
    if (bytesOfHex(command) === null) return '05';
    if (/^0500..$/.test(command)) return card === null ? '0000' : tag(card);
    if (!/^04(00|02|03|05|07)/.test(command)) return '01';
    show(command);
    return '00';
  }

  return {
    receive(bytes) {
      const commands = (held + textOf(bytes)).split('\r');
      held = (commands.pop() ?? '').slice(0, LONGEST_COMMAND);
      return commands.map((command) => bytesOfText(`${answer(command)}\r`));
    },
    present(uid) {
      card = uid;
      return [];
    },
    remove() {
      card = null;
    },
    shown: shown.list,
  };
}

/** A MIFARE card (type 80): its bits, its bytes, its number. */
function tag(uid: string): string {
  const bytes = uid.length / 2;
  return `000180${hexOf(Uint8Array.of(bytes * 8, bytes))}${uid}`;
}
