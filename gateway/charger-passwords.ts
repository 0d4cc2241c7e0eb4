import { randomBytes } from 'node:crypto';
import type { CallOutcome, OrderOutcome } from './connections.ts';
import { GatewayError } from './domain/errors.ts';
import type { OrderStatus } from './domain/orders.ts';
import { canonicalPassword, canonicalText, isHexKey } from './domain/password.ts';
import { dropOffered, offerPassword, takePassword } from './domain/password-list.ts';
import type { Gateway } from './gateway.ts';
import { orderCharger, unreached, type Unreached } from './remote-control.ts';
import * as store from './store/charger-access.ts';
import { findCharger, insertCharger } from './store/chargers.ts';
import { readMeta, writeMeta } from './store/meta.ts';

/** Bytes of a password that the gateway makes; OCPP's AuthorizationKey holds their 40 hex digits at most. */
const KEY_BYTES = 20;

/** What the operator sets: as short as OCPP allows, as long as the config file's; no control characters. */
const SETTABLE = /^[^\p{Cc}]{16,64}$/u;

/** Hash of all the config file's passwords together, so that an unchanged file costs one look. */
const FILE_MARK = 'charger passwords';

/** The password that the config file has for this charger; null: none. */
export function filePassword(gw: Gateway, chargerId: string): string | null {
  return gw.settings.chargers.find((charger) => charger.id === chargerId)?.password ?? null;
}

/**
 * Where the password that is asked of this charger comes from: the config file, the gateway or the operator (`own`), or
 * `none`. One that was sent to a charger without any is asked for once the charger has used it.
 */
export function passwordOrigin(gw: Gateway, chargerId: string): 'none' | 'config' | 'own' {
  if (store.listPasswords(gw.db, chargerId).some(({ state }) => state === 'current')) return 'own';
  return filePassword(gw, chargerId) === null ? 'none' : 'config';
}

/** Must this charger show a password? */
export function demandsPassword(gw: Gateway, chargerId: string): boolean {
  return passwordOrigin(gw, chargerId) !== 'none';
}

/** Rises with every password that this charger is given or loses. */
export function passwordRevision(gw: Gateway, chargerId: string): number {
  return store.readAccess(gw.db, chargerId).revision;
}

/**
 * How giving a charger a new password went. `taken`: it is the one from now on, the old one is good for the grace or
 * until the new one is used. `refused`: all is as before. `open`: nobody knows; both are good until the charger shows.
 */
export interface Rotation {
  result: 'taken' | 'refused' | 'open';
  outcome: OrderOutcome<'change-password'> | Unreached;
}

/**
 * Makes a new password and gives it to a connected charger; nobody sees it. Never rejects for what the charger does.
 * Errors: storage, LIMIT_REACHED.
 */
export async function rotatePassword(gw: Gateway, chargerId: string): Promise<Rotation> {
  if (!gw.connections.find(chargerId)) return { result: 'refused', outcome: unreached(gw, chargerId) };
  const key = randomBytes(KEY_BYTES);
  const hash = gw.passwords.hashKey(canonicalPassword(key));
  await offer(gw, chargerId, hash);
  const outcome = await orderCharger(gw, chargerId, { kind: 'change-password', password: key.toString('hex') });
  const result = resultOf(outcome.kind === 'answered' ? outcome.answer.status : outcome.kind);
  // Where it went away in between, nothing was sent and nobody has noted it.
  if (result === 'refused') await settle(gw, chargerId, hash, result);
  return { result, outcome };
}

/**
 * Sends a call that gives a charger a password, whoever asked for it. The password is stored, as a hash, before it is
 * sent, so that no crash in between locks the charger out; `statusOf` reads the charger's answer. Errors: storage,
 * LIMIT_REACHED, and then nothing was sent.
 */
export async function givePassword(
  gw: Gateway,
  chargerId: string,
  password: string,
  send: () => Promise<CallOutcome>,
  statusOf: (payload: unknown) => OrderStatus,
): Promise<CallOutcome> {
  const canonical = canonicalText(password);
  const offered = store.listPasswords(gw.db, chargerId).filter(({ state }) => state === 'offered');
  const known = await gw.passwords.find(
    canonical,
    offered.map(({ hash }) => hash),
  );
  const hash = known ?? (await gw.passwords.hash(canonical));
  if (known === null) await offer(gw, chargerId, hash, isHexKey(password));
  const outcome = await send();
  const result = resultOf(outcome.kind === 'result' ? statusOf(outcome.payload) : outcome.kind);
  gw.log.info({ charger: chargerId, result }, 'a new password was made for a charger');
  if (result === 'open') return outcome;
  // It is sent: where the answer cannot be stored, both stay good until the charger shows which it has.
  await settle(gw, chargerId, hash, result).catch((error: unknown) =>
    gw.log.error({ err: error, charger: chargerId, result }, 'how a charger took its new password could not be stored'),
  );
  return outcome;
}

async function offer(gw: Gateway, chargerId: string, hash: string, hex = true): Promise<void> {
  const mark = await configMarkOf(gw, chargerId);
  await gw.db.write((tx) => {
    const known = store.listPasswords(gw.db, chargerId);
    store.replacePasswords(gw.db, chargerId, offerPassword(known, { hash, hex }, tx.now));
    putChanged(gw, chargerId, mark);
  });
}

