import { COMMAND, NAK, REPLY, SECURITY } from '../../rfid/readers/osdp/codes.ts';
import { createFrameFinder, encodeFrame, type Frame } from '../../rfid/readers/osdp/frames.ts';
import type { RandomSource } from '../../rfid/readers/osdp/handshake.ts';
import {
  beginSession,
  clientCryptogram,
  defaultKey,
  deriveKeys,
  initialMac,
  sameBytes,
  seal,
  serverCryptogram,
  unseal,
  type Session,
  type SessionKeys,
} from '../../rfid/readers/osdp/secure-channel.ts';
import { createShown, type SimulatedReader } from './device.ts';
import { bytesReport, type CardReport } from './osdp-reports.ts';

/** A simulated OSDP reader: the peripheral's side of the bus. */
export interface OsdpReaderOptions {
  address: number;
  /** Its secure channel key; null: it was given none yet. */
  key: Uint8Array | null;
  /** Does it take the default key, until it is given its own? */
  installMode: boolean;
  /** Does it refuse to be polled outside the secure channel? */
  secureOnly: boolean;
  led: boolean;
  buzzer: boolean;
  random: RandomSource;
}

/** It tells of a card once, at the next poll, in the card's own bytes; what it is told to show reads `green for 2 s`, `beep`. */
export interface SimulatedOsdpReader extends SimulatedReader {
  /** Tells of a card in another form, or of anything else, at the next poll. */
  report(report: CardReport): void;
  /** Answers so many commands with BUSY. */
  beBusy(times: number): void;
  /** As after a loss of power: the key stays, the session and the sequence do not. */
  reboot(): void;
  secured(): boolean;
  key(): Uint8Array | null;
}

interface Answer {
  code: number;
  data: Uint8Array;
  security?: Uint8Array;
}

const NOTHING = new Uint8Array(0);
const ACK: Answer = { code: REPLY.ack, data: NOTHING };
const nak = (reason: number): Answer => ({ code: REPLY.nak, data: Uint8Array.of(reason) });

/** Vendor, model, version, serial number and firmware, as made up for the simulator. */
const IDENTITY = Uint8Array.of(0x5c, 0x26, 0x23, 1, 1, 0x2a, 0, 0, 0, 1, 0, 0);
const READER_ID = Uint8Array.of(0x5c, 0x26, 1, 1, 0x2a, 0, 0, 0);
const SUCCEEDED = 1;

/** Function, compliance level, items (OSDP 2.2, annex B): check, security, then what it shows with. */
const capabilities = ({ led, buzzer, key, installMode }: OsdpReaderOptions): Uint8Array =>
  Uint8Array.of(
    8,
    1,
    0,
    9,
    key || installMode ? 1 : 0,
    0,
    4,
    led ? 4 : 0,
    led ? 1 : 0,
    5,
    buzzer ? 2 : 0,
    buzzer ? 1 : 0,
  );

const COLORS = ['dark', 'red', 'green', 'amber', 'blue'];

/** A temporary light; times are tenths of a second. */
function lightOf([, , control, , off, color = 0, , low = 0, high = 0]: Uint8Array): string[] {
  if (control !== 2) return [];
  return [`${COLORS[color]}${off === 0 ? '' : ' blinking'} for ${(low | (high << 8)) / 10} s`];
}

const beepsOf = ([, tone, , , count = 0]: Uint8Array): string[] =>
  tone === 2 ? Array.from({ length: count }, () => 'beep') : [];

