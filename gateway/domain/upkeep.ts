import type { Millis } from './time.ts';

/** For how many days each kind of record is kept; 0: for ever. */
export interface KeepDays {
  /** Numbers of meter readings of transactions that are billed. */
  samples: number;
  /** The same readings to the letter. */
  meterLog: number;
  /** Raw messages. */
  frames: number;
  /** Who was let in or not. */
  decisions: number;
  /** What chargers sent and could not be applied. */
  quarantine: number;
  /** What peers refuse; bills aside, which are never given up. */
  deadLetters: number;
}

/** What the site does for itself at night, and how. */
export interface UpkeepSettings {
  /** `03:30` on the site's clock. */
  at: string;
  /** Where backups are put; absolute. */
  backupDirectory: string;
  /** So many of the night's backups are kept; 0: none is made. */
  backupKeep: number;
  /** Does the key of what is sealed go along with each backup? */
  backupKey: boolean;
  /** Most that a backup writes in a second. */
  backupMegabytesPerSecond: number;
  keepDays: KeepDays;
  /** Less free room than this on the disk is told. */
  lowSpaceMegabytes: number;
}

/** A whole and verified copy of the database. */
export interface Backup {
  name: string;
  at: Millis;
  bytes: number;
  /** Does the key of what is sealed lie beside it? */
  key: boolean;
}

/** What is known of the database's soundness in this run. */
export interface Integrity {
  /** `unasked`: the last stop was in order. */
  state: 'unasked' | 'checking' | 'good' | 'damaged';
  /** What SQLite found, at most twenty. */
  problems: string[];
}

/** What was forgotten, rows of each kind. */
export type Forgotten = Record<keyof KeepDays, number>;
