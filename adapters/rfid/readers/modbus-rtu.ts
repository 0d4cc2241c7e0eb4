import { hexOf } from '../bytes.ts';
import type { Pending, Request, Station } from '../exchange.ts';
import { createExchange } from '../exchange.ts';
import type { Verdict } from '../polled.ts';
import { createPolledLine } from '../polled.ts';
import type { Feedback } from '../../../gateway/domain/readers.ts';
import type { ReaderProtocol } from '../reader.ts';
import type { ModbusFrame } from './modbus-frames.ts';
import { createModbusFrames, encodeModbus, READ_INPUT_REGISTERS, WRITE_COIL } from './modbus-frames.ts';

/** Where such a reader keeps a card. Numbers of registers and coils are those on the wire, which begin at 0. */
export interface ModbusSettings {
  /** The readers on this line, 1 to 247 each. */
  addresses: number[];
  /** The first input register of the card's number, two bytes each. */
  register: number;
  /** How many are read, 125 at most. */
  count: number;
  /** The registers that may tell how many bytes the number has; none: zeros at its end only fill up. */
  lengthRegisters: number[];
  /** The coils that switch what the reader shows; null where it has no such thing or none is to be used. */
  coils: { green: number | null; red: number | null; buzzer: number | null };
}

type Purpose = 'poll' | 'coil';

/** Between two polls: a tap stays readable for longer than this (`CardDataHoldTime`, 10 ms each). */
const INTERVAL = 100;
const PATIENCE = 300;

/**
 * Readers that keep the number of the card before them in Modbus input registers. As delivered: Quio QDE-950-4, whose manual
 * (1.20, 8.3) has the bytes from register 1 on and their count in 17, but reads as far as 23 in its example.
 */
export const modbusRtu: ReaderProtocol<ModbusSettings> = {
  name: 'modbus-rtu',
  serial: { baudRate: 115_200 },
  polled: true,
  defaults: {
    addresses: [1],
    register: 1,
    count: 23,
    lengthRegisters: [17, 23],
    coils: { green: null, red: null, buzzer: null },
  },
  createLine(settings) {
    const stations: Station[] = settings.addresses.length > 1 ? settings.addresses : [null];
    const addressOf = (station: Station): number => station ?? settings.addresses[0] ?? 1;
    return createPolledLine<ModbusFrame, Purpose>({
      frames: createModbusFrames(),
      stations,
      exchange: createExchange({
        stations,
        interval: INTERVAL,
        poll: (station) => readCard(addressOf(station), settings),
        greet: () => [],
      }),
      judge: (frame, pending) => judge(frame, pending, pending === null ? 0 : addressOf(pending.station), settings),
      show: (feedback, station) =>
        steps(feedback, settings).map(({ after, coil, on }) => ({
          after,
          request: writeCoil(addressOf(station), coil, on),
        })),
    });
  },
};

const MOST_READERS = 8;
const MOST_REGISTERS = 125;

