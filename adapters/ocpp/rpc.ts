import { repairJson } from './repair.ts';

/** Ids go back as they came, also where a charger sends numbers (Q24). */
export type MessageId = string | number;

/** A frame as received (OCPP-J 1.6 §4.2). */
export type Frame =
  | { kind: 'call'; id: MessageId; action: string; payload: unknown }
  | { kind: 'result'; id: MessageId; payload: unknown }
  | { kind: 'error'; id: MessageId; code: string; description: string; details: unknown }
  | { kind: 'empty' }
  | { kind: 'malformed'; id: MessageId; problem: string };

/** The id that stands for one that could not be read. */
const NO_ID = '-1';

const MAX_ID = 255;

/**
 * Reads one text frame. Whatever it holds, it yields a frame: broken JSON is mended where that is safe, each kind of
 * repair noted (Q16); malformed ones keep their id where it can be found.
 */
export function parseFrame(text: string, note: (code: string, sample: string) => void): Frame {
  if (text.trim() === '') return { kind: 'empty' };
  const frame = parseText(text, note);
  if (frame === undefined) return { kind: 'malformed', id: recoverId(text), problem: 'not JSON' };
  if (!Array.isArray(frame)) return { kind: 'malformed', id: NO_ID, problem: 'not a JSON array' };
  const parts: unknown[] = frame;
  const [type, id] = parts;
  if (!isId(id)) return { kind: 'malformed', id: NO_ID, problem: 'no message id' };
  switch (type) {
    case 2:
      return typeof parts[2] === 'string'
        ? { kind: 'call', id, action: parts[2], payload: parts[3] ?? {} }
        : { kind: 'malformed', id, problem: 'no action' };
    case 3:
      return { kind: 'result', id, payload: parts[2] ?? {} };
    case 4:
      return { kind: 'error', id, code: asText(parts[2]), description: asText(parts[3]), details: parts[4] ?? {} };
    default:
      return { kind: 'malformed', id, problem: `message type ${JSON.stringify(type)} is unknown` };
  }
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

function recoverId(text: string): string {
  return /^\s*\[[\s,]*[234]\s*,\s*"([^"\\]{1,36})"/.exec(text)?.[1] ?? NO_ID;
}

export function callFrame(id: string, action: string, payload: unknown): string {
  return JSON.stringify([2, id, action, payload]);
}

export function resultFrame(id: MessageId, payload: object): string {
  return JSON.stringify([3, id, payload]);
}

export function errorFrame(id: MessageId, code: string, description: string): string {
  return JSON.stringify([4, id, code, description.slice(0, 255), {}]);
}
