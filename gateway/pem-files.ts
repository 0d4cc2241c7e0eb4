import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { certificateTime, RENEW_BEFORE } from './authority.ts';
import { GatewayError } from './domain/errors.ts';
import { toUtcSeconds, type Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';

/** A certificate with its chain, and its key; PEM. */
export interface PemPair {
  certificate: string;
  key: string;
  notAfter: Millis;
}

/** No certificate chain is longer. */
const MOST_BYTES = 1_000_000;

/** Between looks at files that may change, milliseconds. */
const LOOK_EVERY = 30_000;

/**
 * Reads a certificate and its key: both readable, of one pair, and fit for TLS, which is what `tls` throws about. Errors:
 * TLS_UNUSABLE, naming the file and what to do.
 */
export async function readPemPair(
  certificatePath: string,
  keyPath: string,
  tls: (pair: { cert: string; key: string }) => unknown,
): Promise<PemPair> {
  const certificate = await readPem(certificatePath);
  const key = await readPem(keyPath);
  const parsed = attempt(certificatePath, 'holds no readable PEM certificate', () => new X509Certificate(certificate));
  const parsedKey = attempt(keyPath, 'holds no readable PEM key without a passphrase', () => createPrivateKey(key));
  if (!parsed.checkPrivateKey(parsedKey))
    throw unusableTls(
      keyPath,
      `is not the key of ${certificatePath}: replace both, its own certificate first in the chain`,
    );
  attempt(certificatePath, 'is not taken by TLS', () => tls({ cert: certificate, key }));
  return { certificate, key, notAfter: Date.parse(parsed.validTo) };
}

/** Reads the certificates of authorities. Errors: TLS_UNUSABLE, naming the file. */
export async function readAuthorities(path: string): Promise<string[]> {
  const text = await readPem(path);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw unusableTls(path, 'holds no PEM certificate');
  for (const block of blocks) attempt(path, 'holds an unreadable certificate', () => new X509Certificate(block));
  return blocks;
}

/**
 * Judges how long a certificate from a file is still good: one that has ended is refused unless it may be `lapsed`, and
 * the log says both that and that the end is near. `who` turns away then: `chargers`. Errors: TLS_UNUSABLE.
 */
export function assertInTime(gw: Gateway, path: string, notAfter: Millis, who: string, lapsed: boolean): void {
  const until = toUtcSeconds(notAfter);
  const left = notAfter - certificateTime(gw);
  if (left < 0) {
    const problem = `the certificate ended on ${until}: renew it`;
    if (!lapsed) throw unusableTls(path, problem);
    gw.log.error({ path }, `${who} will refuse the gateway's TLS: ${problem}`);
  } else if (left < RENEW_BEFORE) gw.log.warn({ path, until }, 'the TLS certificate ends soon');
}

/** Something that changes when the files do; '' without files. A file that cannot be seen counts as changed once. */
export async function fingerprintOf(paths: (string | null)[]): Promise<string> {
  const marks = paths
    .filter((path) => path !== null)
    .map((path) =>
      stat(path).then(
        ({ mtimeMs, size, ino }) => `${path} ${mtimeMs} ${size} ${ino}`,
        () => `${path} unseen`,
      ),
    );
  return (await Promise.all(marks)).join('\n');
}

/** Sees to it that what was read from files is read again when they change. */
export interface FileWatch {
  /** Looks now, which it does by itself every half minute. Never rejects: what goes wrong is logged. */
  look(): Promise<void>;
  close(): void;
}

/**
 * Watches files from now on: `take` is called after each change and may refuse by throwing; then what was taken before goes
 * on, and files that were found bad are not read again until they change. `what` names it in the log: `OCPI: …`.
 */
export async function watchFiles(
  gw: Gateway,
  what: string,
  paths: (string | null)[],
  take: () => Promise<void>,
): Promise<FileWatch> {
  let seen = await fingerprintOf(paths);
  let looking: Promise<void> | null = null;

  async function look(): Promise<void> {
    const now = await fingerprintOf(paths);
    if (now === seen) return;
    seen = now;
    await take();
  }

  function lookOnce(): Promise<void> {
    looking ??= look()
      .catch((error: unknown) => {
        const problem = error instanceof GatewayError ? error.message : String(error);
        gw.log.error({ problem }, `${what}: the new TLS files are not used: ${problem}`);
      })
      .finally(() => (looking = null));
    return looking;
  }

  const timer = setInterval(() => void lookOnce(), LOOK_EVERY).unref();
  return { look: lookOnce, close: () => clearInterval(timer) };
}

/** What is wrong with a file of TLS. */
export function unusableTls(path: string, problem: string): GatewayError {
  return new GatewayError('TLS_UNUSABLE', `${path}: ${problem}`);
}

async function readPem(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MOST_BYTES) throw unusableTls(path, 'is too large to be PEM');
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw unusableTls(path, `cannot be read (${textOf(error)})`);
  }
}

function attempt<T>(path: string, problem: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unusableTls(path, `${problem} (${textOf(error)})`);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
