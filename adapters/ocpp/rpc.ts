import { repairJson } from './repair.ts';

/** Ids go back as they came, also where a charger sends numbers (Q24). */
export type MessageId = string | number;

/** A frame as received (OCPP-J 1.6 §4.2; 2.1 §4.1.3 has two kinds more: `send`, which nobody answers, and `refusal` of an answer). */
export type Frame =
  | { kind: 'call'; id: MessageId; action: string; payload: unknown }
  | { kind: 'result'; id: MessageId; payload: unknown }
  | { kind: 'error'; id: MessageId; code: string; description: string; details: unknown }
  | { kind: 'send'; id: MessageId; action: string; payload: unknown }
  | { kind: 'refusal'; id: MessageId; code: string; description: string }
  | { kind: 'empty' }
  /** `type`: what it was meant to be, where that can be seen. `unknown`: a type of message that this version does not have. */
  | { kind: 'malformed' | 'unknown'; id: MessageId; type: number | null; problem: string };

/** Types of messages; the last two are of OCPP 2.1. */
export const CALL = 2;
export const RESULT = 3;
export const ERROR = 4;
export const RESULT_ERROR = 5;
export const SEND = 6;

/** The id that stands for one that could not be read. */
const NO_ID = '-1';

const MAX_ID = 255;

/** Longest id that the standard allows; longer ones are taken and noted. */
const USUAL_ID = 36;

/**
 * Reads one text frame. Whatever it holds, it yields a frame: broken JSON is mended where that is safe, each kind of
 * repair noted (Q16); malformed ones keep their id where it can be found. `unconfirmed`: has this version the types of 2.1?
 */
export function parseFrame(
  text: string,
  note: (code: string, sample: string) => void,
  { unconfirmed }: { unconfirmed: boolean },
): Frame {
  if (text.trim() === '') return { kind: 'empty' };
  const frame = parseText(text, note);
  if (frame === undefined) return { kind: 'malformed', ...recover(text), problem: 'not JSON' };
  if (!Array.isArray(frame)) return { kind: 'malformed', id: NO_ID, type: null, problem: 'not a JSON array' };
  const parts: unknown[] = frame;
  const [type, id] = parts;
  const meant = typeof type === 'number' ? type : null;
  if (!isId(id)) return { kind: 'malformed', id: NO_ID, type: meant, problem: 'no message id' };
  if (typeof id === 'string' && id.length > USUAL_ID) note('MESSAGE_ID_LONG', id);
  const known =
    type === CALL || type === RESULT || type === ERROR || (unconfirmed && (type === RESULT_ERROR || type === SEND));
  if (!known) return { kind: 'unknown', id, type: meant, problem: `message type ${JSON.stringify(type)} is unknown` };
  if (type === RESULT) return { kind: 'result', id, payload: parts[2] ?? {} };
  if (type === CALL || type === SEND) {
    const [, , action, payload] = parts;
    if (typeof action !== 'string') return { kind: 'malformed', id, type, problem: 'no action' };
    return { kind: type === CALL ? 'call' : 'send', id, action, payload: payload ?? {} };
  }
  const said = { id, code: asText(parts[2]), description: asText(parts[3]) };
  return type === ERROR ? { kind: 'error', ...said, details: parts[4] ?? {} } : { kind: 'refusal', ...said };
}

/** Undefined: not JSON, and not to be made JSON. Of a name that an object has twice the last value counts (Q17). */
function parseText(text: string, note: (code: string, sample: string) => void): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const repair = repairJson(text);
    if (!repair) return undefined;
    try {
      const frame: unknown = JSON.parse(repair.text);
      for (const kind of repair.repairs) note(`REPAIRED:${kind}`, text);
      return frame;
    } catch {
      // Broken in other ways too: the answer says so under the id that the text shows.
      return undefined;
    }
  }
}

function isId(id: unknown): id is MessageId {
  return (typeof id === 'string' && id.length <= MAX_ID) || (typeof id === 'number' && Number.isFinite(id));
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function recover(text: string): { id: string; type: number | null } {
  const [, type, id = NO_ID] = /^\s*\[[\s,]*([2-6])\s*,(?:\s*"([^"\\]{1,36})")?/.exec(text) ?? [];
  return { id, type: type === undefined ? null : Number(type) };
}

export function callFrame(id: string, action: string, payload: unknown): string {
  return JSON.stringify([2, id, action, payload]);
}

export function resultFrame(id: MessageId, payload: object): string {
  return JSON.stringify([3, id, payload]);
}

/** An error for a call, or, as OCPP 2.1 has it, for an answer. */
export function errorFrame(id: MessageId, code: string, description: string, type = ERROR): string {
  return JSON.stringify([type, id, code, description.slice(0, 255), {}]);
}
