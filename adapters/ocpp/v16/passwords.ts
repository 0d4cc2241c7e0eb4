import { isRecord } from '../lenient.ts';

/** ChangeConfiguration of AuthorizationKey gives a charger its password (security whitepaper ed. 3); case does not count (Q59). */
export function passwordIn(action: string, payload: unknown): string | null {
  if (action !== 'ChangeConfiguration' || !isRecord(payload)) return null;
  const { key, value } = payload;
  const isPassword = typeof key === 'string' && key.trim().toLowerCase() === 'authorizationkey';
  return isPassword && typeof value === 'string' && value !== '' ? value : null;
}
