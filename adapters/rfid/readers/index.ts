import type { ReaderLine, ReaderProtocol } from '../reader.ts';
import type { AsciiSettings } from './ascii.ts';
import { ascii, asciiProblems } from './ascii.ts';
import { id12la } from './id-12la.ts';
import type { ModbusSettings } from './modbus-rtu.ts';
import { modbusProblems, modbusRtu } from './modbus-rtu.ts';
import type { NoSettings } from './no-settings.ts';
import type { OsdpSettings } from './osdp.ts';
import { osdp, osdpProblems } from './osdp.ts';
import { pn532 } from './pn532.ts';
import type { Twn4Settings } from './twn4.ts';
import { twn4 } from './twn4.ts';

/** The settings of each protocol, by its name. */
export interface ReaderSettings {
  ascii: AsciiSettings;
  'id-12la': NoSettings;
  twn4: Twn4Settings;
  pn532: NoSettings;
  osdp: OsdpSettings;
  'modbus-rtu': ModbusSettings;
}

export type ReaderProtocolName = keyof ReaderSettings;

/** Every protocol that readers may speak, by the name that stands in the configuration. */
export const readerProtocols: { readonly [N in ReaderProtocolName]: ReaderProtocol<ReaderSettings[N]> } = {
  ascii,
  'id-12la': id12la,
  twn4,
  pn532,
  osdp,
  'modbus-rtu': modbusRtu,
};

/** Their names, in the order in which they are shown. */
export const READER_PROTOCOLS = [
  'ascii',
  'id-12la',
  'twn4',
  'pn532',
  'osdp',
  'modbus-rtu',
] as const satisfies ReaderProtocolName[];

/** A line for readers of this protocol; what is not given is as such readers are delivered. */
export function createReaderLine<N extends ReaderProtocolName>(
  name: N,
  settings: Partial<ReaderSettings[N]> = {},
): ReaderLine {
  const protocol = readerProtocols[name];
  return protocol.createLine({ ...protocol.defaults, ...settings });
}

const checks: { readonly [N in ReaderProtocolName]: (settings: ReaderSettings[N]) => string[] } = {
  ascii: asciiProblems,
  'id-12la': () => [],
  twn4: () => [],
  pn532: () => [],
  osdp: osdpProblems,
  'modbus-rtu': modbusProblems,
};

/** What is wrong with settings for readers of this protocol, a sentence each; nothing where a line can be made of them. */
export function readerProblems<N extends ReaderProtocolName>(
  name: N,
  settings: Partial<ReaderSettings[N]> = {},
): string[] {
  return checks[name]({ ...readerProtocols[name].defaults, ...settings });
}
