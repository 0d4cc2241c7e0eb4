import { createHash, timingSafeEqual } from 'node:crypto';
import { demandsPassword, filePassword } from './charger-passwords.ts';
import { GatewayError } from './domain/errors.ts';
import {
  canonicalPassword,
  canonicalText,
  formOf,
  isHexKey,
  LONGEST_PASSWORD,
  type PasswordForm,
} from './domain/password.ts';
import { goodPasswords, provePassword, type ListedPassword } from './domain/password-list.ts';
import type { SecurityProfile } from './domain/settings.ts';
import type { Gateway } from './gateway.ts';
import { floorOf } from './security-profile.ts';
import * as store from './store/charger-access.ts';
import { findCharger } from './store/chargers.ts';

/** How a charger presents itself at the door. */
export interface Introduction {
  tls: boolean;
  /** Did it show a good certificate that names it? */
  certified: boolean;
  /** As sent; null: none. */
  password: Uint8Array | null;
}

/** What is thought of an introduction. */
export type Admission =
  | { kind: 'admitted'; profile: SecurityProfile; form: PasswordForm | null; earlier: boolean }
  | { kind: 'no-password' }
  | { kind: 'wrong-password' }
  /** `best`: the highest profile that it could have come at. */
  | { kind: 'below-floor'; best: SecurityProfile; floor: SecurityProfile };

/** The password that a charger has sent, found right. */
interface Match {
  /** Null: the config file's. */
  hash: string | null;
  form: PasswordForm;
  earlier: boolean;
}

/**
 * Judges how a charger presents itself (OCPP security profiles: 0 nothing, 1 password, 2 TLS and password, 3 TLS and
 * certificate). A profile below the charger's floor is refused before its password is looked at. What was learnt from a
 * good one (a new password in use, a higher profile) is stored; where nothing can be stored, the charger comes in all the
 * same. Errors: LIMIT_REACHED when too many passwords wait to be checked.
 */
export async function judgeIntroduction(gw: Gateway, chargerId: string, shown: Introduction): Promise<Admission> {
  const floor = floorOf(gw, chargerId);
  const best = bestProfile(gw, chargerId, shown);
  if (best < floor) return { kind: 'below-floor', best, floor };
  if (shown.certified) return admit(gw, chargerId, 3, null);
  if (shown.password === null)
    return demandsPassword(gw, chargerId) ? { kind: 'no-password' } : admit(gw, chargerId, 0, null);
  const match = await matchPassword(gw, chargerId, shown.password);
  if (match) return admit(gw, chargerId, shown.tls ? 2 : 1, match);
  if (demandsPassword(gw, chargerId)) return { kind: 'wrong-password' };
  // Nobody gave it a password that it must have: what it sends proves nothing.
  return floor > 0 ? { kind: 'below-floor', best: 0, floor } : admit(gw, chargerId, 0, null);
}

/** Is the holder of a certificate with this common name this charger? It bears its id or its serial number. */
export function isNameOf(gw: Gateway, chargerId: string, commonName: string): boolean {
  return commonName === chargerId || commonName === findCharger(gw.db, chargerId)?.serial;
}

function bestProfile(gw: Gateway, chargerId: string, { tls, certified }: Introduction): SecurityProfile {
  if (certified) return 3;
  const passwords = goodPasswords(store.listPasswords(gw.db, chargerId), gw.clock());
  if (filePassword(gw, chargerId) === null && passwords.length === 0) return 0;
  return tls ? 2 : 1;
}

async function matchPassword(gw: Gateway, chargerId: string, sent: Uint8Array): Promise<Match | null> {
  if (sent.length === 0 || sent.length > LONGEST_PASSWORD) return null;
  const canonical = canonicalPassword(sent);
  const listed = goodPasswords(store.listPasswords(gw.db, chargerId), gw.clock());
  const file = filePassword(gw, chargerId);
  const fileCounts = file !== null && !listed.some(({ state }) => state === 'current');
  if (fileCounts && sameBytes(canonicalText(file), canonical))
    return { hash: null, form: formOf(isHexKey(file), sent), earlier: false };
  const hash = await gw.passwords.find(
    canonical,
    listed.map((password) => password.hash),
  );
  // Looked up again: it may have been replaced while it was being checked.
  const found = hash === null ? undefined : store.listPasswords(gw.db, chargerId).find((known) => known.hash === hash);
  return found ? { hash: found.hash, form: formOf(found.hex, sent), earlier: found.state === 'earlier' } : null;
}

/** Hashed first, so that neither content nor length shows in the time it takes. */
function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(a), digest(b));
}

async function admit(
  gw: Gateway,
  chargerId: string,
  profile: SecurityProfile,
  match: Match | null,
): Promise<Admission> {
  try {
    await learn(gw, chargerId, profile, match);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    gw.log.error({ err: error, charger: chargerId }, 'how this charger proved itself could not be stored');
  }
  return { kind: 'admitted', profile, form: match?.form ?? null, earlier: match?.earlier ?? false };
}

/** Stores what a good introduction proves, if that is news. */
async function learn(gw: Gateway, chargerId: string, profile: SecurityProfile, match: Match | null): Promise<void> {
  const before = readAll(gw, chargerId);
  if (JSON.stringify(learnt(gw, before, profile, match)) === JSON.stringify(before)) return;
  await gw.db.write(() => {
    // One that nobody knows yet becomes a row when its socket is taken in; its next connection says the same again.
    if (!findCharger(gw.db, chargerId)) return;
    const { access, passwords } = learnt(gw, readAll(gw, chargerId), profile, match);
    store.putAccess(gw.db, chargerId, access);
    store.replacePasswords(gw.db, chargerId, passwords);
  });
  if (profile >= 2 && profile > before.access.floor)
    gw.log.info({ charger: chargerId, profile }, 'charger came at a higher security profile: it may not go back');
}

interface Known {
  access: store.ChargerAccess;
  passwords: ListedPassword[];
}

function readAll(gw: Gateway, chargerId: string): Known {
  return { access: store.readAccess(gw.db, chargerId), passwords: store.listPasswords(gw.db, chargerId) };
}

function learnt(gw: Gateway, { access, passwords }: Known, profile: SecurityProfile, match: Match | null): Known {
  const arrived = access.wishedProfile !== null && profile >= access.wishedProfile;
  const proved = match ? provePassword(passwords, match.hash, gw.settings.passwordGrace * 1000) : passwords;
  return {
    access: {
      ...access,
      // Of one that never proved anything there is nothing to keep.
      profile: profile === 0 && access.profile === null ? null : profile,
      // A password is asked for by itself once there is one; TLS would not be.
      floor: profile >= 2 && profile > access.floor ? profile : access.floor,
      wishedProfile: arrived ? null : access.wishedProfile,
      form: match?.form ?? access.form,
    },
    passwords: goodPasswords(proved, gw.clock()),
  };
}
