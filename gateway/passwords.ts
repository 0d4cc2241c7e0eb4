import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { GatewayError } from './domain/errors.ts';

/** scrypt's work: 4 MB and about 8 ms of one core of a desktop machine. */
const LOG_N = 12;
const BLOCK = 8;

const SALT_BYTES = 16;
const TAG_BYTES = 32;

/** Derivations at a time: more would take the threads that files are read and written with. */
const AT_ONCE = 2;

/** Waiting beyond these is refused: whoever guesses must not fill the memory. */
const MOST_WAITING = 5000;

/** Passwords known to be right, so that a site that comes back at once does not cost a derivation for each. */
const MOST_REMEMBERED = 20_000;

/**
 * Makes and checks hashes of passwords in canonical form: scrypt, and for the gateway's own random keys, which nobody can
 * guess from whatever hash, one that costs nothing. Holds no password, only keyed hashes of right ones.
 */
export interface Passwords {
  /** A hash to store of what a person chose. Errors: LIMIT_REACHED. */
  hash(password: Uint8Array): Promise<string>;
  /** A hash of at least 16 random bytes. */
  hashKey(key: Uint8Array): string;
  /** The hash that this password fits, or null. Errors: LIMIT_REACHED. */
  find(password: Uint8Array, hashes: readonly string[]): Promise<string | null>;
}

/** Salt and cost of an scrypt hash, and what came out: `$scrypt$ln=12,r=8,p=1$<salt>$<tag>`, base64. */
interface Parts {
  logN: number;
  blockSize: number;
  salt: Buffer;
  tag: Buffer;
}

/** Makes the checker; it remembers nothing yet. */
export function createPasswords(): Passwords {
  const processKey = randomBytes(32);
  const remembered = new Set<string>();
  const waiting: (() => void)[] = [];
  let busy = 0;

  async function derive(password: Uint8Array, { salt, logN, blockSize }: Omit<Parts, 'tag'>) {
    if (busy >= AT_ONCE) {
      if (waiting.length >= MOST_WAITING)
        throw new GatewayError('LIMIT_REACHED', 'too many passwords wait to be checked: try again in a while');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else busy += 1;
    try {
      return await scryptOf(password, salt, logN, blockSize);
    } finally {
      // Whoever waits takes over the place.
      const next = waiting.shift();
      if (next) next();
      else busy -= 1;
    }
  }

  const mark = (password: Uint8Array, hash: string): string =>
    createHmac('sha256', processKey).update(`${hash}\n`).update(password).digest('base64');

  function remember(key: string): void {
    const [oldest] = remembered;
    if (remembered.size >= MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    remembered.add(key);
  }

  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES);
      const tag = await derive(password, { salt, logN: LOG_N, blockSize: BLOCK });
      return `$scrypt$ln=${LOG_N},r=${BLOCK},p=1$${salt.toString('base64')}$${tag.toString('base64')}`;
    },
    hashKey(key) {
      const salt = randomBytes(SALT_BYTES);
      return `$sha256$${salt.toString('base64')}$${quickTag(key, salt).toString('base64')}`;
    },
    async find(password, hashes) {
      const known = hashes.find((hash) => fitsKey(password, hash) || remembered.has(mark(password, hash)));
      if (known !== undefined) return known;
      for (const hash of hashes) {
        const parts = partsOf(hash);
        if (!parts || !timingSafeEqual(await derive(password, parts), parts.tag)) continue;
        remember(mark(password, hash));
        return hash;
      }
      return null;
    },
  };
}

function scryptOf(password: Uint8Array, salt: Buffer, logN: number, blockSize: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, TAG_BYTES, { N: 2 ** logN, r: blockSize, p: 1 }, (error, tag) =>
      error ? reject(error) : resolve(tag),
    );
  });
}

const KEY_HASH = /^\$sha256\$([A-Za-z0-9+/]+=*)\$([A-Za-z0-9+/]+=*)$/;

function fitsKey(key: Uint8Array, hash: string): boolean {
  const [, salt, tag] = KEY_HASH.exec(hash) ?? [];
  if (salt === undefined || tag === undefined) return false;
  const expected = Buffer.from(tag, 'base64');
  return expected.length === TAG_BYTES && timingSafeEqual(quickTag(key, Buffer.from(salt, 'base64')), expected);
}

function quickTag(key: Uint8Array, salt: Buffer): Buffer {
  return createHmac('sha256', salt).update(key).digest();
}

const HASH = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=1\$([A-Za-z0-9+/]+=*)\$([A-Za-z0-9+/]+=*)$/;

/** Null where it is no hash of ours: then nothing fits it. */
function partsOf(hash: string): Parts | null {
  const [, logN, blockSize, salt, tag] = HASH.exec(hash) ?? [];
  if (salt === undefined || tag === undefined) return null;
  const parts = { salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
  if (parts.tag.length !== TAG_BYTES) return null;
  return { logN: Number(logN), blockSize: Number(blockSize), ...parts };
}
