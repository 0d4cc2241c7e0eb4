import { passwordOrigin } from './charger-passwords.ts';
import { GatewayError } from './domain/errors.ts';
import type { PasswordForm } from './domain/password.ts';
import { goodPasswords } from './domain/password-list.ts';
import type { SecurityProfile } from './domain/settings.ts';
import type { Millis } from './domain/time.ts';
import type { Gateway } from './gateway.ts';
import { orderCharger } from './remote-control.ts';
import { newestOf } from './store/certificates.ts';
import * as store from './store/charger-access.ts';
import { findCharger } from './store/chargers.ts';

/** How a charger proves who it is, and what is asked of it. */
export interface ChargerSecurity {
  chargerId: string;
  /** Of its present connection; null: not connected. */
  profile: SecurityProfile | null;
  /** Nothing below is let in: the highest of what the file says, what was kept, and 1 where there is a password. */
  floor: SecurityProfile;
  configFloor: SecurityProfile;
  keptFloor: SecurityProfile;
  /** Told to move there, and not come at it yet. */
  wishedProfile: SecurityProfile | null;
  password: 'none' | 'config' | 'own';
  form: PasswordForm | null;
  /** `open`: a new one was sent and nobody knows whether it was taken; `grace`: an old one is still good. */
  rotation: 'none' | 'open' | 'grace';
  /** Until when an old, or a sent one that was not used, is good; null: no end is set. */
  graceUntil: Millis | null;
}

/** Lowest profile that the config file lets this charger use. */
function configFloorOf(gw: Gateway, chargerId: string): SecurityProfile {
  const own = gw.settings.chargers.find((charger) => charger.id === chargerId)?.securityProfile ?? 0;
  return higher(gw.settings.securityProfile, own);
}

/** Lowest security profile at which this charger is let in. */
export function floorOf(gw: Gateway, chargerId: string): SecurityProfile {
  const password = passwordOrigin(gw, chargerId) === 'none' ? 0 : 1;
  return higher(higher(configFloorOf(gw, chargerId), store.readAccess(gw.db, chargerId).floor), password);
}

const higher = (a: SecurityProfile, b: SecurityProfile): SecurityProfile => (a > b ? a : b);

/** What the operator is told of a charger's security. Errors: CHARGER_UNKNOWN. */
export function chargerSecurity(gw: Gateway, chargerId: string): ChargerSecurity {
  mustKnow(gw, chargerId);
  const access = store.readAccess(gw.db, chargerId);
  const others = goodPasswords(store.listPasswords(gw.db, chargerId), gw.clock()).filter(
    ({ state }) => state !== 'current',
  );
  const open = others.some(({ state }) => state === 'offered');
  const ends = others.flatMap(({ goodUntil }) => (goodUntil === null ? [] : [goodUntil]));
  return {
    chargerId,
    profile: gw.connections.find(chargerId) ? (access.profile ?? 0) : null,
    floor: floorOf(gw, chargerId),
    configFloor: configFloorOf(gw, chargerId),
    keptFloor: access.floor,
    wishedProfile: access.wishedProfile,
    password: passwordOrigin(gw, chargerId),
    form: access.form,
    rotation: open ? 'open' : others.length > 0 ? 'grace' : 'none',
    graceUntil: ends.length > 0 ? Math.max(...ends) : null,
  };
}

/**
 * The operator sets the lowest profile of a charger, up or down; a connection that is open stays. Coming at a higher one
 * raises it again. Errors: CHARGER_UNKNOWN, SECURITY_PROFILE_REFUSED (below the config file's, or out of reach).
 */
export async function setProfileFloor(gw: Gateway, chargerId: string, profile: SecurityProfile): Promise<void> {
  mustKnow(gw, chargerId);
  const config = configFloorOf(gw, chargerId);
  if (profile < config)
    throw refused(chargerId, profile, `the config file asks for ${config}; change it there (security-profile)`);
  checkReach(gw, chargerId, profile);
  await gw.db.write(() => {
    const access = store.readAccess(gw.db, chargerId);
    const wish = access.wishedProfile !== null && access.wishedProfile > profile ? access.wishedProfile : null;
    store.putAccess(gw.db, chargerId, { ...access, floor: profile, wishedProfile: wish });
  });
  gw.log.info({ charger: chargerId, profile }, 'the operator set the lowest security profile of this charger');
}

/**
 * Tells a connected charger to move to a higher profile (OCPP 1.6 security whitepaper, TC_083). Its floor rises when it
 * comes at it, not before: a charger that fails to move must be able to come back. Never rejects for what the charger
 * does. Errors: CHARGER_UNKNOWN, SECURITY_PROFILE_REFUSED (not higher, or something that it takes is missing).
 */
export async function upgradeProfile(gw: Gateway, chargerId: string, profile: SecurityProfile) {
  const { profile: present } = chargerSecurity(gw, chargerId);
  // A charger must refuse to go down (whitepaper, SecurityProfile): it is done by hand at the charger.
  if (profile === 0 || (present !== null && profile <= present))
    throw refused(chargerId, profile, `it is at ${present ?? 'none'}, and chargers can only be told to go up`);
  checkReach(gw, chargerId, profile);
  const outcome = await orderCharger(gw, chargerId, { kind: 'raise-profile', profile });
  const taken = outcome.kind === 'answered' && ['accepted', 'reboot-required'].includes(outcome.answer.status);
  if (taken)
    await gw.db.write(() => {
      // It may have come at it while it was still answering.
      const access = store.readAccess(gw.db, chargerId);
      if ((access.profile ?? 0) < profile) store.putAccess(gw.db, chargerId, { ...access, wishedProfile: profile });
    });
  return outcome;
}

/** Errors: SECURITY_PROFILE_REFUSED where the charger could not come at this profile. */
function checkReach(gw: Gateway, chargerId: string, profile: SecurityProfile): void {
  const passwords = goodPasswords(store.listPasswords(gw.db, chargerId), gw.clock());
  if ((profile === 1 || profile === 2) && passwordOrigin(gw, chargerId) === 'none' && passwords.length === 0)
    throw refused(chargerId, profile, 'it has no password; give it one (rotation), or set the one it has');
  if (profile >= 2 && gw.tlsPort === null)
    throw refused(chargerId, profile, 'the gateway serves no TLS; set ocpp.tls.certificate');
  if (profile === 3 && !hasCertificate(gw, chargerId))
    throw refused(chargerId, profile, 'it has no certificate from this site; have it ask for one (certificates renew)');
}

/** One of ours that is good, or it has come with one, ours or not. */
function hasCertificate(gw: Gateway, chargerId: string): boolean {
  const newest = newestOf(gw.db, chargerId);
  const ours = newest !== undefined && ['issued', 'installed'].includes(newest.state) && newest.notAfter > gw.clock();
  return ours || store.readAccess(gw.db, chargerId).profile === 3;
}

function refused(chargerId: string, profile: SecurityProfile, why: string): GatewayError {
  return new GatewayError(
    'SECURITY_PROFILE_REFUSED',
    `charger ${chargerId} cannot be put to profile ${profile}: ${why}`,
  );
}

function mustKnow(gw: Gateway, chargerId: string): void {
  if (!findCharger(gw.db, chargerId))
    throw new GatewayError('CHARGER_UNKNOWN', `charger ${chargerId} is not known here`);
}
