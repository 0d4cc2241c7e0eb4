import type { SimulatedReader } from './device.ts';
import { createModbusReader } from './modbus-rtu.ts';
import { createPn532Reader } from './pn532.ts';
import { createAsciiReader, createId12laReader } from './speaking.ts';
import { createTwn4Reader } from './twn4.ts';

/** A simulated reader of each protocol, as such readers are delivered; OSDP's has more to set and stands in `osdp.ts`. */
export const simulatedReaders = {
  ascii: createAsciiReader,
  'id-12la': createId12laReader,
  twn4: createTwn4Reader,
  pn532: createPn532Reader,
  'modbus-rtu': () => createModbusReader(),
} as const satisfies Record<string, () => SimulatedReader>;

export type SimulatedReaderName = keyof typeof simulatedReaders;
