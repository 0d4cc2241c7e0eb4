import type { EvseView } from '../../../gateway/chargers.ts';
import { toUtc } from '../../../gateway/domain/time.ts';
import type { Connector } from '../../../gateway/domain/types.ts';
import { connectorPower, evsePower, type OpenSite } from '../../../gateway/open-data.ts';
import { operatingHours, organisations, place } from './datex-place.ts';
import { energyRates } from './datex-prices.ts';
import { header, IDENTIFICATION, ids, plug, SITE_TYPES, VEHICLES, versionOf, words } from './datex-words.ts';
import { el, type Xml } from './xml.ts';

export const TABLE_TYPE = 'aegi:EnergyInfrastructureTablePublication';

/** What aegi:EnergyInfrastructureTablePublication adds to a publication: one site, a station for each charger, a point for each EVSE. */
export function tablePublication(open: OpenSite): Xml[] {
  return [
    header(),
    el('aegi:energyInfrastructureTable', [el('aegi:tableName', open.site.name ?? open.site.id), siteOf(open)], {
      id: ids.table(open),
      version: versionOf(open),
    }),
  ];
}

function siteOf(open: OpenSite): Xml {
  const { site } = open;
  return el(
    'aegi:energyInfrastructureSite',
    [
      words('afac:name', site.name),
      el('afac:lastUpdated', toUtc(open.describedAt)),
      operatingHours(open),
      place(site),
      ...organisations(open),
      site.parkingType === null ? null : el('aegi:typeOfSite', SITE_TYPES[site.parkingType]),
      ...open.chargers.map((evses) => station(evses, open)),
    ],
    { id: ids.site(open), version: versionOf(open) },
  );
}

function station(evses: EvseView[], open: OpenSite): Xml {
  const payment = [...new Set(evses.flatMap((evse) => evse.visitors.payment))];
  const methods = ['rfid', 'apps', ...payment.flatMap((method) => IDENTIFICATION[method] ?? [])];
  const watts = evses.reduce((sum, evse) => sum + evsePower(evse), 0);
  return el(
    'aegi:energyInfrastructureStation',
    [
      el('aegi:totalMaximumPower', watts),
      ...methods.map((method) => el('aegi:authenticationAndIdentificationMethods', method)),
      el('aegi:numberOfRefillPoints', evses.length),
      open.site.greenEnergy === null ? null : el('aegi:renewableSources', open.site.greenEnergy),
      ...evses.map((evse) => point(evse, open)),
    ],
    { id: ids.station(evses), version: versionOf(open) },
  );
}

function point(evse: EvseView, open: OpenSite): Xml {
  const { connectors } = evse;
  const direct = connectors.some(({ powerType }) => powerType === 'DC');
  return el(
    'aegi:refillPoint',
    [
      evse.evseId === ''
        ? null
        : el('afac:externalIdentifier', [
            el('afac:identifier', evse.evseId),
            el('afac:typeOfIdentifier', '_extended', { _extendedValue: 'evseId' }),
          ]),
      parking(evse, open),
      el('aegi:deliveryUnit', 'kWh'),
      el(
        'aegi:energyProduct',
        [
          open.site.greenEnergy === null ? null : el('aegi:isGreenEnergy', open.site.greenEnergy),
          ...energyRates(evse, open),
        ],
        { 'xsi:type': 'aegi:ElectricEnergy' },
      ),
      el('aegi:currentType', direct ? 'dc' : 'ac'),
      el('aegi:numberOfConnectors', connectors.length),
      el('aegi:availableChargingPower', evsePower(evse)),
      ...connectors.map(connectorOf),
    ],
    { 'xsi:type': 'aegi:ElectricChargingPoint', id: ids.point(evse), version: versionOf(open) },
  );
}

/** The bay, where it is said who or what it is for. */
function parking(evse: EvseView, open: OpenSite): Xml | null {
  const { vehicleTypes, parkingRestrictions } = evse.visitors;
  const disabled = parkingRestrictions.includes('DISABLED');
  if (vehicleTypes.length === 0 && !disabled) return null;
  const vehicles = vehicleTypes.map((type) => el('com:vehicleType', VEHICLES[type]));
  return el(
    'afac:dedicatedParkingSpaces',
    [
      vehicles.length === 0 ? null : el('afac:applicableForVehicles', vehicles),
      el('aegi:numberOfSpaces', 1),
      disabled ? el('aegi:userSpecific', 'registeredDisabledUsers') : null,
    ],
    { id: `bay-${ids.point(evse)}`, version: versionOf(open) },
  );
}

function connectorOf(connector: Connector): Xml {
  const cable = connector.powerType === 'DC' ? 'otherCable' : 'cableMode3';
  return el('aegi:connector', [
    ...plug(connector.standard),
    el('aegi:connectorFormat', connector.format === 'SOCKET' ? 'socket' : cable),
    el('aegi:maxPowerAtSocket', connectorPower(connector)),
    el('aegi:voltage', connector.maxVoltage),
    el('aegi:maximumCurrent', connector.maxAmperage),
  ]);
}
