import { bytesOfHex, hexOf, textOf } from '../bytes.ts';
import type { Pending, Request } from '../exchange.ts';
import { createExchange } from '../exchange.ts';
import type { Verdict } from '../polled.ts';
import { createPolledLine } from '../polled.ts';
import type { Feedback } from '../../../gateway/domain/readers.ts';
import type { ReaderProtocol } from '../reader.ts';
import type { Twn4Format, Twn4Frame } from './twn4-frames.ts';
import { createTwn4Frames, encodeTwn4 } from './twn4-frames.ts';

/** How the reader's firmware is set up. */
export interface Twn4Settings extends Twn4Format {
  /** The outputs of the LEDs, a bit each. */
  red: number;
  green: number;
}

type Purpose = 'poll' | 'order';

const STATIONS = [null];
/** A search may take as long as this, and a beep as long as it sounds. */
const PATIENCE = 800;

/** Elatec TWN4 with the firmware of the simple protocol (document revision 17): SearchTag is asked again and again. */
export const twn4: ReaderProtocol<Twn4Settings> = {
  name: 'twn4',
  serial: { baudRate: 9600 },
  polled: true,
  defaults: { format: 'text', crc: false, red: 0x01, green: 0x02 },
  createLine(settings) {
    const request = (purpose: Purpose, command: string): Request<Purpose> => ({
      purpose,
      bytes: encodeTwn4(bytesOfHex(command) ?? new Uint8Array(0), settings),
      patience: PATIENCE,
    });
    return createPolledLine({
      frames: createTwn4Frames(settings),
      stations: STATIONS,
      exchange: createExchange({
        stations: STATIONS,
        interval: 100,
        poll: () => request('poll', SEARCH_TAG),
        greet: () => lights(settings).map((command) => request('order', command)),
      }),
      judge,
      show: (feedback) =>
        steps(feedback, settings).map(({ after, command }) => ({ after, request: request('order', command) })),
    });
  },
};

/** The cards in answers to SearchTag; other messages pass. Where the format is not given, text and bytes are told apart. */
export function decodeTwn4(bytes: Uint8Array, settings: Partial<Twn4Format>): string[] {
  const format = settings.format ?? (/^[0-9A-Fa-f\r\n]*$/.test(textOf(bytes)) ? 'text' : 'binary');
  const frames = createTwn4Frames({ format, crc: settings.crc ?? false });
  const found = [...frames.push(bytes, 0).frames, ...frames.flush().frames];
  const answers = found.map((frame) => ('bytes' in frame ? readTag(frame.bytes) : null));
  return [...new Set(answers.flatMap((answer) => answer ?? []))];
}

/** SearchTag for numbers of up to 16 bytes (1.5.4.1). */
const SEARCH_TAG = '050010';

/** The LEDs are outputs and dark (1.5.3.1, 1.5.3.4). */
function lights({ red, green }: Twn4Settings): string[] {
  return [`0400${byte(red | green)}0000`, `0403${byte(red | green)}`];
}

const byte = (value: number): string => hexOf(Uint8Array.of(value));
const word = (value: number): string => hexOf(Uint8Array.of(value & 0xff, value >> 8));

/** Sounds for `on` milliseconds and is still for `off` (1.5.3.8): half as loud as can be, 2400 Hz. */
const beep = (on: number, off: number): string => `0407${byte(50)}${word(2400)}${word(on)}${word(off)}`;

function steps(feedback: Feedback, { red, green }: Twn4Settings): { after: number; command: string }[] {
  const dark = `0403${byte(red | green)}`;
  const shown: Record<Feedback, string[]> = {
    read: [beep(60, 0)],
    accepted: [dark, `0402${byte(green)}`, beep(200, 0)],
    'accepted-offline': [dark, `0405${byte(green)}${word(250)}${word(250)}`, beep(200, 0)],
    refused: [dark, `0402${byte(red)}`, beep(100, 100), beep(100, 100), beep(100, 100)],
  };
  return [...shown[feedback].map((command) => ({ after: 0, command })), { after: 2_000, command: dark }];
}

function judge(frame: Twn4Frame, pending: Pending<Purpose> | null): Verdict {
  if ('fault' in frame) return { pass: frame.fault };
  const [status] = frame.bytes;
  // A failure is a status alone; anything longer that begins like one is a command, our own, come back.
  if (status !== 0 && frame.bytes.length > 1) return { pass: null };
  if (pending === null) return { pass: 'unasked' };
  if (status !== 0) return { answer: 'refused' };
  if (pending.request.purpose === 'order') return frame.bytes.length === 1 ? { answer: null } : { pass: 'unasked' };
  const uids = readTag(frame.bytes);
  if (uids !== null) return { uids };
  return frame.bytes.length === 1 ? { pass: 'unasked' } : { answer: 'form' };
}

/** What SearchTag found: status 00, found or not, type, bits, bytes, number. Null where this is no such answer. */
function readTag(bytes: Uint8Array): string[] | null {
  const [status, found, _type, bits, length] = bytes;
  if (status !== 0) return null;
  if (found === 0 && bytes.length === 2) return [];
  if (found !== 1 || bits === undefined || length === undefined) return null;
  const uid = bytes.subarray(5);
  return uid.length === length && length > 0 && Math.ceil(bits / 8) === length ? [hexOf(uid)] : null;
}
