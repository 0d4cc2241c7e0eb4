import { createHash } from 'node:crypto';
import { GatewayError } from './domain/errors.ts';
import type { ChargerSettings, ConnectorSettings, EvseSettings, PeerSettings } from './domain/settings.ts';
import { canonicalUid } from './domain/token.ts';
import type { Tariff } from './domain/tariff.ts';
import { touchEvses } from './chargers.ts';
import { defaultEvseId, freeUid, othersNamed } from './evse-names.ts';
import type { Gateway } from './gateway.ts';
import { provision } from './peers.ts';
import { checkTariff } from './pricing/check.ts';
import { sameBut } from './same.ts';
import * as chargers from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import * as meta from './store/meta.ts';
import * as peers from './store/peers.ts';
import { assignmentsOf } from './store/tariff-assignments.ts';
import * as tariffs from './store/tariffs.ts';
import * as tokens from './store/tokens.ts';
import { tariffIdsAt } from './tariff-assignments.ts';
import { replacedKey } from './tariff-findings.ts';

/**
 * Brings the database in line with what the config file declares, in one write: at start-up, before anybody connects.
 * What is unchanged keeps its `updatedAt`. Errors: TARIFF_UNPRICEABLE.
 */
export async function applyConfig(gw: Gateway): Promise<void> {
  for (const tariff of gw.settings.tariffs) {
    const problems = checkTariff(tariff);
    if (problems.length > 0)
      throw new GatewayError('TARIFF_UNPRICEABLE', `tariff ${tariff.id} cannot be priced: ${problems.join('; ')}`);
  }
  await gw.db.write((tx) => {
    applySite(gw, tx);
    applyTariffs(gw, tx);
    applyChargers(gw, tx);
    applyTokens(gw, tx);
    applyPeers(gw, tx);
  });
}

function applySite(gw: Gateway, tx: Tx): void {
  const described = JSON.stringify(gw.settings.site);
  const known = meta.readMeta(gw.db, 'site');
  if (known?.value !== described) meta.writeMeta(gw.db, 'site', described, tx.stamp);
  gw.siteUpdatedAt = known?.value === described ? known.updatedAt : tx.stamp;
}

function applyTariffs(gw: Gateway, tx: Tx): void {
  const declared = new Set<string>();
  for (const settings of gw.settings.tariffs) {
    declared.add(settings.id);
    const tariff: Tariff = { ...settings, updatedAt: tx.stamp };
    const known = tariffs.findOwnedTariff(gw.db, tariff.id);
    if (known?.origin === 'site') {
      gw.log.warn(
        { tariff: tariff.id },
        'a tariff that the operator brought is declared in the config file too: the one in the file counts from now on',
      );
      meta.writeMeta(gw.db, replacedKey(tariff.id), 'replaced', tx.stamp);
      if (known.tariff.id !== tariff.id) tariffs.deleteTariff(gw.db, known.tariff.id);
      else tariffs.setTariffOrigin(gw.db, tariff.id, 'config');
    }
    if (!known || !sameBut(known.tariff, tariff)) tariffs.putTariff(gw.db, tariff, 'config');
  }
  for (const id of tariffs.listTariffIds(gw.db, 'config')) {
    if (declared.has(id)) continue;
    if (meta.readMeta(gw.db, replacedKey(id))) meta.writeMeta(gw.db, replacedKey(id), '', tx.stamp);
    if (assignmentsOf(gw.db, id).length === 0) {
      tariffs.deleteTariff(gw.db, id);
      continue;
    }
    // Without it, charging would be free where it is assigned.
    tariffs.setTariffOrigin(gw.db, id, 'site');
    gw.log.warn(
      { tariff: id },
      'a tariff is declared in the config file no longer, but the operator assigned it: it is kept as a tariff of the site',
    );
  }
}

function applyChargers(gw: Gateway, tx: Tx): void {
  const declared = new Set(gw.settings.chargers.map((charger) => charger.id));
  for (const charger of gw.settings.chargers) applyCharger(gw, tx, charger);
  const described = new Set(gw.settings.chargers.filter((c) => c.evses.length > 0).map((c) => c.id));
  // What nobody describes follows the default connector, its tariff above all: an old one's would mean free of charge.
  for (const { chargerId, evse } of chargers.listEvses(gw.db))
    if (!described.has(chargerId))
      applyConnectors(gw, tx, chargerId, { evse, uid: null, evseId: null, parkingRestrictions: [], connectors: [] });
  for (const known of chargers.listChargers(gw.db)) {
    if (known.origin !== 'config' || declared.has(known.id)) continue;
    // No longer the file's: from now on it is treated like any charger that nobody described.
    const registration = gw.settings.unknownChargers === 'accept' ? 'accepted' : 'pending';
    chargers.setRegistration(gw.db, known.id, 'site', registration, tx.stamp);
    noteDescription(gw, tx, { id: known.id, evses: [] });
    retire(gw, tx, known.id, []);
  }
}