/** What an answer, or none, says of a password that was sent. Only a clear no makes it worthless. */
function resultOf(said: OrderStatus | Exclude<CallOutcome['kind'], 'result'> | Unreached['kind']): Rotation['result'] {
  switch (said) {
    case 'accepted':
    case 'reboot-required':
      return 'taken';
    case 'rejected':
    case 'not-supported':
    // Not sent at all.
    case 'invalid':
    case 'queue-full':
    case 'not-connected':
    case 'unknown-charger':
      return 'refused';
    default:
      // An error, or nothing: it may have been taken all the same (Q7).
      return 'open';
  }
}

/** It may have shown what it did already, by coming back with the new one: then that stands. */
async function settle(gw: Gateway, chargerId: string, hash: string, result: 'taken' | 'refused'): Promise<void> {
  await gw.db.write((tx) => {
    const known = store.listPasswords(gw.db, chargerId);
    const { configMark } = store.readAccess(gw.db, chargerId);
    const former = filePassword(gw, chargerId) === null ? null : configMark;
    const until = tx.now + gw.settings.passwordGrace * 1000;
    const settled = result === 'taken' ? takePassword(known, hash, former, until) : dropOffered(known, hash);
    store.replacePasswords(gw.db, chargerId, settled);
  });
}

/**
 * The operator says which password a charger has, as when it was put into the charger by hand; asked for at once. A
 * charger that was never seen is taken in with it. Errors: REQUEST_INVALID,
 * PASSWORD_FROM_CONFIG, LIMIT_REACHED.
 */
export async function setPassword(gw: Gateway, chargerId: string, password: string): Promise<void> {
  if (!SETTABLE.test(password))
    throw new GatewayError(
      'REQUEST_INVALID',
      `the password of ${chargerId} needs 16 to 64 characters in one line; as OCPP has it, 32 to 40 hex digits`,
    );
  if (filePassword(gw, chargerId) !== null)
    throw new GatewayError(
      'PASSWORD_FROM_CONFIG',
      `the config file has the password of ${chargerId}: change it there, or give the charger a new one by rotation`,
    );
  const hash = await gw.passwords.hash(canonicalText(password));
  await gw.db.write((tx) => {
    // Whoever names a charger and its password knows it.
    if (!findCharger(gw.db, chargerId)) insertCharger(gw.db, chargerId, 'site', 'accepted', tx.stamp);
    const current = { hash, state: 'current' as const, hex: isHexKey(password), madeAt: tx.now, goodUntil: null };
    store.replacePasswords(gw.db, chargerId, [current]);
    putChanged(gw, chargerId, null);
  });
  gw.log.info({ charger: chargerId }, 'the operator set the password of this charger');
}

/**
 * Forgets every password that a charger was given here: the config file's counts again, or none is asked.
 * Errors: CHARGER_UNKNOWN.
 */
export async function clearPassword(gw: Gateway, chargerId: string): Promise<void> {
  await gw.db.write(() => {
    if (!findCharger(gw.db, chargerId))
      throw new GatewayError('CHARGER_UNKNOWN', `charger ${chargerId} is not known here`);
    store.replacePasswords(gw.db, chargerId, []);
    putChanged(gw, chargerId, null);
  });
  gw.log.info({ charger: chargerId }, 'the passwords that this charger was given are forgotten');
}

/**
 * Lets the config file's passwords win where the file changed them since a charger was given another: at start-up, before
 * anybody connects. A file that says nothing of a charger's password changes nothing.
 */
export async function adoptFilePasswords(gw: Gateway): Promise<void> {
  const said = gw.settings.chargers.flatMap(({ id, password }) => (password === null ? [] : [[id, password]]));
  const all = new TextEncoder().encode(JSON.stringify(said.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))));
  const mark = readMeta(gw.db, FILE_MARK)?.value ?? null;
  if (mark !== null && (await gw.passwords.find(all, [mark])) !== null) return;
  const renewed: string[] = [];
  for (const chargerId of store.listChargersWithPassword(gw.db))
    if (await fileSaysAnother(gw, chargerId)) renewed.push(chargerId);
  const hash = await gw.passwords.hash(all);
  await gw.db.write((tx) => {
    for (const chargerId of renewed) {
      store.replacePasswords(gw.db, chargerId, []);
      putChanged(gw, chargerId, null);
      gw.log.warn({ charger: chargerId }, 'the config file has a new password for this charger: it counts from now on');
    }
    writeMeta(gw.db, FILE_MARK, hash, tx.stamp);
  });
}

async function fileSaysAnother(gw: Gateway, chargerId: string): Promise<boolean> {
  const file = filePassword(gw, chargerId);
  if (file === null) return false;
  const { configMark } = store.readAccess(gw.db, chargerId);
  return configMark === null || (await gw.passwords.find(canonicalText(file), [configMark])) === null;
}

/** Hash of the config file's password, as it was when the charger was first given another; null: the file has none. */
async function configMarkOf(gw: Gateway, chargerId: string): Promise<string | null> {
  const file = filePassword(gw, chargerId);
  if (file === null) return null;
  return store.readAccess(gw.db, chargerId).configMark ?? gw.passwords.hash(canonicalText(file));
}

function putChanged(gw: Gateway, chargerId: string, configMark: string | null): void {
  const access = store.readAccess(gw.db, chargerId);
  store.putAccess(gw.db, chargerId, { ...access, configMark, form: null, revision: access.revision + 1 });
}
