import { createHash, createVerify } from 'node:crypto';
import type { Clock, Millis } from '../../gateway/domain/time.ts';
import type { Ticker } from './ticker.ts';

/** What a charger needs to move files. */
export interface TransfersOptions {
  clock: Clock;
  ticker: Ticker;
  track: <T>(work: Promise<T>) => Promise<T>;
  /** What it would tell a technician. */
  logText: (kind: 'diagnostics' | 'security') => string;
  /** It has new firmware: says so at the next start, which comes now. */
  installed: (version: string) => Promise<void>;
}

export interface FirmwareOrder {
  url: string;
  retrieveAt: Millis;
  /** PEM and base64; null: unsigned, and so unchecked. */
  signature: { certificate: string; value: string } | null;
  /** Resolves when the gateway has it. */
  tell: (status: string) => Promise<unknown>;
}

export interface LogOrder {
  kind: 'diagnostics' | 'security';
  url: string;
  fileName: string;
  tell: (status: 'Uploading' | 'Uploaded' | 'UploadFailed') => Promise<unknown>;
}

/** A charger's file errands, over real HTTP. */
export interface Transfers {
  upload(order: LogOrder): void;
  update(order: FirmwareOrder): void;
}

const LARGEST = 64 << 20;

/** Makes them; nothing moves before it is told to. */
export function createTransfers(options: TransfersOptions): Transfers {
  async function upload({ kind, url, fileName, tell }: LogOrder): Promise<void> {
    await tell('Uploading');
    const target = url.endsWith('/') ? url + encodeURIComponent(fileName) : url;
    try {
      const response = await fetch(target, { method: 'PUT', body: options.logText(kind) });
      await tell(response.ok ? 'Uploaded' : 'UploadFailed');
    } catch {
      // nobody there, or a URL that this box cannot use: that is the answer
      await tell('UploadFailed');
    }
  }

  async function update({ url, signature, tell }: FirmwareOrder): Promise<void> {
    await tell('Downloading');
    const image = await download(url);
    if (!image) {
      await tell('DownloadFailed');
      return;
    }
    await tell('Downloaded');
    const good = signature === null || isSignedBy(image, signature.certificate, signature.value);
    if (signature) await tell(good ? 'SignatureVerified' : 'InvalidSignature');
    if (!good) return;
    await tell('Installing');
    await options.installed(createHash('sha256').update(image).digest('hex').slice(0, 12));
    await tell('Installed');
  }

  return {
    upload: (order) => void options.track(upload(order)),
    update(order) {
      const wait = Math.max(0, order.retrieveAt - options.clock());
      if (wait === 0) void options.track(update(order));
      else options.ticker.after(wait, () => void options.track(update(order)));
    },
  };
}

async function download(url: string): Promise<Buffer | null> {
  try {
    const response = await fetch(url);
    if (!response.ok || Number(response.headers.get('content-length') ?? 0) > LARGEST) return null;
    return Buffer.from(await response.arrayBuffer());
  } catch {
    // nobody there, or a URL that this box cannot use: that is the answer
    return null;
  }
}

function isSignedBy(image: Buffer, certificate: string, signature: string): boolean {
  try {
    return createVerify('SHA256').update(image).verify(certificate, signature, 'base64');
  } catch {
    // no certificate, or no signature: not signed
    return false;
  }
}
