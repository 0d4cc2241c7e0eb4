import { COMMAND, SECURITY } from './codes.ts';
import type { Request } from './feedback.ts';
import {
  beginSession,
  clientCryptogram,
  defaultKey,
  deriveKeys,
  initialMac,
  sameBytes,
  serverCryptogram,
  type Session,
  type SessionKeys,
} from './secure-channel.ts';

/** Yields so many random bytes. */
export type RandomSource = (count: number) => Uint8Array;

const RANDOM_LENGTH = 8;
const READER_ID_LENGTH = 8;
const CRYPTOGRAM_LENGTH = 16;
/** Says in a security block which key is meant. */
const OWN_KEY = 1;
const DEFAULT_KEY = 0;
/** SCBK. */
const KEY_TYPE = 1;

/** The panel's side of a handshake (OSDP 2.2, D.4). */
export interface Handshake {
  baseKey: Uint8Array;
  /** With the key that everybody knows. */
  byDefaultKey: boolean;
  panelRandom: Uint8Array;
}

/** A handshake whose reader has proved itself. */
export interface Proof {
  keys: SessionKeys;
  /** Ours. */
  cryptogram: Uint8Array;
}

/** Begins one; with the default key where no key is given. */
export const beginHandshake = (key: Uint8Array | null, random: RandomSource): Handshake => ({
  baseKey: key ?? defaultKey(),
  byDefaultKey: key === null,
  panelRandom: random(RANDOM_LENGTH),
});

const block = (type: number, { byDefaultKey }: Handshake): Uint8Array =>
  Uint8Array.of(type, byDefaultKey ? DEFAULT_KEY : OWN_KEY);

/** osdp_CHLNG. */
export const challenge = (handshake: Handshake): Request => ({
  code: COMMAND.challenge,
  data: handshake.panelRandom,
  security: block(SECURITY.challenge, handshake),
});

/** Verifies the reader's answer to the challenge (osdp_CCRYPT): its id, its random number, its cryptogram. Null where it has not the key. */
export function proofOf({ baseKey, panelRandom }: Handshake, data: Uint8Array): Proof | null {
  if (data.length !== READER_ID_LENGTH + RANDOM_LENGTH + CRYPTOGRAM_LENGTH) return null;
  const readerRandom = data.subarray(READER_ID_LENGTH, READER_ID_LENGTH + RANDOM_LENGTH);
  const keys = deriveKeys(baseKey, panelRandom);
  const expected = clientCryptogram(keys, panelRandom, readerRandom);
  if (!sameBytes(expected, data.subarray(READER_ID_LENGTH + RANDOM_LENGTH))) return null;
  return { keys, cryptogram: serverCryptogram(keys, panelRandom, readerRandom) };
}

/** osdp_SCRYPT: our own proof. */
export const answerProof = (handshake: Handshake, { cryptogram }: Proof): Request => ({
  code: COMMAND.serverCryptogram,
  data: cryptogram,
  security: block(SECURITY.serverCryptogram, handshake),
});

/** The session that follows from the reader's last word (osdp_RMAC_I). Null where it is not what it must be. */
export function sessionOf({ keys, cryptogram }: Proof, data: Uint8Array): Session | null {
  const expected = initialMac(keys, cryptogram);
  return sameBytes(expected, data) ? beginSession(keys, expected) : null;
}

/** osdp_KEYSET: gives the reader its own key. To be sent inside a session only. */
export const setKey = (key: Uint8Array): Request => ({
  code: COMMAND.keySet,
  data: Uint8Array.of(KEY_TYPE, key.length, ...key),
});
