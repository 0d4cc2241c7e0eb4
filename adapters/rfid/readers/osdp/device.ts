import type { Millis } from '../../../../gateway/domain/time.ts';
import type { Feedback } from '../../../../gateway/domain/readers.ts';
import { formattedCard, rawCard, type CardResult } from './cards.ts';
import { COMMAND, NAK, REPLY, SECURITY, reasonOf } from './codes.ts';
import type { Check } from './crc.ts';
import { createExchange, type Expected } from './exchange.ts';
import { feedbackCommands, outputsOf, type Outputs, type Request } from './feedback.ts';
import type { Frame } from './frames.ts';
import {
  answerProof,
  beginHandshake,
  challenge,
  proofOf,
  sessionOf,
  setKey,
  type Handshake,
  type Proof,
  type RandomSource,
} from './handshake.ts';

/** Where the conversation stands. */
type Phase =
  | { name: 'identify' | 'capabilities' | 'online' }
  | { name: 'challenge'; handshake: Handshake }
  | { name: 'prove'; handshake: Handshake; proof: Proof }
  | { name: 'set-key'; key: Uint8Array };

/** Between two polls of one reader. */
const POLL_EVERY = 50;
/** After a reader said that it is busy. */
const BUSY_PAUSE = 100;
/** Before a reader is asked anew whose conversation broke. */
const REPAIR_PAUSE = 200;
/** Before a reader is asked again that is not there, or that refuses. */
const ABSENT_PAUSE = 2000;
/** Between two attempts at a secure channel while the reader works without it. */
const SECURE_AGAIN = 60_000;
const MOST_TRIES = 4;
const LOST_AFTER = 8000;
/** A verdict that could not be shown by then belongs to a driver who has gone. */
const FEEDBACK_LIFE = 3000;
/** A card away for so long is a new tap. */
const AWAY = 1000;

/** Refusals that say nothing of the command itself. */
const BREAKS: readonly number[] = [NAK.check, NAK.sequence, NAK.securityBlock];

const POLL: Request = { code: COMMAND.poll, data: new Uint8Array(0) };

/** A reader on the bus, as it is configured. */
export interface DeviceOptions {
  address: number;
  key: Uint8Array | null;
  install: boolean;
  secureOnly: boolean;
  check: Check;
  random: RandomSource;
}

/** Whom a device tells what it found. */
export interface DeviceEvents {
  card(uid: string): void;
  /** A sentence that names the reader. */
  fault(sentence: string): void;
  alive(): void;
  lost(): void;
}

/** One reader on the bus: what it is to be sent next, and what its answers mean. */
export interface Device {
  readonly address: number;
  /** When it wants its next turn. */
  dueAt(): Millis;
  /** Has it answered lately, and proved itself where its settings ask for that? */
  present(): boolean;
  /** The next message, or the last one again. */
  next(now: Millis): Uint8Array;
  /** A reply came that carries this reader's address, while it was its turn. False: it is not the answer, go on waiting. */
  answered(frame: Frame, now: Millis): boolean;
  /** Its time to answer is over. */
  unanswered(now: Millis): void;
  /** Time passed. */
  watch(now: Millis): void;
  show(feedback: Feedback, now: Millis): void;
}

