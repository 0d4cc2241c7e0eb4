import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto';
import { SECURITY } from './codes.ts';
import type { Check } from './crc.ts';
import { encodeFrame, type Frame, type Packet } from './frames.ts';

const BLOCK = 16;
/** Ends what was padded, before zeros. */
const END_MARK = 0x80;
/** How many bytes of a random number go into the keys. */
const SALT = 6;

/** SCBK-D, the key that everybody knows: for giving a reader its own key, and for nothing else (OSDP 2.2, D.8). */
export const defaultKey = (): Uint8Array => Uint8Array.from({ length: BLOCK }, (_, index) => 0x30 + index);

/** The keys of one session (OSDP 2.2, D.4.1). */
export interface SessionKeys {
  enc: Uint8Array;
  mac1: Uint8Array;
  mac2: Uint8Array;
}

/** An established session: its keys and the last MAC of either side, all 16 bytes, which the next one is chained to. */
export interface Session {
  keys: SessionKeys;
  commandMac: Uint8Array;
  replyMac: Uint8Array;
}

function encryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return Uint8Array.from(Buffer.concat([cipher.update(block), cipher.final()]));
}

function encryptChain(key: Uint8Array, start: Uint8Array, blocks: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-128-cbc', key, start).setAutoPadding(false);
  return Uint8Array.from(Buffer.concat([cipher.update(blocks), cipher.final()]));
}

function decryptChain(key: Uint8Array, start: Uint8Array, blocks: Uint8Array): Uint8Array {
  const decipher = createDecipheriv('aes-128-cbc', key, start).setAutoPadding(false);
  return Uint8Array.from(Buffer.concat([decipher.update(blocks), decipher.final()]));
}

/** Compares in constant time; false where the lengths differ. */
export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && timingSafeEqual(one, other);

const inverted = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => ~byte);

const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** The keys that follow from the base key and the panel's random number of 8 bytes. */
export function deriveKeys(baseKey: Uint8Array, panelRandom: Uint8Array): SessionKeys {
  const derive = (first: number, second: number): Uint8Array => {
    const block = new Uint8Array(BLOCK);
    block.set([first, second]);
    block.set(panelRandom.subarray(0, SALT), 2);
    return encryptBlock(baseKey, block);
  };
  return { enc: derive(0x01, 0x82), mac1: derive(0x01, 0x01), mac2: derive(0x01, 0x02) };
}

/** By this the reader proves that it has the key. */
export const clientCryptogram = (keys: SessionKeys, panelRandom: Uint8Array, readerRandom: Uint8Array): Uint8Array =>
  encryptBlock(keys.enc, join(panelRandom, readerRandom));

/** By this the panel proves it. */
export const serverCryptogram = (keys: SessionKeys, panelRandom: Uint8Array, readerRandom: Uint8Array): Uint8Array =>
  encryptBlock(keys.enc, join(readerRandom, panelRandom));

/** R-MAC-I: what the first MAC of the session is chained to. */
export const initialMac = (keys: SessionKeys, cryptogram: Uint8Array): Uint8Array =>
  encryptBlock(keys.mac2, encryptBlock(keys.mac1, cryptogram));

/** Begins a session with the MAC that its handshake ended in. */
export const beginSession = (keys: SessionKeys, firstMac: Uint8Array): Session => ({
  keys,
  commandMac: new Uint8Array(BLOCK),
  replyMac: firstMac,
});

function padded(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.ceil((bytes.length + 1) / BLOCK) * BLOCK);
  result.set(bytes);
  result[bytes.length] = END_MARK;
  return result;
}

/** The MAC, all 16 bytes: CBC with S-MAC1, the last block with S-MAC2 (OSDP 2.2, D.5). Whole blocks are not padded. */
export function macOf(keys: SessionKeys, chainedTo: Uint8Array, covered: Uint8Array): Uint8Array {
  const blocks = covered.length > 0 && covered.length % BLOCK === 0 ? covered : padded(covered);
  const last = blocks.length - BLOCK;
  const before = last > 0 ? encryptChain(keys.mac1, chainedTo, blocks.subarray(0, last)).subarray(-BLOCK) : chainedTo;
  return encryptChain(keys.mac2, before, blocks.subarray(last));
}

/** Enciphers data, always padded; chained to the inverse of the other side's last MAC (OSDP 2.2, D.4.5). */
export const encipher = (keys: SessionKeys, chainedTo: Uint8Array, data: Uint8Array): Uint8Array =>
  encryptChain(keys.enc, inverted(chainedTo), padded(data));

/** The data again; null where it is not whole blocks or its padding is wrong. No bytes at all are no data. */
export function decipher(keys: SessionKeys, chainedTo: Uint8Array, data: Uint8Array): Uint8Array | null {
  if (data.length === 0) return data;
  if (data.length % BLOCK !== 0) return null;
  const plain = decryptChain(keys.enc, inverted(chainedTo), data);
  const end = plain.findLastIndex((byte) => byte !== 0);
  return plain[end] === END_MARK ? plain.subarray(0, end) : null;
}

/** Each side's MAC is chained to the other's last one. */
const chainOf = (session: Session, reply: boolean): Uint8Array => (reply ? session.commandMac : session.replyMac);

const advanced = (session: Session, reply: boolean, mac: Uint8Array): Session =>
  reply ? { ...session, replyMac: mac } : { ...session, commandMac: mac };

/** Writes a message inside the session, and the session as it stands after it. The security block is chosen here. */
export function seal(
  session: Session,
  packet: Omit<Packet, 'security'>,
  check: Check,
): { bytes: Uint8Array; session: Session } {
  const chain = chainOf(session, packet.reply);
  const plain = packet.data.length === 0;
  const type = (plain ? SECURITY.signed : SECURITY.enciphered) + (packet.reply ? 1 : 0);
  const data = plain ? packet.data : encipher(session.keys, chain, packet.data);
  let mac = chain;
  const bytes = encodeFrame({ ...packet, security: Uint8Array.of(type), data }, check, (covered) => {
    mac = macOf(session.keys, chain, covered);
    return mac;
  });
  return { bytes, session: advanced(session, packet.reply, mac) };
}

/** Reads a message inside the session. Null where its MAC, its block type or its padding is wrong: it was altered, replayed or is not of this session. */
export function unseal(session: Session, frame: Frame): { data: Uint8Array; session: Session } | null {
  const type = (frame.security?.[0] ?? 0) - (frame.reply ? 1 : 0);
  if (!frame.sealed || (type !== SECURITY.signed && type !== SECURITY.enciphered)) return null;
  const chain = chainOf(session, frame.reply);
  const mac = macOf(session.keys, chain, frame.sealed.covered);
  if (!sameBytes(mac.subarray(0, frame.sealed.mac.length), frame.sealed.mac)) return null;
  const data = type === SECURITY.enciphered ? decipher(session.keys, chain, frame.data) : frame.data;
  return data && { data, session: advanced(session, frame.reply, mac) };
}
