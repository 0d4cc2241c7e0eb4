import type { Token, Verdict } from './domain/types.ts';

/** A card or app whose owner is asked. */
export interface AskedToken {
  uid: string;
  type: Token['type'];
}

/** What an owner says of a token just now. */
export type RealTimeAnswer =
  | {
      kind: 'answered';
      verdict: Extract<Verdict, 'accepted' | 'blocked' | 'expired' | 'no-credit' | 'not-here'>;
      token: Token;
      reference: string | null;
      /** Where alone it may charge; null: everywhere. */
      evseUids: string[] | null;
      /** For the driver. */
      text: string | null;
    }
  /** It is none of its tokens. */
  | { kind: 'unknown' }
  /** It did not answer, or not in time. */
  | { kind: 'away'; reason: string };

/** Asks peers of their tokens (OCPI 2.3.0 mod_tokens, POST authorize); the OCPI adapter, while it serves. */
export interface RealTime {
  /** Those of the registered peers that can be asked, and have not just failed to answer. */
  askable(): string[];
  /** Is there one who would be asked, had it not just failed to answer? */
  isAnybodyAway(): boolean;
  /** Never rejects; ends with the signal at the latest. `evseUids`: where the token is; empty: somewhere at the site. */
  ask(peer: string, token: AskedToken, evseUids: string[], signal: AbortSignal): Promise<RealTimeAnswer>;
}
