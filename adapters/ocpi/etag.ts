import { createHash } from 'node:crypto';
import { STATUS, type Answer } from './envelope.ts';
import type { Method, ModuleId } from './request.ts';

/** Headers that are a part of what a list says. */
const SAYING = ['link', 'x-total-count', 'x-limit'] as const;

/**
 * A validator of what is answered to a GET, whatever the envelope's timestamp: a poller that has it already needs no
 * second copy. Null where there is nothing to validate; credentials hold a secret and have none. `data` is the answer's
 * data as JSON.
 */
export function entityTag(method: Method, module: ModuleId, answer: Answer, data: string | null): string | null {
  if (method !== 'GET' || module === 'credentials' || data === null) return null;
  if (answer.http !== 200 || answer.status !== STATUS.success) return null;
  const hash = createHash('sha1').update(data);
  for (const name of SAYING) hash.update(`\n${answer.headers?.[name] ?? ''}`);
  return `W/"${hash.digest('base64url')}"`;
}

/** Does the caller have this already (RFC 9110 §13.1.2, weak comparison)? */
export function holdsAlready(ifNoneMatch: string | undefined, tag: string): boolean {
  const held = (ifNoneMatch ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''));
  return held.includes('*') || held.includes(tag.replace(/^W\//, ''));
}