/** Makes a reader that has just been switched on. */
export function createOsdpReader(options: OsdpReaderOptions): SimulatedOsdpReader {
  const { address, random } = options;
  const finder = createFrameFinder();
  const reports: CardReport[] = [];
  const shown = createShown();
  let { key, installMode } = options;
  let busy = 0;
  let lastSequence: number | null = null;
  let last: { command: Uint8Array; reply: Uint8Array } | null = null;
  let handshake: { keys: SessionKeys; cryptogram: Uint8Array } | null = null;
  let session: Session | null = null;

  function forget(): void {
    lastSequence = null;
    last = null;
    handshake = null;
    session = null;
  }

  function challenged(panelRandom: Uint8Array, ownKey: boolean): Answer {
    session = null;
    const baseKey = ownKey ? key : installMode ? defaultKey() : null;
    if (!baseKey) return nak(NAK.securityBlock);
    const readerRandom = random(8);
    const keys = deriveKeys(baseKey, panelRandom);
    handshake = { keys, cryptogram: serverCryptogram(keys, panelRandom, readerRandom) };
    const data = Uint8Array.of(...READER_ID, ...readerRandom, ...clientCryptogram(keys, panelRandom, readerRandom));
    return { code: REPLY.clientCryptogram, data, security: Uint8Array.of(SECURITY.clientCryptogram, ownKey ? 1 : 0) };
  }

  function proved(cryptogram: Uint8Array): Answer {
    if (!handshake || !sameBytes(handshake.cryptogram, cryptogram)) return nak(NAK.securityBlock);
    const data = initialMac(handshake.keys, handshake.cryptogram);
    return { code: REPLY.initialMac, data, security: Uint8Array.of(SECURITY.initialMac, SUCCEEDED) };
  }

  function takeKey(data: Uint8Array): Answer {
    if (!session) return nak(NAK.securityNeeded);
    if (data[0] !== 1 || data[1] !== 16 || data.length !== 18) return nak(NAK.length);
    key = data.slice(2);
    installMode = false;
    return ACK;
  }

  function show(effects: string[], able: boolean): Answer {
    if (!able) return nak(NAK.unknownCommand);
    effects.forEach(shown.add);
    return ACK;
  }

  function obey(code: number, data: Uint8Array): Answer {
    switch (code) {
      case COMMAND.identify:
        return { code: REPLY.identity, data: IDENTITY };
      case COMMAND.capabilities:
        return { code: REPLY.capabilities, data: capabilities({ ...options, key, installMode }) };
      case COMMAND.poll:
        return reports.shift() ?? ACK;
      case COMMAND.led:
        return show(lightOf(data), options.led);
      case COMMAND.buzzer:
        return show(beepsOf(data), options.buzzer);
      case COMMAND.keySet:
        return takeKey(data);
      default:
        return nak(NAK.unknownCommand);
    }
  }

  const openToAll = (code: number): boolean => code === COMMAND.identify || code === COMMAND.capabilities;

  function answerTo(frame: Frame): Answer {
    const [type, ownKey] = frame.security ?? [];
    if (type === SECURITY.challenge) return challenged(frame.data, ownKey === 1);
    if (type === SECURITY.serverCryptogram) return proved(frame.data);
    if (session) {
      const inner = unseal(session, frame);
      session = inner && inner.session;
      return inner ? obey(frame.code, inner.data) : nak(NAK.securityNeeded);
    }
    if (type !== undefined) return nak(NAK.securityBlock);
    return options.secureOnly && !openToAll(frame.code) ? nak(NAK.securityNeeded) : obey(frame.code, frame.data);
  }

  function replyTo(frame: Frame): Uint8Array {
    const { sequence, check } = frame;
    const plain = { address, reply: true, sequence };
    if (busy > 0) {
      busy -= 1;
      return encodeFrame({ ...plain, sequence: 0, code: REPLY.busy, data: NOTHING, security: null }, check);
    }
    if (last && sameBytes(last.command, frame.bytes)) return last.reply;
    if (sequence === 0) forget();
    const due = lastSequence === null ? 0 : (lastSequence % 3) + 1;
    if (sequence !== due) return encodeFrame({ ...plain, ...nak(NAK.sequence), security: null }, check);
    lastSequence = sequence;
    const { security = null, ...answer } = answerTo(frame);
    let reply: Uint8Array;
    if (session) ({ bytes: reply, session } = seal(session, { ...plain, ...answer }, check));
    else reply = encodeFrame({ ...plain, ...answer, security }, check);
    if (answer.code === REPLY.initialMac && handshake) session = beginSession(handshake.keys, answer.data);
    last = { command: frame.bytes, reply };
    return reply;
  }

  return {
    receive: (bytes) =>
      finder
        .push(bytes)
        .frames.filter((frame) => !frame.reply && frame.address === address)
        .map(replyTo),
    present(uid) {
      reports.push(bytesReport(uid));
      return [];
    },
    remove() {
      // It has been told of, or will be: the reader does not say how long a card stays.
    },
    report: (report) => void reports.push(report),
    beBusy(times) {
      busy = times;
    },
    reboot: forget,
    secured: () => session !== null,
    key: () => key,
    shown: shown.list,
  };
}
