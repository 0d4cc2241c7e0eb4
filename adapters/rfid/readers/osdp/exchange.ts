import { NAK, REPLY, reasonOf } from './codes.ts';
import type { Check } from './crc.ts';
import type { Request } from './feedback.ts';
import { encodeFrame, type Frame } from './frames.ts';
import { sameBytes, seal, unseal, type Session } from './secure-channel.ts';

/** What an answer must look like to be believed outside a session. */
export interface Expected {
  /** The type of its security block, none where undefined. */
  block: number | undefined;
  /** May it be a plain ACK inside a session? A reader that takes a new key drops the session first. */
  plainAck: boolean;
}

/** What came of a reply. */
export type Reception =
  | { kind: 'answer'; asked: number; code: number; data: Uint8Array }
  /** The reader wants the request again, later. */
  | { kind: 'busy' }
  /** The answer to a repeated request, once more: nothing new. */
  | { kind: 'stale' }
  /** Not to be believed, as a clause that follows the reader's name: both sides must begin anew. */
  | { kind: 'unbelievable'; why: string };

/** Requests and answers with one reader: sequence numbers, repeats, and the secure session once there is one. */
export interface Exchange {
  /** The request that waits for its answer, as it was sent; else a new one, which `make` chooses. */
  request(make: () => Request): Uint8Array;
  /** Takes a reply that carries the reader's address. */
  receive(frame: Frame, expected: Expected): Reception;
  /** No answer came: how often for this request by now; 0 where none waits. */
  missed(): number;
  waiting(): boolean;
  inSession(): boolean;
  begin(session: Session): void;
  /** Begins anew with sequence number 0, which makes the reader forget the session as well. */
  reset(): void;
  /** From now on with the checksum; false where that was so already. */
  fallBack(): boolean;
}

interface Pending {
  code: number;
  sequence: number;
  bytes: Uint8Array;
  missed: number;
}

/** Makes one that begins with sequence number 0. */
export function createExchange(address: number, firstCheck: Check): Exchange {
  let check = firstCheck;
  let lastSequence: number | null = null;
  let session: Session | null = null;
  let pending: Pending | null = null;
  let lastReply: Uint8Array = new Uint8Array(0);

  function framed({ code, data, security }: Request): Pending {
    const sequence = lastSequence === null ? 0 : (lastSequence % 3) + 1;
    const packet = { address, reply: false, sequence, code, data };
    if (!session)
      return { code, sequence, missed: 0, bytes: encodeFrame({ ...packet, security: security ?? null }, check) };
    const sealed = seal(session, packet, check);
    session = sealed.session;
    return { code, sequence, missed: 0, bytes: sealed.bytes };
  }

  /** The data where it may be believed, else why not. */
  function open(frame: Frame, { block, plainAck }: Expected): Uint8Array | string {
    const plain = frame.security === null;
    if (!session) {
      const belongs = frame.security?.[0] === block || (plain && frame.code === REPLY.nak);
      return belongs ? frame.data : 'answered with a security block that does not belong there';
    }
    const inner = unseal(session, frame);
    if (inner) {
      session = inner.session;
      return inner.data;
    }
    if (plain && plainAck && frame.code === REPLY.ack) return frame.data;
    if (plain && frame.code === REPLY.nak) return `has left the secure channel: ${reasonOf(frame.data[0])}`;
    return 'answered outside the secure channel, or what it answered was altered or replayed';
  }

  return {
    request(make) {
      pending ??= framed(make());
      return pending.bytes;
    },

    receive(frame, expected) {
      if (!pending) return { kind: 'stale' };
      const { code: asked, sequence } = pending;
      const busy = frame.code === REPLY.busy && frame.security === null;
      if (busy && (frame.sequence === 0 || frame.sequence === sequence)) return { kind: 'busy' };
      if (sameBytes(frame.bytes, lastReply) && frame.sequence !== sequence) return { kind: 'stale' };
      const refused = !session && frame.code === REPLY.nak && frame.data[0] === NAK.sequence;
      if (frame.sequence !== sequence && !refused) {
        return {
          kind: 'unbelievable',
          why: `answered with sequence number ${frame.sequence} where ${sequence} was due`,
        };
      }
      const data = open(frame, expected);
      if (typeof data === 'string') return { kind: 'unbelievable', why: data };
      pending = null;
      lastSequence = sequence;
      lastReply = frame.bytes;
      return { kind: 'answer', asked, code: frame.code, data };
    },

    missed() {
      if (pending) pending.missed += 1;
      return pending?.missed ?? 0;
    },

    waiting: () => pending !== null,
    inSession: () => session !== null,

    begin(established) {
      session = established;
    },

    reset() {
      lastSequence = null;
      session = null;
      pending = null;
    },

    fallBack() {
      const changed = check === 'crc16';
      check = 'checksum';
      return changed;
    },
  };
}