/** What is wrong with settings, a sentence each; nothing where they can be used. */
export function modbusProblems({ addresses, register, count }: ModbusSettings): string[] {
  const within = (value: number, least: number, most: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  const problems = addresses
    .filter((address) => !within(address, 1, 247))
    .map((address) => `The address ${address} is not a whole number from 1 to 247.`);
  if (!within(addresses.length, 1, MOST_READERS)) problems.push(`A line has from 1 to ${MOST_READERS} readers.`);
  if (new Set(addresses).size < addresses.length) problems.push('Two readers on the line have the same address.');
  if (!within(count, 2, MOST_REGISTERS)) problems.push(`From 2 to ${MOST_REGISTERS} registers are read at a time.`);
  if (!within(register, 0, 0xffff - count)) problems.push(`There is no register ${register}, or too few behind it.`);
  return problems;
}

/** The cards in answers to a reading of registers; requests pass. */
export function decodeModbus(bytes: Uint8Array, settings: ModbusSettings): string[] {
  const frames = createModbusFrames();
  const found = [...frames.push(bytes, 0).frames, ...frames.flush().frames];
  return [...new Set(found.flatMap((frame) => ('registers' in frame ? readUid(frame.registers, settings) : [])))];
}

const word = (value: number): [number, number] => [(value >> 8) & 0xff, value & 0xff];

function readCard(address: number, { register, count }: ModbusSettings): Request<Purpose> {
  const bytes = encodeModbus(address, READ_INPUT_REGISTERS, ...word(register), ...word(count));
  return { purpose: 'poll', bytes, patience: PATIENCE };
}

function writeCoil(address: number, coil: number, on: boolean): Request<Purpose> {
  const bytes = encodeModbus(address, WRITE_COIL, ...word(coil), ...word(on ? 0xff00 : 0));
  return { purpose: 'coil', bytes, patience: PATIENCE };
}

interface Switched {
  after: number;
  coil: keyof ModbusSettings['coils'];
  on: boolean;
}

/** On at the first instant, off at the second, and so on. */
const switched = (coil: Switched['coil'], ...instants: number[]): Switched[] =>
  instants.map((after, i) => ({ after, coil, on: i % 2 === 0 }));

const OFF: readonly Switched[] = [
  { after: 0, coil: 'green', on: false },
  { after: 0, coil: 'red', on: false },
];

/** All lights are out after two seconds, also where no verdict follows. */
const DARK = OFF.map((one) => ({ ...one, after: 2_000 }));

const SHOWN: Record<Feedback, readonly Switched[]> = {
  read: [...switched('buzzer', 0, 100), ...DARK],
  accepted: [...OFF, ...switched('green', 0), ...switched('buzzer', 0, 200), ...DARK],
  'accepted-offline': [...OFF, ...switched('green', 0, 300, 600, 900, 1_200), ...switched('buzzer', 0, 200), ...DARK],
  refused: [...OFF, ...switched('red', 0), ...switched('buzzer', 0, 100, 250, 350, 500, 600), ...DARK],
};

function steps(feedback: Feedback, { coils }: ModbusSettings): { after: number; coil: number; on: boolean }[] {
  return SHOWN[feedback]
    .toSorted((a, b) => a.after - b.after)
    .flatMap(({ after, coil, on }) => (coils[coil] === null ? [] : [{ after, coil: coils[coil], on }]));
}

function judge(
  frame: ModbusFrame,
  pending: Pending<Purpose> | null,
  address: number,
  settings: ModbusSettings,
): Verdict {
  const isPoll = pending?.request.purpose === 'poll';
  if ('request' in frame) {
    const isAnswer = pending !== null && !isPoll && hexOf(frame.request) === hexOf(pending.request.bytes);
    // Where our own request comes back it is taken for its answer a moment early, which does no harm.
    return isAnswer ? { answer: null } : { pass: null };
  }
  if (pending === null || frame.address !== address) return { pass: 'unasked' };
  if ('exception' in frame) return { answer: 'refused' };
  if (!isPoll || frame.registers.length !== settings.count * 2) return { pass: 'unasked' };
  return { uids: readUid(frame.registers, settings) };
}

/** Of ISO 14443 and ISO 15693, in bytes. */
const UID_SIZES = [4, 7, 8, 10];

/** The card's number in registers that begin with the first; none where they are all zero. */
function readUid(registers: Uint8Array, { register, lengthRegisters }: ModbusSettings): string[] {
  if (registers.every((byte) => byte === 0)) return [];
  const told = lengthRegisters.map((number) => registers[(number - register) * 2 + 1]);
  const known = told.filter((length) => length !== undefined);
  const size = known.length > 0 ? known.find((length) => length >= 4 && length <= 10) : filledSize(registers);
  return size === undefined || size > registers.length ? [] : [hexOf(registers.subarray(0, size))];
}

/** The least size of a card that holds all but the zeros at the end. */
function filledSize(registers: Uint8Array): number | undefined {
  const used = registers.findLastIndex((byte) => byte !== 0) + 1;
  return UID_SIZES.find((size) => size >= used);
}
