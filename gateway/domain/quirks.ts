/** How a charger has to be handled where it departs from its standard. Null: as any charger. */
export interface QuirkFlags {
  /** The only protocol it is to be spoken with, whatever it offers (Q3). */
  protocol: string | null;
  /** Seconds between pings; 0: none (Q9). */
  pingInterval: number | null;
  /** Milliseconds between the answer to one call of ours and the next call (Q29). */
  callPause: number | null;
  /** Seconds after a boot before we call at all (Q12, Q29). */
  quietAfterBoot: number | null;
  /** It answers no call while one of its own waits for us, so ours wait (Q28). */
  halfDuplex: boolean | null;
  /** It wants times with milliseconds (Q34). */
  fractionalSeconds: boolean | null;
  /** Minutes that its clock is ahead of the UTC it claims (Q32). */
  clockOffset: number | null;
  /** What its unitless or wrongly labelled energy readings are in (Q51). */
  energyUnit: 'WH' | 'KWH' | null;
  /** Does it understand TriggerMessage (Q57)? */
  triggers: boolean | null;
  /** Is its configuration to be read and set after boot (Q29)? */
  provisioning: boolean | null;
  /** Does it refuse a key list in GetConfiguration, so that all keys are read (Q30)? */
  allKeysOnly: boolean | null;
}

/** What a charger says it is, as far as it has said. */
export interface Make {
  vendor: string | null;
  model: string | null;
  firmware: string | null;
}

/** A known deviation of a make of charger: how to know it, and how to handle it. */
export interface VendorQuirk {
  name: string;
  /** Which chargers have it; text without case. */
  vendor: RegExp;
  model?: RegExp;
  firmware?: RegExp;
  flags: Partial<QuirkFlags>;
}

/** A charger that keeps to its standard. */
export const NO_QUIRKS: QuirkFlags = {
  protocol: null,
  pingInterval: null,
  callPause: null,
  quietAfterBoot: null,
  halfDuplex: null,
  fractionalSeconds: null,
  clockOffset: null,
  energyUnit: null,
  triggers: null,
  provisioning: null,
  allKeysOnly: null,
};
