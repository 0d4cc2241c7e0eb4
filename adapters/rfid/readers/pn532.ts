import { concat, hexOf } from '../bytes.ts';
import type { Pending, Request } from '../exchange.ts';
import { createExchange } from '../exchange.ts';
import type { Verdict } from '../polled.ts';
import { createPolledLine } from '../polled.ts';
import type { ReaderProtocol } from '../reader.ts';
import type { NoSettings } from './no-settings.ts';
import type { Pn532Frame } from './pn532-frames.ts';
import { createPn532Frames, encodePn532, FROM_CHIP, TO_CHIP } from './pn532-frames.ts';

/** The command of a request; its answer bears the next number. */
const COMMANDS = { samConfiguration: 0x14, rfConfiguration: 0x32, inListPassiveTarget: 0x4a } as const;
type Command = (typeof COMMANDS)[keyof typeof COMMANDS];

const STATIONS = [null];

/** The chip sleeps until something comes and needs a moment more: these bytes hold no frame. */
const WAKE = Uint8Array.from({ length: 15 }, (_none, i) => (i < 2 ? 0x55 : 0x00));

/** NXP PN532 over its high speed UART: reads cards of ISO 14443 type A, one at a time, and shows nothing. */
export const pn532: ReaderProtocol<NoSettings> = {
  name: 'pn532',
  serial: { baudRate: 115_200 },
  polled: true,
  defaults: {},
  createLine() {
    let acknowledged: Request<Command> | null = null;
    return createPolledLine<Pn532Frame, Command>({
      frames: createPn532Frames(),
      stations: STATIONS,
      exchange: createExchange({ stations: STATIONS, interval: 150, poll, greet }),
      judge(frame, pending) {
        if ('ack' in frame) {
          acknowledged = frame.ack ? (pending?.request ?? null) : null;
          return { pass: frame.ack ? null : 'refused' };
        }
        return judge(frame, pending?.request === acknowledged ? pending : null);
      },
      show: () => [],
    });
  },
};

/** The cards in answers to InListPassiveTarget; other frames pass. */
export function decodePn532(bytes: Uint8Array): string[] {
  const frames = createPn532Frames();
  const found = [...frames.push(bytes, 0).frames, ...frames.flush().frames];
  const answers = found.map((frame) =>
    'data' in frame && isAnswer(frame.data, 0x4a) ? readTargets(frame.data) : null,
  );
  return [...new Set(answers.flatMap((answer) => answer ?? []))];
}

/** Looks for one card at 106 kbit/s, type A (7.3.5). */
function poll(): Request<Command> {
  return request(COMMANDS.inListPassiveTarget, 0x01, 0x00);
}

/** Wakes the chip, normal mode (7.2.10); then a search shall end after a few tries, for it has no end as delivered (7.3.1, item 5). */
function greet(): Request<Command>[] {
  const sam = request(COMMANDS.samConfiguration, 0x01);
  return [{ ...sam, bytes: concat(WAKE, sam.bytes) }, request(COMMANDS.rfConfiguration, 0x05, 0xff, 0x01, 0x02)];
}

function request(command: Command, ...parameters: number[]): Request<Command> {
  return { purpose: command, bytes: encodePn532(TO_CHIP, command, ...parameters), patience: 800 };
}

const isAnswer = (data: Uint8Array, command: number): boolean => data[0] === FROM_CHIP && data[1] === command + 1;

function judge(frame: Exclude<Pn532Frame, { ack: boolean }>, pending: Pending<Command> | null): Verdict {
  if ('fault' in frame) return { pass: frame.fault };
  const { data } = frame;
  if (data[0] === TO_CHIP) return { pass: null };
  if (pending === null) return { pass: 'unasked' };
  // The error frame (6.2.1.5): the chip did not understand.
  if (data[0] === 0x7f && data.length === 1) return { answer: 'refused' };
  if (!isAnswer(data, pending.request.purpose)) return { pass: 'unasked' };
  if (pending.request.purpose !== COMMANDS.inListPassiveTarget) return { answer: null };
  const uids = readTargets(data);
  return uids === null ? { answer: 'form' } : { uids };
}

const UID_SIZES = [4, 7, 10];

/** The cards of an answer (7.3.5): each its number, SENS_RES, SEL_RES and UID, and an ATS if it speaks ISO 14443-4. Null: no such answer. */
function readTargets(data: Uint8Array): string[] | null {
  const count = data[2] ?? 0;
  const uids: string[] = [];
  let at = 3;
  for (let target = 0; target < count; target += 1) {
    const [sak, size] = [data[at + 3], data[at + 4]];
    if (sak === undefined || size === undefined || !UID_SIZES.includes(size)) return null;
    uids.push(hexOf(data.subarray(at + 5, at + 5 + size)));
    at += 5 + size;
    if ((sak & 0x20) !== 0) at += data[at] ?? 0;
  }
  return data.length === at ? uids : null;
}