function applyCharger(gw: Gateway, tx: Tx, settings: ChargerSettings): void {
  const known = chargers.findCharger(gw.db, settings.id);
  if (!known) chargers.insertCharger(gw.db, settings.id, 'config', 'accepted', tx.stamp);
  else if (known.origin !== 'config' || known.registration !== 'accepted') {
    chargers.setRegistration(gw.db, settings.id, 'config', 'accepted', tx.stamp);
    touchEvses(gw, tx, settings.id);
  }
  for (const evse of settings.evses) applyEvse(gw, tx, settings.id, evse);
  applyVisitors(gw, tx, settings);
  if (noteDescription(gw, tx, settings) && settings.evses.length > 0) retire(gw, tx, settings.id, settings.evses);
}

/**
 * True where the file tells of other EVSEs of a charger than it did. Only then have those gone that it does not tell of: what
 * the charger itself reported since is there, and would else be gone to clouds from each restart until its next report.
 */
function noteDescription(gw: Gateway, tx: Tx, { id, evses }: Pick<ChargerSettings, 'id' | 'evses'>): boolean {
  const name = `described ${id}`;
  const value = JSON.stringify(evses.map(({ evse }) => evse).toSorted((one, other) => one - other));
  if ((meta.readMeta(gw.db, name)?.value ?? '[]') === value) return false;
  meta.writeMeta(gw.db, name, value, tx.stamp);
  return true;
}

function applyEvse(gw: Gateway, tx: Tx, chargerId: string, settings: EvseSettings): void {
  const known = chargers.findEvse(gw.db, chargerId, settings.evse);
  const evseId = settings.evseId ?? defaultEvseId(gw, chargerId, settings.evse);
  if (!known && settings.uid !== null && chargers.evseUidTaken(gw.db, settings.uid))
    throw new GatewayError(
      'CONFIG_INVALID',
      `EVSE ${settings.evse} of charger ${chargerId}: the uid ${settings.uid} belonged to another EVSE, and clouds keep it for that one; give this one another uid, or none`,
    );
  const uid = settings.uid ?? freeUid(gw, chargerId, settings.evse);
  if (!known) chargers.insertEvse(gw.db, { chargerId, evse: settings.evse, uid, evseId }, tx.stamp);
  else if (known.removed || known.evseId !== evseId) chargers.setEvseIdentity(gw.db, known, evseId, false, tx.stamp);
  if (known && settings.uid !== null && settings.uid !== known.uid)
    gw.log.warn(
      { charger: chargerId, evse: settings.evse, uid: known.uid },
      'an EVSE keeps the uid it was first given: the one in the config file is ignored',
    );
  // Whoever was given by us what the file gives to this one gets another.
  for (const other of othersNamed(gw, evseId, { chargerId, evse: settings.evse }))
    chargers.setEvseIdentity(gw.db, other, defaultEvseId(gw, other.chargerId, other.evse), false, tx.stamp);
  applyConnectors(gw, tx, chargerId, settings);
}

/** What is said for visitors is not stored with an EVSE, but a change of it is one of the EVSE to those who poll. */
function applyVisitors(gw: Gateway, tx: Tx, settings: ChargerSettings): void {
  const name = `visitors ${settings.id}`;
  const restricted = settings.evses.filter(({ parkingRestrictions }) => parkingRestrictions.length > 0);
  const value = JSON.stringify([
    settings.payment,
    settings.vehicleTypes,
    restricted.map(({ evse, parkingRestrictions }) => [evse, parkingRestrictions]),
  ]);
  if ((meta.readMeta(gw.db, name)?.value ?? '[[],[],[]]') === value) return;
  meta.writeMeta(gw.db, name, value, tx.stamp);
  touchEvses(gw, tx, settings.id);
}

