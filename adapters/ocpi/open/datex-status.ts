import type { EvseView } from '../../../gateway/chargers.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { OpenSite } from '../../../gateway/open-data.ts';
import { header, ids, reference, STATUS, versionOf } from './datex-words.ts';
import { el, type Xml } from './xml.ts';

export const STATUS_TYPE = 'aegi:EnergyInfrastructureStatusPublication';

/** What aegi:EnergyInfrastructureStatusPublication adds to a publication: each charging point as it is now. */
export function statusPublication(open: OpenSite): Xml[] {
  const table = { targetClass: 'aegi:EnergyInfrastructureTable', id: ids.table(open), version: versionOf(open) };
  return [
    el('aegi:tableReference', '', table),
    header(),
    el('aegi:energyInfrastructureSiteStatus', [
      reference(ids.site(open), open),
      el('afac:lastUpdated', toUtc(open.updatedAt)),
      ...open.chargers.map((evses) => station(evses, open)),
    ]),
  ];
}

function station(evses: EvseView[], open: OpenSite): Xml {
  return el('aegi:energyInfrastructureStationStatus', [
    reference(ids.station(evses), open),
    el('afac:lastUpdated', toUtc(Math.max(...evses.map(({ updatedAt }) => updatedAt)))),
    el(
      'aegi:isAvailable',
      evses.some(({ visible }) => visible === 'Available'),
    ),
    ...evses.map((evse) => point(evse, open)),
  ]);
}

function point(evse: EvseView, open: OpenSite): Xml {
  return el(
    'aegi:refillPointStatus',
    [
      reference(ids.point(evse), open),
      el('afac:lastUpdated', toUtc(evse.updatedAt)),
      el('aegi:status', STATUS[evse.visible]),
    ],
    { 'xsi:type': 'aegi:ElectricChargingPointStatus' },
  );
}
