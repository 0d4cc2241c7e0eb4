import { connectorPower, type OpenSite } from '../../../gateway/open-data.ts';
import { v230 } from '../present/v230.ts';

/**
 * The site as a FeatureCollection of one Feature (RFC 7946): a Point, longitude first, with the fields of OCPI's
 * Location, the tariffs that its connectors refer to, and figures for a map's label (kW, counts).
 */
export function geoJson(open: OpenSite): unknown {
  const { site, chargers, tariffs } = open;
  const evses = chargers.flat();
  const { coordinates: _, id, ...properties } = v230.location({ site, evses, updatedAt: open.updatedAt });
  return {
    type: 'FeatureCollection',
    features: [
      {
        type: 'Feature',
        id,
        geometry: { type: 'Point', coordinates: [Number(site.longitude), Number(site.latitude)] },
        properties: {
          ...properties,
          tariffs: tariffs.map((tariff) => v230.tariff(tariff, site)).filter((tariff) => tariff !== null),
          evses_total: evses.length,
          evses_available: evses.filter(({ visible }) => visible === 'Available').length,
          max_power_kw: Math.max(0, ...evses.flatMap((evse) => evse.connectors.map(connectorPower))) / 1000,
        },
      },
    ],
  };
}
