import { bytesOfText, textOf } from '../bytes.ts';
import type { FaultKind } from '../faults.ts';
import type { Frames, Scan } from '../frames.ts';
import { createFrames } from '../frames.ts';
import type { Reading } from '../listening.ts';
import { createListeningLine, readAll } from '../listening.ts';
import type { ReaderProtocol } from '../reader.ts';
import type { AsciiChecksum } from './ascii-checksum.ts';
import { checksumLength, isChecksumRight } from './ascii-checksum.ts';
import { readContent } from './ascii-content.ts';
import type { AsciiContent } from './ascii-content.ts';

/** How such a reader writes a card. Texts may hold `\r`, `\n`, `\t`, `\\` and `\x02`. */
export interface AsciiSettings {
  /** What a message begins with; empty: nothing marks it. */
  start: string;
  /** What it ends with. Made of CR and LF alone it means the end of a line, however the reader writes it; empty: only `length` tells. */
  end: string;
  /** The card as hex digits, as a decimal number, or as bare bytes. */
  content: AsciiContent;
  /** Characters of the card, where they are always as many; bare bytes need it, and so does a message without an end. */
  length: number | null;
  checksum: AsciiChecksum;
  checksumPlace: 'before-end' | 'after-end';
  /** The card's first byte comes first, or last. */
  byteOrder: 'msb' | 'lsb';
  /** Stands before the card in every message and is no part of it. */
  prefix: string;
  /** The same behind the card. */
  suffix: string;
  /** Characters of the card; messages with fewer or more are not used. */
  minLength: number;
  maxLength: number;
}

/**
 * Readers and Wiegand converters that write each card as characters between marks, by themselves, perhaps with a checksum.
 * As delivered it reads lines of hex digits.
 */
export const ascii: ReaderProtocol<AsciiSettings> = {
  name: 'ascii',
  serial: { baudRate: 9600 },
  polled: false,
  defaults: {
    start: '',
    end: '\\r\\n',
    content: 'hex',
    length: null,
    checksum: 'none',
    checksumPlace: 'before-end',
    byteOrder: 'msb',
    prefix: '',
    suffix: '',
    minLength: 6,
    maxLength: 32,
  },
  createLine: (settings) => createListeningLine(messages(settings)),
};

/** What is wrong with settings, a sentence each; nothing where they can be used. */
export function asciiProblems(settings: AsciiSettings): string[] {
  const { content, end, length, minLength, maxLength } = settings;
  const problems: string[] = [];
  if (length !== null && !(Number.isInteger(length) && length >= 1 && length <= LONGEST))
    problems.push(`The length ${length} is not a whole number from 1 to ${LONGEST}.`);
  if (length === null && end === '') problems.push('Without an end a message needs a length.');
  if (length === null && content === 'binary') problems.push('A card in bare bytes needs a length.');
  if (!(minLength >= 1 && minLength <= maxLength && maxLength <= LONGEST))
    problems.push(`The lengths from ${minLength} to ${maxLength} are not within 1 to ${LONGEST}.`);
  return problems;
}

/** The cards in bytes as they came from such a reader. */
export function decodeAscii(bytes: Uint8Array, settings: AsciiSettings): string[] {
  return readAll(messages(settings), bytes);
}

/** No card is longer, whatever the settings say. */
const LONGEST = 64;

function messages(settings: AsciiSettings): Frames<Reading> {
  const format = formatOf(settings);
  return createFrames({
    bound: 2 * (format.overhead + Math.min(LONGEST, Math.max(1, settings.length ?? settings.maxLength)) + 1),
    scan: (bytes) => scan(format, bytes),
    resync: format.start.length > 0,
  });
}

interface Format {
  settings: AsciiSettings;
  start: string;
  end: string;
  prefix: string;
  suffix: string;
  /** Any CR or LF ends it. */
  isLine: boolean;
  /** The start can be no part of a card, so that one amid a message begins another. */
  startsAnew: boolean;
  /** Bytes of the checksum before and after the end. */
  before: number;
  after: number;
  /** All bytes of a message but the card's. */
  overhead: number;
}

function formatOf(settings: AsciiSettings): Format {
  const [start, end, prefix, suffix] = [settings.start, settings.end, settings.prefix, settings.suffix].map(unescape);
  const checksum = checksumLength(settings.checksum, settings.content);
  const before = settings.checksumPlace === 'before-end' ? checksum : 0;
  const after = checksum - before;
  const texts = { start: start ?? '', end: end ?? '', prefix: prefix ?? '', suffix: suffix ?? '' };
  return {
    settings,
    ...texts,
    isLine: after === 0 && /^[\r\n]+$/.test(texts.end),
    startsAnew: settings.content !== 'binary' && /^[^0-9A-Fa-f]/.test(texts.start),
    before,
    after,
    overhead: texts.start.length + texts.prefix.length + texts.suffix.length + texts.end.length + checksum,
  };
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '\\': '\\' };

