import { randomBytes } from 'node:crypto';
import type { CardRead, ReaderLine, ReaderProtocol } from '../reader.ts';
import { createBus } from './osdp/bus.ts';
import { formattedCard, rawCard, type CardResult } from './osdp/cards.ts';
import { REPLY } from './osdp/codes.ts';
import type { Check } from './osdp/crc.ts';
import { createFrameFinder, type Frame } from './osdp/frames.ts';
import type { RandomSource } from './osdp/handshake.ts';

/** One reader on the bus. */
export interface OsdpReaderSettings {
  /** 0 to 126. */
  address: number;
  /** Its secure channel key (SCBK), 32 hexadecimal digits; null or nothing: it has none. */
  key?: string | null;
  /** May it be given the key under the default key, which everybody knows? For the day it is mounted only. */
  install?: boolean;
  /** Are cards refused that come outside the secure channel? Yes where a key is given and nothing is said. */
  secureOnly?: boolean;
}

/** An RS-485 line with OSDP readers. */
export interface OsdpSettings {
  readers: OsdpReaderSettings[];
  /** How messages are checked; every reader understands the checksum. */
  check: Check;
  /** Is a byte FF sent before each message, to wake the line? */
  mark: boolean;
}

const HIGHEST_ADDRESS = 126;

/** What is wrong with settings, a sentence each; nothing where they can be used. Keys are not quoted. */
export function osdpProblems({ readers }: OsdpSettings): string[] {
  const addresses = readers.map(({ address }) => address);
  const problems = readers.flatMap(({ address, key = null, install = false, secureOnly = false }) => [
    ...(Number.isInteger(address) && address >= 0 && address <= HIGHEST_ADDRESS
      ? []
      : [`The address ${address} is not a whole number from 0 to ${HIGHEST_ADDRESS}.`]),
    ...(key === null || /^[0-9A-Fa-f]{32}$/.test(key) ? [] : [`The key of reader ${address} is not 32 hex digits.`]),
    ...(key === null && install ? [`Reader ${address} cannot be given a key that is not set.`] : []),
    ...(key === null && secureOnly ? [`Reader ${address} cannot be secure without a key.`] : []),
  ]);
  if (readers.length === 0) problems.push('There is no reader on the line.');
  if (new Set(addresses).size < addresses.length) problems.push('Two readers on the line have the same address.');
  return problems;
}

/**
 * Makes the line, with the source of the handshake's random numbers.
 *
 * @throws {RangeError} where `osdpProblems` finds any.
 */
export function createOsdpLine(settings: OsdpSettings, random: RandomSource): ReaderLine {
  const problems = osdpProblems(settings);
  if (problems.length > 0) throw new RangeError(problems.join(' '));
  const readers = settings.readers.map(({ address, key = null, install = false, secureOnly = key !== null }) => ({
    address,
    key: key === null ? null : Uint8Array.from(Buffer.from(key, 'hex')),
    install,
    secureOnly,
  }));
  return createBus({ readers, check: settings.check, mark: settings.mark, random });
}

/** OSDP 2.2 (IEC 60839-11-5), the panel's side: several readers on a line, each polled in turn, with secure channel. */
export const osdp: ReaderProtocol<OsdpSettings> = {
  name: 'osdp',
  serial: { baudRate: 9600 },
  polled: true,
  defaults: { readers: [{ address: 0 }], check: 'crc16', mark: true },
  createLine: (settings) => createOsdpLine(settings, randomBytes),
};

function cardOf({ reply, security, code, data }: Frame): CardResult | null {
  if (!reply || security) return null;
  if (code === REPLY.rawCard) return rawCard(data);
  return code === REPLY.formattedCard ? formattedCard(data) : null;
}

/**
 * The cards in recorded bytes, whoever asked for them: for looking at recordings. Plain replies only, since nobody can
 * read the others. A live line takes no card in this way.
 */
export function decodeReplies(bytes: Uint8Array): CardRead[] {
  const finder = createFrameFinder();
  return [...finder.push(bytes).frames, ...finder.giveUp().frames].flatMap((frame) => {
    const card = cardOf(frame);
    return card && 'uid' in card ? [{ uid: card.uid, address: frame.address }] : [];
  });
}
