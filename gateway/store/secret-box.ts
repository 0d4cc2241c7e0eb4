import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../domain/errors.ts';

/** Keeps secrets that we have to hand out again (peers' tokens, private keys) unreadable in the database and its copies. */
export interface SecretBox {
  seal(text: string): string;
  /** Errors: SECRETS_UNREADABLE where it was sealed with another key. */
  open(sealed: string): string;
}

export const KEY_FILE = 'secrets.key';

const PREFIX = 'sealed1:';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Opens the box with the key beside the database, which is made at the first start. Errors: SECRETS_UNREADABLE, STORAGE_FAILED. */
export function openSecretBox(directory: string): SecretBox {
  const path = join(directory, KEY_FILE);
  const key = readKey(path) ?? makeKey(path);
  return {
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return PREFIX + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    },
    open(sealed) {
      // From before secrets were sealed.
      if (!sealed.startsWith(PREFIX)) return sealed;
      try {
        const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([text, decipher.final()]).toString('utf8');
      } catch (error) {
        throw new GatewayError(
          'SECRETS_UNREADABLE',
          `what the database keeps secret was sealed with another key than ${path}: put the key back that belongs to this database, or register the peers anew`,
          { cause: error },
        );
      }
    },
  };
}

function readKey(path: string): Buffer | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new GatewayError('STORAGE_FAILED', `cannot read ${path}: this user has to be able to`, { cause: error });
  }
  if (bytes.length === KEY_BYTES) return bytes;
  throw new GatewayError(
    'SECRETS_UNREADABLE',
    `${path} is no key of ${KEY_BYTES} bytes: put back the one that was there`,
  );
}

/** On disk before anything is sealed with it: a key that a power cut takes would take every secret with it. */
function makeKey(path: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  try {
    const file = openSync(path, 'wx', 0o600);
    writeSync(file, key);
    fsyncSync(file);
    closeSync(file);
  } catch (error) {
    throw new GatewayError('STORAGE_FAILED', `cannot write ${path}: this user has to be able to`, { cause: error });
  }
  return key;
}
