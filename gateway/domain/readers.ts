import type { Millis } from './time.ts';

/** What a reader shows the driver: the card was read; then the verdict. */
export type Feedback = 'read' | 'accepted' | 'accepted-offline' | 'refused';

/** A serial line with card readers, as it is declared. */
export interface ReaderSettings {
  id: string;
  protocol: 'ascii' | 'id-12la' | 'twn4' | 'pn532' | 'osdp' | 'modbus-rtu';
  path: string;
  serial: { baudRate?: number; dataBits?: 7 | 8; parity?: 'none' | 'even' | 'odd'; stopBits?: 1 | 2 };
  /** In the protocol's own words; what is not there is as such readers are delivered. */
  options: Record<string, unknown>;
  /** EVSE uids, charger ids, or `charger/EVSE`; empty: the whole site. */
  places: string[];
  /** The same of single readers on the line, by their address. */
  placesOf: { address: number; places: string[] }[];
}

export type ReaderState = 'opening' | 'up' | 'silent' | 'down';

/** A reader line as it is now. */
export interface ReaderView {
  id: string;
  protocol: string;
  path: string;
  state: ReaderState;
  /** Why, in sentences; null where there is nothing to say. */
  reason: string | null;
  since: Millis;
  /** Readers on the line that answered or were missed. */
  addresses: { address: number | null; answers: boolean }[];
  /** The last card, masked. */
  lastCard: { card: string; at: Millis } | null;
  places: string[];
}

/** A card that was held to a reader. */
export interface TapSeen {
  readerId: string;
  address: number | null;
  uid: string;
  at: Millis;
  /** What came of it: `started`, `stopped`, `armed`, `disarmed`, a refusal's verdict, or `no-place`. */
  outcome: string;
}
