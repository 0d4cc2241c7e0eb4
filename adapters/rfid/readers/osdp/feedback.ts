import type { Feedback } from '../../../../gateway/domain/readers.ts';
import { COMMAND } from './codes.ts';

/** A command before it is framed. */
export interface Request {
  code: number;
  data: Uint8Array;
  /** Of the handshake: the security block. */
  security?: Uint8Array;
}

/** What a reader has to show with, as it says itself. */
export interface Outputs {
  led: boolean;
  buzzer: boolean;
}

/** Capability functions (OSDP 2.2, annex B). */
const LED_CONTROL = 4;
const AUDIBLE_OUTPUT = 5;

/** Reads a capability report: threes of function, compliance level and number of items. */
export function outputsOf(capabilities: Uint8Array): Outputs {
  const offers = (wanted: number): boolean => {
    for (let at = 0; at + 2 < capabilities.length; at += 3) {
      const [id, level = 0, items = 0] = capabilities.subarray(at, at + 3);
      if (id === wanted) return level > 0 && items > 0;
    }
    return false;
  };
  return { led: offers(LED_CONTROL), buzzer: offers(AUDIBLE_OUTPUT) };
}

const DARK = 0;
const RED = 1;
const GREEN = 2;

interface Light {
  color: number;
  /** Tenths of a second; never off where `off` is 0. */
  on: number;
  off: number;
}

const SHOWN: Record<Feedback, { beeps: number; light?: Light }> = {
  read: { beeps: 1 },
  accepted: { beeps: 1, light: { color: GREEN, on: 20, off: 0 } },
  'accepted-offline': { beeps: 1, light: { color: GREEN, on: 2, off: 2 } },
  refused: { beeps: 3, light: { color: RED, on: 20, off: 0 } },
};

/** Tenths of a second that a light stays before the reader shows its own again. */
const LIGHT_TIME = 20;
const FIRST = 0;
const DEFAULT_TONE = 2;
/** The first LED of the first reader; set its temporary light. */
const TEMPORARY_LED = [FIRST, FIRST, 2];
const LEAVE_PERMANENT = [0, 0, 0, 0, 0];

/** The temporary light of the first LED (osdp_LED, OSDP 2.2, 6.10); what it shows otherwise stays as it is. */
const ledCommand = ({ color, on, off }: Light): Request => ({
  code: COMMAND.led,
  data: Uint8Array.of(...TEMPORARY_LED, on, off, color, DARK, LIGHT_TIME & 0xff, LIGHT_TIME >> 8, ...LEAVE_PERMANENT),
});

/** Tones of a tenth of a second each (osdp_BUZ, OSDP 2.2, 6.11). */
const buzzerCommand = (beeps: number): Request => ({
  code: COMMAND.buzzer,
  data: Uint8Array.of(FIRST, DEFAULT_TONE, 1, 1, beeps),
});

/** The commands that show something, as far as the reader can. */
export function feedbackCommands(feedback: Feedback, outputs: Outputs): Request[] {
  const { beeps, light } = SHOWN[feedback];
  return [...(light && outputs.led ? [ledCommand(light)] : []), ...(outputs.buzzer ? [buzzerCommand(beeps)] : [])];
}
