import type { OrderOutcome } from './connections.ts';
import { GatewayError } from './domain/errors.ts';
import type { ChargingProfile, OrderOf } from './domain/orders.ts';
import { profileLadder, type Supply } from './domain/profile-ladder.ts';
import type { Gateway } from './gateway.ts';
import { checkEvse, findRunning, orderCharger, type Unreached } from './remote-control.ts';
import { findCharger } from './store/chargers.ts';
import * as store from './store/smart-charging.ts';

export interface SetProfile {
  evse: number | null;
  /** For a `tx` profile: ours; null: the one that runs on the EVSE, or the only one. */
  transactionId: string | null;
  /** `id` null: one that depends on purpose, EVSE and transaction alone, so that the next one of the kind replaces it. */
  profile: Omit<ChargingProfile, 'wireId' | 'id'> & { id: number | null };
}

/** What became of a profile, and how it had to be said until the charger took it. */
export interface ProfileOutcome {
  outcome: OrderOutcome<'set-profile'> | Unreached;
  /** Every way that was tried, the last being the one of the outcome. */
  tried: string[];
}

/**
 * Numbers that a charger knows profiles by where nobody names one: from here on by EVSE, 0 being the whole charger, or by
 * transaction, so that clearing one that is over never hits the next.
 */
const FIRST_ID: Record<ChargingProfile['purpose'], number> = { 'charge-point-max': 1, 'tx-default': 1000, tx: 2000 };

/**
 * Sets a limit. Where the charger rejects it, the same limit is said in the few ways that such chargers take (Q60), never
 * a higher one; amperes and watts are turned into each other only where the config file says how the EVSE is wired. A
 * profile for a transaction goes with it (Q61). Limits below 6 A go out as asked, though some chargers end the transaction
 * then (Q46). Errors: EVSE_UNKNOWN, CALL_INVALID, and for a `tx` profile those of `findRunning`.
 */
export async function setProfile(gw: Gateway, chargerId: string, wanted: SetProfile): Promise<ProfileOutcome> {
  if (!findCharger(gw.db, chargerId)) return { outcome: { kind: 'unknown-charger' }, tried: [] };
  checkEvse(gw, chargerId, wanted.evse);
  checkPlace(wanted);
  const transaction = wanted.profile.purpose === 'tx' ? findRunning(gw, chargerId, wanted) : null;
  const evse = transaction?.evse ?? wanted.evse;
  const id = wanted.profile.id ?? numberFor(wanted.profile.purpose, transaction?.seq ?? evse ?? 0);
  const asked: ChargingProfile = { ...wanted.profile, id, wireId: transaction?.wireId ?? null };
  const ladder = profileLadder(asked, gw.clock(), supplyOf(gw, chargerId, evse));
  const walked = await walk(gw, chargerId, evse, ladder);
  if (transaction && mayHold(walked.outcome)) await keepUntilStop(gw, chargerId, asked.id, transaction.id);
  return walked;
}

/** The charger's number for a limit that nobody gave one: by the place of its transaction (`seq`), of its EVSE, or 0. */
export function numberFor(purpose: ChargingProfile['purpose'], place: number): number {
  return FIRST_ID[purpose] + place;
}

/** OCPP 1.6 §3.13.1: the whole charger's maximum is set on the whole charger. */
function checkPlace({ evse, transactionId, profile }: SetProfile): void {
  if (profile.purpose === 'charge-point-max' && evse !== null)
    throw new GatewayError('CALL_INVALID', 'a charge-point-max profile is for the whole charger: leave evse out');
  if (profile.purpose !== 'tx' && transactionId !== null)
    throw new GatewayError('CALL_INVALID', `a ${profile.purpose} profile is for no transaction: leave it out`);
}

async function walk(
  gw: Gateway,
  chargerId: string,
  evse: number | null,
  ladder: ReturnType<typeof profileLadder>,
): Promise<ProfileOutcome> {
  const tried: string[] = [];
  let outcome: ProfileOutcome['outcome'] = { kind: 'not-connected' };
  for (const { name, profile } of ladder) {
    tried.push(name);
    outcome = await orderCharger(gw, chargerId, { kind: 'set-profile', evse, profile });
    if (!mayTakeAnother(outcome)) break;
  }
  return { outcome, tried };
}