/** Each escape as its character; what is none stays as it stands. */
function unescape(text: string): string {
  return text.replaceAll(/\\(?:x([0-9A-Fa-f]{2})|([rnt\\]))/g, (_whole, hex?: string, letter?: string) =>
    hex === undefined ? (ESCAPES[letter ?? ''] ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function scan(format: Format, bytes: Uint8Array): Scan<Reading> {
  const text = textOf(bytes);
  const idle = betweenMessages(format, text);
  if (idle > 0) return { take: idle, fault: /[^\r\n\0]/.test(text.slice(0, idle)) ? 'noise' : null };
  if (text.length < format.start.length) return 'more';
  const whole = messageAt(format, text);
  if (isCard(whole) || !format.startsAnew) return whole;
  const anew = text.indexOf(format.start, format.start.length);
  return anew < 0 || (whole !== 'more' && anew >= whole.take) ? whole : begunAnew(format, text, anew);
}

/** What stands at the head, where nothing in it begins another message. */
const messageAt = (format: Format, text: string): Scan<Reading> =>
  isMeasured(format) ? measured(format, text) : marked(format, text);

const isCard = (scan: Scan<Reading>): boolean => scan !== 'more' && 'frame' in scan && 'uid' in scan.frame;

const DIGITS = '0123456789ABCDEFabcdef'.split('');

/**
 * A start amid a message: it broke off and another begins there, or a digit of it was changed into a start. Where a checksum
 * comes right both ways (an exclusive-or does, behind digits that cancel each other out), nobody can tell, and neither is a card.
 */
function begunAnew(format: Format, text: string, anew: number): Scan<Reading> {
  const cut: Scan<Reading> = { take: anew, fault: 'cut' };
  if (format.settings.checksum === 'none') return cut;
  const behind = text.slice(anew);
  const another = messageAt(format, behind);
  if (another === 'more') return behind.includes(format.start, format.start.length) ? cut : 'more';
  if (!isCard(another)) return cut;
  const [head, tail] = [text.slice(0, anew), behind.slice(1, another.take)];
  return DIGITS.some((digit) => isCard(messageAt(format, head + digit + tail)))
    ? { take: anew + another.take, fault: 'checksum' }
    : cut;
}

/** How many bytes at the head belong to no message. */
function betweenMessages(format: Format, text: string): number {
  if (format.start === '') return format.isLine ? text.search(/[^\r\n]|$/) : 0;
  const at = text.indexOf(format.start);
  if (at >= 0) return at;
  // The start itself may have come in part.
  for (let length = Math.min(format.start.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(format.start.slice(0, length))) return text.length - length;
  }
  return text.length;
}

/** Does the number of its bytes tell where a message ends? */
const isMeasured = ({ settings, end }: Format): boolean =>
  settings.length !== null && (settings.content === 'binary' || end === '');

function measured(format: Format, text: string): Scan<Reading> {
  const length = format.overhead + (format.settings.length ?? 0);
  if (text.length < length) return 'more';
  const endsAt = length - format.after - format.end.length;
  if (!text.startsWith(format.end, endsAt)) return { take: 1, fault: 'form' };
  return { take: length, frame: read(format, text, endsAt, length) };
}

function marked(format: Format, text: string): Scan<Reading> {
  const from = format.start.length;
  const endsAt = format.isLine
    ? from + text.slice(from).search(/[\r\n]|$/)
    : text.indexOf(format.end, from + format.before);
  if (endsAt < 0 || endsAt >= text.length) return 'more';
  const endLength = format.isLine ? 1 : format.end.length;
  const length = endsAt + endLength + format.after;
  if (text.length < length) return 'more';
  const frame = read(format, text, endsAt, length);
  // A checksum of one byte before the end may look like the end.
  if ('fault' in frame && format.before === 1 && !format.isLine) {
    const later = text.slice(endsAt + 1, endsAt + 1 + endLength);
    if (later === format.end) return { take: length + 1, frame: read(format, text, endsAt + 1, length + 1) };
    if (format.end.startsWith(later) && later.length < endLength) return 'more';
  }
  return { take: length, frame };
}

/** The message as it stands from the head on: its end at `endsAt`, all of it `length` bytes. */
function read(format: Format, text: string, endsAt: number, length: number): Reading {
  const { settings, start, prefix, suffix } = format;
  const body = text.slice(start.length, endsAt - format.before);
  const checksum =
    format.after > 0 ? text.slice(length - format.after, length) : text.slice(endsAt - format.before, endsAt);
  const covered = text.slice(0, format.after > 0 ? length - format.after : endsAt - format.before);
  const right = isChecksumRight(settings.checksum, settings.content, {
    body,
    covered: bytesOfText(covered),
    checksum,
  });
  if (!right) return { fault: 'checksum' };
  if (!body.startsWith(prefix) || !body.endsWith(suffix)) return { fault: 'form' };
  const content = body.slice(prefix.length, body.length - suffix.length);
  const size = sizeFault(settings, content.length);
  if (size !== null) return { fault: size };
  const uid = readContent(content, settings.content, settings.byteOrder);
  return uid === null ? { fault: 'form' } : { uid };
}

function sizeFault({ length, minLength, maxLength }: AsciiSettings, characters: number): FaultKind | null {
  if (length !== null) return characters === length ? null : 'size';
  return characters >= minLength && characters <= maxLength ? null : 'size';
}