function applyConnectors(gw: Gateway, tx: Tx, chargerId: string, evse: EvseSettings): void {
  const wanted: ConnectorSettings[] = evse.connectors.length > 0 ? evse.connectors : [gw.settings.defaultConnector];
  const known = chargers.listConnectorsOf(gw.db, chargerId).filter((c) => c.evse === evse.evse);
  for (const settings of wanted) {
    const at = { chargerId, evse: evse.evse, connector: settings.connector };
    const connector = { ...settings, ...at, tariffIds: tariffIdsAt(gw, at, settings.tariffIds), updatedAt: tx.stamp };
    const before = known.find((c) => c.connector === settings.connector);
    if (!before || !sameBut(before, connector)) chargers.putConnector(gw.db, connector);
  }
  for (const before of known)
    if (!wanted.some((settings) => settings.connector === before.connector)) {
      chargers.deleteConnector(gw.db, chargerId, evse.evse, before.connector);
      chargers.touchEvse(gw.db, chargerId, evse.evse, tx.stamp);
    }
}

/** EVSEs that are no longer described have gone; their uid is never given to another (OCPI EVSE.uid). */
function retire(gw: Gateway, tx: Tx, chargerId: string, kept: EvseSettings[]): void {
  for (const evse of chargers.listEvsesOf(gw.db, chargerId))
    if (!evse.removed && !kept.some((settings) => settings.evse === evse.evse))
      chargers.setEvseIdentity(gw.db, evse, evse.evseId, true, tx.stamp);
}

function applyTokens(gw: Gateway, tx: Tx): void {
  const { countryCode, partyId, operatorName } = gw.settings.site;
  const declared = new Set<string>();
  for (const settings of gw.settings.tokens) {
    const token: tokens.StoredToken = {
      ...settings,
      countryCode,
      partyId,
      peer: null,
      origin: 'config',
      contractId: settings.uid,
      visualNumber: null,
      issuer: operatorName,
      whitelist: 'ALWAYS',
      language: null,
      body: {},
      updatedAt: tx.stamp,
    };
    declared.add(tokenKey(token));
    const known = tokens.findToken(gw.db, token);
    if (!known || !sameBut(known, token)) tokens.putToken(gw.db, token);
  }
  for (const known of tokens.listTokensOfConfig(gw.db))
    if (!declared.has(tokenKey(known))) tokens.deleteToken(gw.db, known);
}

function tokenKey({ countryCode, partyId, uid, type }: tokens.TokenKey): string {
  return JSON.stringify([countryCode.toUpperCase(), partyId.toUpperCase(), canonicalUid(uid), type]);
}

function applyPeers(gw: Gateway, tx: Tx): void {
  const declared = new Map(gw.settings.peers.map((peer) => [peer.name, peer]));
  const unchanged = new Set(gw.settings.peers.filter((peer) => keepsTokens(gw, peer)).map((peer) => peer.name));
  // First of all: a token may have moved from one peer to another, as when one is renamed.
  for (const known of peers.listPeers(gw.db)) {
    if (known.origin !== 'config' || unchanged.has(known.name)) continue;
    const peer = declared.get(known.name);
    if (!peer) peers.putPeer(gw.db, { ...known, state: 'unregistered', updatedAt: tx.stamp });
    if (peer?.inboundToken !== null) peers.setInbound(gw.db, known.name, null, null);
  }
  for (const peer of gw.settings.peers) {
    const { name, visibility, inboundToken, versionsUrl, outboundToken, quirks } = peer;
    if (inboundToken === null) continue;
    const known = unchanged.has(name) ? peers.findPeer(gw.db, name) : undefined;
    if (known) {
      if (known.visibility !== visibility) peers.putPeer(gw.db, { ...known, visibility, updatedAt: tx.stamp });
      peers.setQuirks(gw.db, name, quirks);
      continue;
    }
    provision(
      gw,
      tx,
      {
        name,
        visibility,
        inboundToken,
        quirks,
        ...(versionsUrl !== null && { versionsUrl }),
        ...(outboundToken !== null && { outboundToken }),
      },
      'config',
    );
    meta.writeMeta(gw.db, `peer ${name}`, fingerprint(peer), tx.stamp);
  }
}

/** Tokens that a peer was given since, over OCPI, outlive a restart: the file decides only when it changes. */
function keepsTokens(gw: Gateway, peer: PeerSettings): boolean {
  const known = peers.findPeer(gw.db, peer.name);
  if (known?.origin !== 'config' || known.state !== 'registered') return false;
  return meta.readMeta(gw.db, `peer ${peer.name}`)?.value === fingerprint(peer);
}

function fingerprint({ inboundToken, outboundToken, versionsUrl }: PeerSettings): string {
  return createHash('sha256')
    .update(JSON.stringify([inboundToken, outboundToken, versionsUrl]))
    .digest('hex');
}