/** Did the charger refuse this way of saying it, rather than profiles as such? */
function mayTakeAnother(outcome: ProfileOutcome['outcome']): boolean {
  if (outcome.kind === 'answered') return outcome.answer.status === 'rejected';
  return outcome.kind === 'error' && outcome.code !== 'NotImplemented' && outcome.code !== 'NotSupported';
}

/** May the charger have the profile now? One that did not answer may. */
function mayHold(outcome: ProfileOutcome['outcome']): boolean {
  if (outcome.kind === 'answered') return outcome.answer.status === 'accepted' || outcome.answer.status === 'unknown';
  return outcome.kind === 'timeout' || outcome.kind === 'disconnected';
}

/** How the EVSE (null: every EVSE alike) is wired, where the config file says so: what is assumed converts no limit. */
function supplyOf(gw: Gateway, chargerId: string, evse: number | null): Supply | null {
  const described = gw.settings.chargers.find(({ id }) => id === chargerId)?.evses ?? [];
  const supplies = described
    .filter((one) => evse === null || one.evse === evse)
    .flatMap(({ connectors }) => connectors)
    .map(({ powerType, maxVoltage }) => ({ powerType, volts: maxVoltage }));
  const [first] = supplies;
  const alike = supplies.every(({ powerType, volts }) => powerType === first?.powerType && volts === first.volts);
  return first && alike ? first : null;
}

/** Remembers that a profile has to go when this transaction ends (Q61). */
export async function keepUntilStop(
  gw: Gateway,
  chargerId: string,
  profileId: number,
  transactionId: string,
): Promise<void> {
  await gw.db.write(() => store.putTransactionProfile(gw.db, { chargerId, profileId, transactionId }));
  // It may have ended while the charger thought about it.
  await clearEnded(gw, chargerId);
}

/**
 * Takes from a charger the profiles of transactions that are over: some would keep them for the next driver (Q61). At once,
 * in the order of what it is told; `booting` chargers are left alone for a while first.
 */
export async function clearEnded(gw: Gateway, chargerId: string, booting = false): Promise<void> {
  for (const { profileId } of store.listEndedProfiles(gw.db, chargerId)) {
    const order: OrderOf<'clear-profiles'> = { kind: 'clear-profiles', ...ALL, id: profileId };
    const outcome = await orderCharger(gw, chargerId, order, { background: booting });
    // One that could not be asked is asked again when it is back.
    if (outcome.kind === 'answered' || outcome.kind === 'error')
      await gw.db.write(() => store.deleteTransactionProfile(gw.db, chargerId, profileId));
  }
}

export interface WhichProfiles {
  id: number | null;
  evse: number | null;
  purpose: ChargingProfile['purpose'] | null;
  stackLevel: number | null;
}

const ALL: WhichProfiles = { id: null, evse: null, purpose: null, stackLevel: null };

/** Clears the profiles that agree with everything given; nothing given: all. Errors: EVSE_UNKNOWN. */
export async function clearProfiles(
  gw: Gateway,
  chargerId: string,
  which: WhichProfiles,
): Promise<OrderOutcome<'clear-profiles'> | Unreached> {
  checkEvse(gw, chargerId, which.evse);
  const all = Object.values(which).every((value) => value === null);
  if (all && gw.connections.find(chargerId)?.clearsAllLimits === false) return clearEach(gw, chargerId);
  return orderCharger(gw, chargerId, { kind: 'clear-profiles', ...which });
}

/** One purpose after the other. What was cleared counts, wherever there was something. */
async function clearEach(gw: Gateway, chargerId: string): Promise<OrderOutcome<'clear-profiles'> | Unreached> {
  let said: OrderOutcome<'clear-profiles'> | Unreached = { kind: 'not-connected' };
  for (const purpose of ['tx', 'tx-default', 'charge-point-max'] as const) {
    const outcome = await orderCharger(gw, chargerId, { kind: 'clear-profiles', ...ALL, purpose });
    if (outcome.kind !== 'answered') return outcome;
    if (said.kind !== 'answered' || said.answer.status !== 'accepted') said = outcome;
  }
  return said;
}