/** Makes a device that nothing is known of, at the instant the port opened. */
export function createDevice(options: DeviceOptions, events: DeviceEvents, openedAt: Millis): Device {
  const { address, key, secureOnly, random } = options;
  const exchange = createExchange(address, options.check);
  let phase: Phase = { name: 'identify' };
  let outputs: Outputs = { led: false, buzzer: false };
  let outputsKnown = false;
  let feedback: { commands: Request[]; until: Millis } = { commands: [], until: openedAt };
  let dueAt = openedAt;
  let heardAt = openedAt;
  let presence: 'unknown' | 'present' | 'lost' = 'unknown';
  /** Once it has shown that it has its own key, the default key is not tried any more. */
  let hasOwnKey = false;
  let secureAgainAt: Millis | null = null;
  let lastCard: { uid: string; at: Millis } | null = null;

  const fault = (what: string): void => events.fault(`Reader ${address} ${what}.`);

  const handshakeWith = (baseKey: Uint8Array | null): Phase => ({
    name: 'challenge',
    handshake: beginHandshake(baseKey, random),
  });

  function restart(now: Millis, pause: number, into: Phase = { name: 'identify' }): void {
    exchange.reset();
    phase = into;
    dueAt = now + pause;
  }

  function broken(now: Millis, what: string): void {
    fault(what);
    restart(now, REPAIR_PAUSE);
  }

  function heard(now: Millis): void {
    heardAt = now;
    if (presence === 'present') return;
    presence = 'present';
    events.alive();
  }

  function goOnline(now: Millis): void {
    // A reader that tells of itself only inside the channel is asked there again.
    phase = exchange.inSession() && !outputsKnown ? { name: 'capabilities' } : { name: 'online' };
    heard(now);
  }

  function afterCapabilities(now: Millis, report: Uint8Array | null): void {
    outputs = report ? outputsOf(report) : { led: false, buzzer: false };
    outputsKnown = report !== null || exchange.inSession();
    if (key && !exchange.inSession()) phase = handshakeWith(key);
    else goOnline(now);
  }

  function secureFailed(now: Millis, byDefaultKey: boolean, why: string): void {
    if (options.install && !byDefaultKey && !hasOwnKey) return restart(now, REPAIR_PAUSE, handshakeWith(null));
    fault(`has no secure channel: ${why}`);
    if (secureOnly) return restart(now, ABSENT_PAUSE);
    secureAgainAt = now + SECURE_AGAIN;
    restart(now, 0, { name: 'online' });
  }

  /** What the handshake does not go on with; elsewhere the conversation is begun anew. */
  function unbelievable(now: Millis, why: string): void {
    if (phase.name !== 'challenge' && phase.name !== 'prove') return broken(now, why);
    secureFailed(now, phase.handshake.byDefaultKey, `it ${why}`);
  }

  function requestOf(now: Millis): Request {
    switch (phase.name) {
      case 'identify':
        return { code: COMMAND.identify, data: Uint8Array.of(0) };
      case 'capabilities':
        return { code: COMMAND.capabilities, data: Uint8Array.of(0) };
      case 'challenge':
        return challenge(phase.handshake);
      case 'prove':
        return answerProof(phase.handshake, phase.proof);
      case 'set-key':
        return setKey(phase.key);
      case 'online':
        if (now >= feedback.until) feedback.commands = [];
        return feedback.commands.shift() ?? POLL;
    }
  }

  function expected(): Expected {
    const blocks: Partial<Record<Phase['name'], number>> = {
      challenge: SECURITY.clientCryptogram,
      prove: SECURITY.initialMac,
    };
    return { block: blocks[phase.name], plainAck: phase.name === 'set-key' };
  }

  function tellCard(result: CardResult, now: Millis): void {
    if ('fault' in result) return fault(result.fault);
    const held = lastCard?.uid === result.uid && now - lastCard.at < AWAY;
    lastCard = { uid: result.uid, at: now };
    if (!held) events.card(result.uid);
  }

  function report(code: number, data: Uint8Array, now: Millis): void {
    if (code === REPLY.rawCard) tellCard(rawCard(data), now);
    if (code === REPLY.formattedCard) tellCard(formattedCard(data), now);
    if (code !== REPLY.localStatus) return;
    const [tamper = 0, power = 0] = data;
    if (tamper !== 0) fault('says that somebody tampers with it');
    if (power !== 0) fault('says that its power fails');
  }

  function challenged(handshake: Handshake, code: number, data: Uint8Array, now: Millis): void {
    const proof = code === REPLY.clientCryptogram ? proofOf(handshake, data) : null;
    if (proof) phase = { name: 'prove', handshake, proof };
    else secureFailed(now, handshake.byDefaultKey, 'it has not shown that it has the key');
  }

  function proved({ byDefaultKey }: Handshake, proof: Proof, code: number, data: Uint8Array, now: Millis): void {
    const session = code === REPLY.initialMac ? sessionOf(proof, data) : null;
    if (!session) return secureFailed(now, byDefaultKey, 'its last word of the handshake was wrong');
    exchange.begin(session);
    if (byDefaultKey && key) {
      phase = { name: 'set-key', key };
      return;
    }
    hasOwnKey = true;
    secureAgainAt = null;
    goOnline(now);
  }

  /** What an answer means that is no refusal, in the phase it was asked in. */
  function understand(code: number, data: Uint8Array, asked: number, now: Millis): void {
    if (!secureOnly) heard(now);
    dueAt = now;
    switch (phase.name) {
      case 'identify':
        if (code !== REPLY.identity) return broken(now, `answered ${hex(code)} when it was asked who it is`);
        phase = { name: 'capabilities' };
        return;
      case 'capabilities':
        if (code !== REPLY.capabilities) return broken(now, `answered ${hex(code)} when it was asked what it can do`);
        return afterCapabilities(now, data);
      case 'challenge':
        return challenged(phase.handshake, code, data, now);
      case 'prove':
        return proved(phase.handshake, phase.proof, code, data, now);
      case 'set-key':
        if (code !== REPLY.ack) return secureFailed(now, true, `it answered ${hex(code)} to its new key`);
        fault('was given its key under the default key, which everybody knows: set install to false now');
        return restart(now, 0, handshakeWith(key));
      case 'online':
        heard(now);
        report(code, data, now);
        if (asked === COMMAND.poll && feedback.commands.length === 0) dueAt = now + POLL_EVERY;
    }
  }

  function refused(reason: number | undefined, asked: number, now: Millis): void {
    const why = reasonOf(reason);
    dueAt = now;
    if (phase.name === 'challenge' || phase.name === 'prove') {
      return secureFailed(now, phase.handshake.byDefaultKey, why);
    }
    if (phase.name === 'set-key') return secureFailed(now, true, `it refused its new key, ${why}`);
    // At the first word it does not know the CRC; later one message was damaged on its way.
    if (reason === NAK.check && phase.name === 'identify' && exchange.fallBack()) return restart(now, 0);
    if (reason !== undefined && BREAKS.includes(reason)) return broken(now, `refused a message: ${why}`);
    if (reason === NAK.securityNeeded) {
      if (key && !exchange.inSession()) return restart(now, 0, handshakeWith(key));
      fault(key ? 'has forgotten the secure channel' : 'wants the secure channel: give it a key');
      return restart(now, key ? REPAIR_PAUSE : ABSENT_PAUSE);
    }
    if (phase.name === 'identify') phase = { name: 'capabilities' };
    else if (phase.name === 'capabilities') afterCapabilities(now, null);
    else if (asked === COMMAND.led || asked === COMMAND.buzzer) {
      outputs = { ...outputs, [asked === COMMAND.led ? 'led' : 'buzzer']: false };
      fault(`cannot show what it said it could: ${why}`);
    } else broken(now, `refused to be polled: ${why}`);
  }

  return {
    address,
    dueAt: () => dueAt,
    present: () => presence === 'present',

    next(now) {
      const plain = phase.name === 'online' && !exchange.waiting();
      if (plain && secureAgainAt !== null && now >= secureAgainAt) restart(now, 0, handshakeWith(key));
      return exchange.request(() => requestOf(now));
    },

    answered(frame, now) {
      const reception = exchange.receive(frame, expected());
      if (reception.kind === 'stale') return false;
      if (reception.kind === 'busy') dueAt = now + BUSY_PAUSE;
      else if (reception.kind === 'unbelievable') unbelievable(now, reception.why);
      else if (reception.code === REPLY.nak) refused(reception.data[0], reception.asked, now);
      else understand(reception.code, reception.data, reception.asked, now);
      return true;
    },

    unanswered(now) {
      dueAt = presence === 'lost' ? now + ABSENT_PAUSE : now;
      if (exchange.missed() < MOST_TRIES) return;
      if (phase.name === 'challenge' || phase.name === 'prove') {
        return secureFailed(now, phase.handshake.byDefaultKey, 'it does not answer the handshake');
      }
      restart(now, presence === 'present' ? 0 : ABSENT_PAUSE);
    },

    watch(now) {
      if (presence === 'lost' || now - heardAt < LOST_AFTER) return;
      presence = 'lost';
      feedback = { commands: [], until: now };
      restart(now, ABSENT_PAUSE);
      events.lost();
    },

    show(what, now) {
      if (presence !== 'present') return;
      feedback = { commands: feedbackCommands(what, outputs), until: now + FEEDBACK_LIFE };
      if (phase.name === 'online' && feedback.commands.length > 0) dueAt = Math.min(dueAt, now);
    },
  };
}

const hex = (code: number): string => code.toString(16).toUpperCase().padStart(2, '0');
