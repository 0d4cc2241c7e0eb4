import type { Millis } from './time.ts';

export type LogKind = 'diagnostics' | 'security-log';

export type TransferKind = 'firmware' | LogKind;

/** Where a transfer stands. `failed`: the charger may still try again, unless something newer was asked of it. */
export type TransferProgress = 'open' | 'done' | 'failed';

/** A charger fetching firmware, or handing in a log. */
export interface Transfer {
  /** Rises with each one. */
  id: number;
  chargerId: string;
  kind: TransferKind;
  /** Name of the image or log, or an address elsewhere; null: not known. */
  file: string | null;
  /** To the letter as the charger said it; null: it has said nothing yet. */
  status: string | null;
  progress: TransferProgress;
  /** Of the whole file, once it was handed over. */
  bytes: number | null;
  /** Did the gateway ask for it? */
  ordered: boolean;
  requestedAt: Millis;
  updatedAt: Millis;
}

/** How a charger says that a transfer goes. */
export interface TransferReport {
  /** `log`: of either kind. */
  about: 'firmware' | 'diagnostics' | 'log';
  /** The number it was asked with; null: it says none. */
  requestId: number | null;
  /** Its own word. */
  status: string;
  progress: TransferProgress;
}

/** A log that a charger handed in. */
export interface LogFile {
  id: number;
  chargerId: string;
  transferId: number | null;
  kind: LogKind;
  /** As the charger named it, made safe. */
  name: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
  receivedAt: Millis;
}

/** A firmware image that chargers can be told to fetch. */
export interface FirmwareImage {
  name: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
  addedAt: Millis;
}

/** What an address for a file is good for. */
export interface FileLink {
  transferId: number;
  chargerId: string;
  purpose: 'firmware' | 'log';
  /** The image; null: a log is taken. */
  file: string | null;
  expiresAt: Millis;
}

const LONGEST_NAME = 100;

/** Can an image have this name? Letters, digits and `. _ + -`, not beginning with a dot: every charger can ask for it. */
export function isFileName(name: string): boolean {
  return name.length <= LONGEST_NAME && /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/.test(name);
}

/** A name from outside as a file may be called: its last part, without what file systems or shells mind. Null: none left. */
export function safeFileName(name: string): string | null {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const safe = last.replace(/[^A-Za-z0-9._+-]+/g, '_').replace(/^[.+-]+/, '');
  if (safe === '' || /^_+$/.test(safe)) return null;
  if (safe.length <= LONGEST_NAME) return safe;
  const ending = /\.[A-Za-z0-9.]{1,15}$/.exec(safe)?.[0] ?? '';
  return safe.slice(0, LONGEST_NAME - ending.length) + ending;
}
