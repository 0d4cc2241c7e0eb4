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

/** Reads one text frame. Whatever it holds, it yields a frame: malformed ones keep their id where it can be found. */
export function parseFrame(text: string): Frame {
  if (text.trim() === '') return { kind: 'empty' };
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return { kind: 'malformed', id: recoverId(text), problem: 'not JSON' };
  }
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
