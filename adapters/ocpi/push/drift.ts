import { findCdr } from '../../../gateway/cdrs.ts';
import { signedReadingsOf } from '../../../gateway/signed-readings.ts';
import type { Deviation, DriftReport } from '../../../gateway/domain/drift.ts';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { PUSH_MODULES, type PushModule } from '../../../gateway/domain/outbox.ts';
import type { Cdr, TokenUse } from '../../../gateway/domain/types.ts';
import {
  cdrsToCheck,
  isCheckDue,
  isWaiting,
  noteDrift,
  sessionsToCheck,
  wasReadable,
  type DriftChecker,
} from '../../../gateway/drift.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { collectChanges } from '../../../gateway/outbox.ts';
import { findPeer, listPeers } from '../../../gateway/peers.ts';
import { bookingOfSession } from '../../../gateway/peer-bookings.ts';
import { findSession } from '../../../gateway/sessions.ts';
import { siteView } from '../../../gateway/site.ts';
import { findTariff, listTariffs } from '../../../gateway/tariffs.ts';
import type { OcpiClient } from '../client.ts';
import { presenterFor } from '../peer-presenter.ts';
import type { Presenter, Wire } from '../present/shared.ts';
import { deviations } from './compare.ts';
import { mannerOf, receiverUrl, targetOf, type PushTarget } from './target.ts';

const EVERY_MINUTE = 60_000;

/** Compares each peer's copy with ours once a day, and when it is asked to. */
export interface DriftChecks extends DriftChecker {
  close(): Promise<void>;
}

/** Starts the daily checks; one at a time, so that they load nobody. */
export function startDriftChecks(gw: Gateway, client: OcpiClient): DriftChecks {
  let turn: Promise<unknown> = Promise.resolve();
  let closing = false;

  function check(name: string): Promise<DriftReport> {
    const mine = turn.then(() => checkPeer(gw, client, name));
    // Who asked hears of a failure; the next in line only waits for the end.
    turn = mine.catch(() => undefined);
    return mine;
  }

  async function look(): Promise<void> {
    for (const { name } of listPeers(gw)) {
      const reached = gw.pushStates.get(name)?.kind === 'up';
      if (closing || !reached || !isCheckDue(gw, name)) continue;
      await check(name).catch((error: unknown) =>
        gw.log.warn({ err: error, peer: name }, 'what a peer holds could not be compared'),
      );
    }
  }

  let looking = false;
  function tick(): void {
    if (looking) return;
    looking = true;
    look()
      .catch((error: unknown) => gw.log.error({ err: error }, 'comparing with what peers hold failed'))
      .finally(() => (looking = false));
  }

  const ticker = setInterval(tick, EVERY_MINUTE);
  ticker.unref();
  return {
    check,
    async close() {
      closing = true;
      clearInterval(ticker);
      await turn;
    },
  };
}

/** One object of ours, and where the peer keeps it. */
interface Copy {
  object: string;
  url: string;
  about: TokenUse | null;
  /** As we would tell it now; null: no longer ours to tell. */
  ours(): Wire | null;
}

interface Found {
  compared: number;
  waiting: number;
  readable: boolean;
  deviations: Deviation[];
}

/** Errors: PEER_UNUSABLE, PEER_REFUSED, PEER_UNREACHABLE. */
async function checkPeer(gw: Gateway, client: OcpiClient, name: string): Promise<DriftReport> {
  const peer = findPeer(gw, name);
  const target = peer && targetOf(gw, peer);
  if (!target || target.peer.endpoints.length === 0)
    throw new GatewayError('PEER_UNUSABLE', `peer ${name} is not registered, or has not said where it takes what`);
  const report: DriftReport = {
    peer: name,
    checkedAt: gw.clock(),
    compared: 0,
    waiting: 0,
    deviations: [],
    unreadable: [],
  };
  const read: PushModule[] = [];
  for (const module of PUSH_MODULES) {
    const base = receiverUrl(gw, target.peer, module);
    if (base === null) continue;
    // What changed until now waits from here on, and is no deviation.
    while (await collectChanges(gw, target.peer, module));
    const found = await compareAll(gw, client, target, module, copiesOf(gw, target, module, base));
    report.compared += found.compared;
    report.waiting += found.waiting;
    if (found.readable) read.push(module);
    if (found.readable || wasReadable(gw, name, module)) report.deviations.push(...found.deviations);
    else if (found.deviations.length > 0) report.unreadable.push(module);
  }
  await noteDrift(gw, report, read);
  return report;
}

