import { parseTime } from '../../gateway/domain/time.ts';
import type { Millis } from '../../gateway/domain/time.ts';

/** The object's fields; none where it is no object. */
export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** The text, or null where it is none. */
export function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The whole number, or null where it is none. */
export function asWhole(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) ? value : null;
}

/** The list, empty where it is none. */
export function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The number, or null where it is none. */
export function asNumber(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

/** The instant that a text names, or null where it names none. */
export function asInstant(value: unknown): Millis | null {
  return parseTime(asText(value) ?? '')?.at ?? null;
}
