import { listChargers } from '../../../gateway/chargers.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Gateway } from '../../../gateway/gateway.ts';
import { readiness } from '../../../gateway/health.ts';
import { listPeers } from '../../../gateway/peers.ts';
import { upkeepWarnings } from '../../../gateway/upkeep.ts';
import { ok, route } from '../route.ts';
import type { ConsoleInfo, Route } from '../route.ts';
import { StatusBody } from '../schemas.ts';
import { siteNow, siteWarnings } from '../site-now.ts';

/** How the gateway is, on one page. */
export const statusRoutes: Route[] = [
  route({
    method: 'GET',
    url: '/api/status',
    summary: 'The gateway at a glance: version, URLs to hand out, counts, storage, warnings',
    responses: { 200: StatusBody },
    handle: (gw, { info }) => ok(status(gw, info)),
  }),
];

function status(gw: Gateway, info: ConsoleInfo): StatusBody {
  const { id, name, city, country, timeZone } = gw.settings.site;
  const { fault, commits, writes, waiting } = gw.db.stats();
  const now = siteNow(gw);
  return {
    version: info.version,
    now: toUtc(gw.clock()),
    startedAt: toUtc(info.startedAt),
    uptimeSeconds: info.uptimeSeconds(),
    site: { id, name, city, country, timeZone },
    urls: info.urls,
    unknownChargers: gw.settings.unknownChargers,
    counts: counts(gw),
    storage: { fault, commits, writes, waiting },
    ...readiness(gw),
    warnings: [...warnings(gw), ...siteWarnings(gw, now)],
    ...now,
  };
}

function counts(gw: Gateway): StatusBody['counts'] {
  const chargers = listChargers(gw);
  const evses = chargers.flatMap((charger) => charger.evses).filter((evse) => !evse.removed);
  return {
    chargers: chargers.length,
    connected: chargers.filter((charger) => charger.connected).length,
    pending: chargers.filter((charger) => charger.registration === 'pending').length,
    evses: evses.length,
    occupied: evses.filter((evse) => evse.transactionId !== null).length,
    peers: listPeers(gw).length,
  };
}

/** What works, but should not stay so. */
function warnings(gw: Gateway): string[] {
  const found: string[] = [];
  if (gw.settings.unknownChargers === 'accept')
    found.push(
      'Unknown chargers are accepted: whoever reaches the charger port can pose as one. Set ocpp.unknown-chargers to pending once yours are in.',
    );
  if (gw.settings.unknownTokens === 'accept')
    found.push('Unknown cards may charge: set authorization.unknown-tokens to deny to decide yourself who may.');
  if (gw.db.stats().fault !== null) found.push('Nothing can be stored at the moment: see the storage fault.');
  return [...found, ...upkeepWarnings(gw)];
}