async function compareAll(
  gw: Gateway,
  client: OcpiClient,
  target: PushTarget,
  module: PushModule,
  copies: Copy[],
): Promise<Found> {
  const found: Found = { compared: 0, waiting: 0, readable: false, deviations: [] };
  const { peer, token } = target;
  for (const copy of copies) {
    const sent = await client.send({ method: 'GET', url: copy.url, token, ...mannerOf(gw, peer, copy.about) });
    if (sent.kind === 'away') throw new GatewayError('PEER_UNREACHABLE', sent.reason);
    if (sent.kind === 'denied') throw new GatewayError('PEER_REFUSED', sent.reason);
    const has = sent.kind === 'ok' && typeof sent.data === 'object' && sent.data !== null;
    found.readable ||= has;
    // What changed while we asked, or waits to be told, is not for us to judge.
    while (await collectChanges(gw, peer, module));
    const ours = copy.ours();
    if (ours === null || isWaiting(gw, peer.name, module, copy.object)) {
      found.waiting += 1;
      continue;
    }
    found.compared += 1;
    found.deviations.push(...judge(gw, target, module, copy.object, ours, has ? sent.data : null));
  }
  return found;
}

function judge(
  gw: Gateway,
  { peer }: PushTarget,
  module: PushModule,
  object: string,
  ours: Wire,
  theirs: unknown,
): Deviation[] {
  if (theirs === null) return [{ module, object, kind: 'absent', fields: [], repaired: true }];
  const fields = deviations(ours, theirs);
  if (fields.length === 0) return [];
  const differs = { module, kind: 'differs' as const, repaired: module !== 'cdrs' };
  if (module !== 'locations') return [{ ...differs, object, fields }];
  // Where only EVSEs deviate, each is told by itself; one that waits is told anyway.
  const evses = evsesOf(ours).map((uid) => ({ uid, mark: `evses[${uid.toUpperCase()}]` }));
  const mine = ({ mark }: { mark: string }): string[] =>
    fields.filter((field) => field === mark || field.startsWith(`${mark}.`));
  const apart = evses.filter((evse) => mine(evse).length > 0);
  if (apart.flatMap(mine).length < fields.length) return [{ ...differs, object, fields }];
  return apart
    .filter(({ uid }) => !isWaiting(gw, peer.name, module, uid))
    .map((evse) => ({ ...differs, object: evse.uid, fields: mine(evse) }));
}

function evsesOf(location: Wire): string[] {
  const { evses } = location;
  return Array.isArray(evses) ? evses.map((evse: { uid: unknown }) => String(evse.uid)) : [];
}

function copiesOf(gw: Gateway, target: PushTarget, module: PushModule, base: string): Copy[] {
  const { peer, version } = target;
  const { site } = gw.settings;
  const present = presenterFor(gw, peer, version);
  const at = (id: string): string => [base, ...[site.countryCode, site.partyId, id].map(encodeURIComponent)].join('/');
  if (module === 'locations') {
    const visible = site.publish || peer.visibility === 'all';
    return visible ? [{ object: '', url: at(site.id), about: null, ours: () => present.location(siteView(gw)) }] : [];
  }
  if (module === 'tariffs')
    return listTariffs(gw, { offset: 0, limit: 1000 }).items.map(({ id }) => ({
      object: id,
      url: at(id),
      about: null,
      ours: () => {
        const tariff = findTariff(gw, id);
        return tariff && present.tariff(tariff, site);
      },
    }));
  if (module === 'sessions')
    return sessionsToCheck(gw, peer.name).map(({ id, token }) => ({
      object: id,
      url: at(id),
      about: token,
      ours: () => {
        const session = findSession(gw, id);
        return session && present.session(session, site);
      },
    }));
  // Calendars change all the time, and every change of them is told whole.
  if (module === 'bookings' || module === 'booking-locations') return [];
  return cdrsToCheck(gw, peer.name).flatMap(({ object, location }) => {
    const cdr = findCdr(gw, object);
    const url = whereKept(base, location);
    // A shape that the peer did not tell is a guess, and a bill line told twice costs money: only its own word counts.
    return cdr && url !== null ? [{ object, url, about: cdr.token, ours: () => billOf(gw, present, cdr) }] : [];
  });
}

function billOf(gw: Gateway, present: Presenter, cdr: Cdr): Wire {
  return present.cdr(cdr, gw.settings.site, signedReadingsOf(gw, cdr), bookingOfSession(gw, cdr.sessionId));
}

/** Where the peer says that it keeps a bill line; null where it says nothing, or names another server than its own. */
function whereKept(base: string, location: string | null): string | null {
  if (location === null || !URL.canParse(location, `${base}/`)) return null;
  const url = new URL(location, `${base}/`);
  return url.origin === new URL(base).origin ? url.href : null;
}
