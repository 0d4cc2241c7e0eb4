/** A depot with a 2.x charger of two EVSEs, and a peer that reserves there. */
import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import type { Reservation } from '../../gateway/domain/reservations.ts';
import { listReservations } from '../../gateway/reservations.ts';
import { siteView } from '../../gateway/site.ts';
import type { TestSite } from '../harness/gateway.ts';
import type { Script } from '../harness/scripted-charger.ts';
import { registerPeer, resultOf, startDepot, type Item } from '../ocpi/commands-harness.ts';
import { wish } from '../ocpi/reservation-wishes.ts';
import { dialV2, type V2Charger, type Version } from './v2-charger.ts';

export const VERSIONS: Version[] = ['ocpp2.0.1', 'ocpp2.1'];
export const ALL = { offset: 0, limit: 100 };
export const MINUTE = 60_000;

/** How far the gateway's clock is ahead, ms. */
export const clock = { ahead: 0 };
const now = (): number => Date.now() + clock.ahead;
export const inMinutes = (minutes: number): string => new Date(now() + minutes * MINUTE).toISOString();

export interface Setting {
  site: TestSite;
  peer: SimulatedPeer;
  charger: V2Charger;
  bays: string[];
}

export async function setUp(version: Version, yaml = '', script?: Script): Promise<Setting> {
  clock.ahead = 0;
  const site = await startDepot({ yaml, clock: now });
  const charger = await dial(site, version, script);
  await charger.boot();
  for (const evse of [1, 2]) await charger.status(evse, 'Available');
  const peer = await registerPeer(site);
  const bays = siteView(site.gateway).evses.map(({ uid }) => uid);
  return { site, peer, charger, bays };
}

/** Its socket alone. */
export const dial = (site: TestSite, version: Version, script?: Script): Promise<V2Charger> =>
  dialV2(site.urls.ocpp, 'BAY-1', version, now, script);

export const reserveAt = (peer: SimulatedPeer, evse_uid: string | undefined, more: Item = {}) =>
  wish(peer, evse_uid, inMinutes(30), more);

/** Reserved, and said so by the charger; gives what that was asked. */
export async function reserved({ peer, charger, bays }: Setting, evse = 1, more: Item = {}): Promise<Item> {
  await resultOf(peer, await reserveAt(peer, bays[evse - 1], more));
  const asked = await charger.called('ReserveNow');
  await charger.status(evse, 'Reserved');
  return asked;
}

/** How the two EVSEs are shown. */
export const visible = ({ site }: Setting): string[] =>
  siteView(site.gateway)
    .evses.slice(0, 2)
    .map(({ visible: shown }) => shown);

export const newest = ({ site }: Setting): Reservation | undefined => listReservations(site.gateway, 1, null)[0];

/** Results that the peer was told of its RESERVE_NOW. */
export const results = ({ peer }: Setting): unknown[] =>
  peer.requests
    .filter(({ path }) => path.includes('/commands/RESERVE_NOW'))
    .map(({ body }) => (body as Item)['result']);

export const verdictOf = (answer: Item): unknown => (answer['idTokenInfo'] as Item | undefined)?.['status'];
