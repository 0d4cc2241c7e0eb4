import { bytesOfHex, concat } from '../../rfid/bytes.ts';
import {
  createModbusFrames,
  encodeModbus,
  READ_INPUT_REGISTERS,
  WRITE_COIL,
} from '../../rfid/readers/modbus-frames.ts';
import type { SimulatedReader } from './device.ts';
import { createShown } from './device.ts';

/** Which coil switches what in the simulated reader. */
export const SIMULATED_COILS = { green: 0, red: 1, buzzer: 2 } as const;

/** Registers 1 to 16 hold the number, 17 its length. */
const NUMBER_BYTES = 32;
const ILLEGAL_FUNCTION = 1;

/** A reader like Quio's QDE-950-4. */
export function createModbusReader(address = 1): SimulatedReader {
  const frames = createModbusFrames();
  const shown = createShown();
  let card = new Uint8Array(0);

  function registers(first: number, count: number): Uint8Array {
    const length = Uint8Array.of(0, card.length);
    const all = concat(
      Uint8Array.of(0, 0),
      card,
      new Uint8Array(NUMBER_BYTES - card.length),
      length,
      new Uint8Array(250),
    );
    return all.subarray(first * 2, (first + count) * 2);
  }

  function answer(request: Uint8Array): Uint8Array {
    const [code = 0, high = 0, low = 0, valueHigh = 0, valueLow = 0] = request.subarray(1);
    const [register, value] = [high * 0x100 + low, valueHigh * 0x100 + valueLow];
    if (code === READ_INPUT_REGISTERS) return encodeModbus(address, code, value * 2, ...registers(register, value));
    if (code !== WRITE_COIL) return encodeModbus(address, code | 0x80, ILLEGAL_FUNCTION);
    const coil = Object.entries(SIMULATED_COILS).find(([_name, number]) => number === register)?.[0] ?? 'nothing';
    shown.add(`${coil} ${value === 0 ? 'off' : 'on'}`);
    return request;
  }

  return {
    receive: (bytes) =>
      frames
        .push(bytes, 0)
        .frames.flatMap((frame) => ('request' in frame && frame.address === address ? [answer(frame.request)] : [])),
    present(uid) {
      card = (bytesOfHex(uid) ?? card).slice(0, NUMBER_BYTES);
      return [];
    },
    remove() {
      card = new Uint8Array(0);
    },
    shown: shown.list,
  };
}
