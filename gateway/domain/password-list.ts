import type { Millis } from './time.ts';

/**
 * A password that a charger was given after the config file's, or instead of one. `current`: the one that is asked for;
 * `offered`: sent to the charger, and not known to be taken; `earlier`: replaced, and good for a while.
 */
export interface ListedPassword {
  hash: string;
  state: 'current' | 'offered' | 'earlier';
  /** Was it given as hex digits of at least 16 bytes? */
  hex: boolean;
  /** Rises within one charger, whatever the clock does. */
  madeAt: Millis;
  /** Null: no end is set. */
  goodUntil: Millis | null;
}

/** Beside the current one: a charger that never answers must not collect passwords. */
const MOST_OTHERS = 6;

/** Those that are good now. */
export function goodPasswords<P extends ListedPassword>(passwords: readonly P[], now: Millis): P[] {
  return passwords.filter(({ goodUntil }) => goodUntil === null || goodUntil > now);
}

/** Notes one that is about to be sent; nothing changes for the others. */
export function offerPassword(
  passwords: readonly ListedPassword[],
  offered: Pick<ListedPassword, 'hash' | 'hex'>,
  now: Millis,
): ListedPassword[] {
  const madeAt = Math.max(now, ...passwords.map((known) => known.madeAt + 1));
  const current = passwords.filter(({ state }) => state === 'current');
  const others = passwords.filter(({ state }) => state !== 'current').toSorted((a, b) => b.madeAt - a.madeAt);
  return [{ ...offered, state: 'offered', madeAt, goodUntil: null }, ...current, ...others.slice(0, MOST_OTHERS - 1)];
}

/**
 * The charger said that it takes an offered one: it becomes the current, and those before it are good until `until`.
 * `configMark`: hash of the config file's password, which is one of those before. A charger that had no password at all
 * goes on without until it uses this one: whether it sends it at all is decided by its security profile.
 */
export function takePassword(
  passwords: readonly ListedPassword[],
  hash: string,
  configMark: string | null,
  until: Millis,
): ListedPassword[] {
  const taken = passwords.find((known) => known.hash === hash);
  const current = passwords.find(({ state }) => state === 'current');
  if (taken?.state !== 'offered' || (!current && configMark === null)) return [...passwords];
  const replaced = passwords.flatMap((known): ListedPassword[] => {
    if (known === taken) return [];
    const older = known === current || (known.state === 'offered' && known.madeAt < taken.madeAt);
    return [older ? { ...known, state: 'earlier', goodUntil: until } : known];
  });
  const file: ListedPassword[] =
    !current && configMark !== null
      ? [{ hash: configMark, state: 'earlier', hex: false, madeAt: 0, goodUntil: until }]
      : [];
  return [{ ...taken, state: 'current', goodUntil: null }, ...replaced, ...file];
}

/** The charger refused an offered one. One that it has used since stays. */
export function dropOffered(passwords: readonly ListedPassword[], hash: string): ListedPassword[] {
  return passwords.filter((known) => known.hash !== hash || known.state === 'current');
}

/**
 * The charger has used one; `hash` null: the config file's. What is older is over. What is newer and only offered may
 * still be taken at its next reboot (Q7), so it has `grace` milliseconds from when it was made.
 */
export function provePassword(
  passwords: readonly ListedPassword[],
  hash: string | null,
  grace: number,
): ListedPassword[] {
  const used = passwords.find((known) => known.hash === hash);
  const rank = used?.madeAt ?? 0;
  return passwords.flatMap((known): ListedPassword[] => {
    if (known === used) return [known.state === 'offered' ? { ...known, state: 'current', goodUntil: null } : known];
    if (known.madeAt < rank) return [];
    if (known.state !== 'offered') return [known];
    return [{ ...known, goodUntil: known.goodUntil ?? known.madeAt + grace }];
  });
}
