import { assert, property, string } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { el, escapeXml, xmlDocument } from '../../adapters/ocpi/open/xml.ts';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { expectContract, expectPlainNumbers } from '../contract/ocpi/check.ts';
import { expectDatex } from './datex-contract.ts';
import { startPublicSite, type PublicSite } from './harness.ts';
import { all, readXml, textOf, type Element } from './xml-reader.ts';

interface Feature {
  type: string;
  id: string;
  geometry: { type: string; coordinates: number[] };
  properties: Record<string, unknown> & { evses: { uid: string; status: string }[]; tariffs: { id: string }[] };
}

describe('open data formats', () => {
  let site: PublicSite;
  let charger: RawCharger;
  beforeAll(async () => {
    site = await startPublicSite();
    charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
    await charger.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available' });
    await charger.call('StatusNotification', { connectorId: 2, errorCode: 'NoError', status: 'Faulted' });
  });
  afterAll(async () => {
    await charger.close();
    await site.cleanUp();
  });

  const data = async (path: string): Promise<Record<string, unknown>[]> => {
    const { text } = await site.read(path);
    const body = JSON.parse(text) as { data: Record<string, unknown>[] };
    expectContract('2.3.0', 'envelope', body);
    expectPlainNumbers(text);
    return body.data;
  };
  const xml = async (path: string): Promise<Element> => readXml((await site.read(path)).text);

  it('locations are exact OCPI 2.3.0, with status, power, opening times and help', async () => {
    const locations = await data('/ocpi/locations');
    expect(locations).toHaveLength(1);
    expectContract('2.3.0', 'location', locations[0]);
    expect(locations[0]).toMatchObject({
      id: 'L1',
      help_phone: '+46 19 123456',
      parking_type: 'PARKING_LOT',
      facilities: ['CAFE'],
      energy_mix: { is_green_energy: true },
      opening_times: { twentyfourseven: false, regular_hours: [{ weekday: 1 }, { weekday: 7 }] },
      parking_places: [
        { id: 'E1', vehicle_types: ['DISABLED'], restricted_to_type: true },
        { id: 'E2', vehicle_types: ['VAN', 'TRUCK_WITH_TRAILER'], restricted_to_type: false },
      ],
      evses: [
        { uid: 'E1', status: 'AVAILABLE', parking_restrictions: ['DISABLED', 'EMPLOYEES'] },
        { uid: 'E2', status: 'OUTOFORDER' },
      ],
    });
  });

  it('tariffs are exact OCPI 2.3.0, those that a connector refers to and no other', async () => {
    const tariffs = await data('/ocpi/tariffs');
    for (const tariff of tariffs) expectContract('2.3.0', 'tariff', tariff);
    expect(tariffs.map(({ id }) => id)).toEqual(['day', 'hourly']);
  });

  it('GeoJSON is a FeatureCollection with longitude first, statuses and prices (RFC 7946)', async () => {
    const { text, headers } = await site.read('/locations.geojson');
    expect(headers.get('content-type')).toBe('application/geo+json; charset=utf-8');
    const body = JSON.parse(text) as { type: string; features: Feature[] };
    expect([body.type, body.features.length, Object.keys(body)]).toEqual([
      'FeatureCollection',
      1,
      ['type', 'features'],
    ]);
    const [feature] = body.features;
    expect(Object.keys(feature!)).toEqual(['type', 'id', 'geometry', 'properties']);
    expect([feature!.type, feature!.id]).toEqual(['Feature', 'L1']);
    expect(feature!.geometry).toEqual({ type: 'Point', coordinates: [15.20664, 59.27412] });
    const { evses, tariffs, ...properties } = feature!.properties;
    for (const evse of evses) expectContract('2.3.0', 'evse', evse);
    for (const tariff of tariffs) expectContract('2.3.0', 'tariff', tariff);
    expect(evses.map(({ uid, status }) => [uid, status])).toEqual([
      ['E1', 'AVAILABLE'],
      ['E2', 'OUTOFORDER'],
    ]);
    expect(tariffs.map(({ id }) => id)).toEqual(['day', 'hourly']);
    expect(properties).toMatchObject({ evses_total: 2, evses_available: 1, max_power_kw: 150 });
    expect(properties).not.toHaveProperty('coordinates');
  });

  it('DATEX II is well-formed, its elements known and in their order', async () => {
    for (const path of ['/datex2.xml', '/datex2/table.xml', '/datex2/status.xml']) expectDatex(await xml(path));
    const message = await xml('/datex2.xml');
    expect(message.children.map((child) => child.attributes['xsi:type'])).toEqual([
      'aegi:EnergyInfrastructureTablePublication',
      'aegi:EnergyInfrastructureStatusPublication',
      undefined,
    ]);
    expect(message.attributes['xmlns:aegi']).toBe('http://datex2.eu/schema/3/afirEnergyInfrastructure');
  });

  it('the DATEX II table tells place, owner, operator, help, hours, points, plugs and power', async () => {
    const table = await xml('/datex2/table.xml');
    const [place] = all(table, 'aegi:energyInfrastructureSite');
    expect(textOf(place!.children[0]!, 'com:value')).toBe('Depå <Nord> & "Syd"');
    expect(textOf(place!, 'locx:countryCode')).toBe('SE');
    expect(textOf(place!, 'afac:linkToGeneralInformation')).toBe('https://depot.example/?a=1&b=2');
    expect(all(place!, 'afac:telephoneNumber').map(({ text }) => text)).toContain('+46 19 123456');
    expect(all(place!, 'com:applicableDay').map(({ text }) => text)).toEqual(['monday', 'sunday']);
    expect(textOf(place!, 'aegi:totalMaximumPower')).toBe(String(150_000 + 3 * 230 * 32));
    const points = all(place!, 'aegi:refillPoint');
    expect(points.map(({ attributes }) => attributes['id'])).toEqual(['E1', 'E2']);
    expect(points.map((point) => textOf(point, 'aegi:currentType'))).toEqual(['dc', 'ac']);
    expect(all(place!, 'aegi:connectorType').map(({ text }) => text)).toEqual([
      'iec62196T2',
      'iec62196T2COMBO',
      'other',
    ]);
    expect(textOf(place!, 'aegi:otherConnector')).toBe('NEMA_5_20');
    expect(textOf(points[0]!, 'aegi:userSpecific')).toBe('registeredDisabledUsers');
    expect(all(points[1]!, 'com:vehicleType').map(({ text }) => text)).toEqual(['van', 'heavyGoodsVehicleWithTrailer']);
  });

  it('DATEX II prices never round silently, and an hour is one of minutes only where that is exact', async () => {
    const rates = all(await xml('/datex2/table.xml'), 'aegi:energyRate');
    const ids = rates.map(({ attributes }) => attributes['id']);
    expect(ids).toEqual(['day.E1', 'hourly.E1', 'day.E2']);
    const told = (rate: Element): string[][] =>
      all(rate, 'aegi:energyPrice').map((price) => [
        textOf(price, 'aegi:priceType'),
        textOf(price, 'aegi:value'),
        ...all(price, 'com:value').map(({ text }) => text),
      ]);
    expect(told(rates[0]!)).toEqual([
      ['basePrice', '5.00'],
      ['pricePerKWh', '3.23', 'exactly 3.2345 SEK; in steps of 100 Wh'],
      ['pricePerMinute', '0.20'],
      ['other', '10.00', 'per hour connected without charging'],
    ]);
    expect(told(rates[1]!)).toEqual([['other', '10.00', 'per hour']]);
    expect(all(rates[0]!, 'aegi:taxIncluded').every(({ text }) => text === 'false')).toBe(true);
    expect(textOf(rates[0]!, 'aegi:maximumDeliveryFee')).toBe('80.00');
  });

  it('the DATEX II status refers to what the table has, in the same version', async () => {
    const table = await xml('/datex2/table.xml');
    const status = await xml('/datex2/status.xml');
    const parts = ['Table', 'Site', 'Station'].flatMap((kind) => all(table, `aegi:energyInfrastructure${kind}`));
    const known = [...parts, ...all(table, 'aegi:refillPoint')].map(({ attributes }) => [
      attributes['id'],
      attributes['version'],
    ]);
    const referred = [...all(status, 'aegi:tableReference'), ...all(status, 'afac:reference')];
    expect(referred.map(({ attributes }) => [attributes['id'], attributes['version']])).toEqual(known);
    expect(all(status, 'aegi:status').map(({ text }) => text)).toEqual(['available', 'outOfOrder']);
  });
});

describe('a site that says little', () => {
  it('is told in every format, without what nobody said, and free of charge where there is no tariff', async () => {
    const site = await startPublicSite(
      'open-data: { publish: true, host: 127.0.0.1, port: 0 }\ndefault-connector: {}\ntariffs: []\n',
    );
    const table = readXml((await site.read('/datex2/table.xml')).text);
    expectDatex(table);
    expect(new Set(all(table, 'aegi:priceType').map(({ text }) => text))).toEqual(new Set(['free']));
    expect(all(table, 'afac:operatingHours')).toEqual([]);
    const { data } = JSON.parse((await site.read('/ocpi/locations')).text) as { data: object[] };
    expectContract('2.3.0', 'location', data[0]);
    for (const field of ['opening_times', 'help_phone', 'owner', 'facilities', 'energy_mix', 'parking_places'])
      expect(data[0]).not.toHaveProperty(field);
    expect(JSON.parse((await site.read('/ocpi/tariffs')).text)).toMatchObject({ data: [] });
    await site.cleanUp();
  });
});

describe('open data of a site with several tariffs', () => {
  const TARIFF = (id: string, more: string): string =>
    `  - { id: ${id}, currency: EUR, tax-included: yes, elements: [{ components: [{ type: energy, price: 0.5, vat: 19 }] }], ${more} }\n`;

  it('tells what somebody without a contract pays now, and the next one once that is in force', async () => {
    let now = Date.UTC(2026, 5, 1);
    const yaml = `open-data: { publish: true, host: 127.0.0.1, port: 0 }
default-connector: { tariffs: [roaming, spring, summer] }
chargers: [{ id: C1, evses: [{ id: 1, uid: E1, connectors: [{ id: 1 }] }] }]
tariffs:
${TARIFF('roaming', 'type: regular')}${TARIFF('spring', 'type: ad-hoc-payment, ends: 2026-06-02T00:00:00Z')}${TARIFF('summer', 'type: ad-hoc-payment, starts: 2026-06-02T00:00:00Z')}`;
    const site = await startPublicSite(yaml, () => now);
    const seen = async (): Promise<string[]> => {
      const { data } = JSON.parse((await site.read('/ocpi/tariffs')).text) as { data: { id: string }[] };
      const table = readXml((await site.read('/datex2/table.xml')).text);
      return [...data.map(({ id }) => id), ...all(table, 'aegi:energyRate').map(({ attributes }) => attributes['id']!)];
    };
    expect(await seen()).toEqual(['spring', 'spring.E1']);
    now = Date.UTC(2026, 5, 2);
    await expect.poll(seen, { timeout: 5000 }).toEqual(['summer', 'summer.E1']);
    await site.cleanUp();
  });
});

describe('XML', () => {
  it('holds any text, and gives it back but for what XML cannot hold', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 60 }), (text) => {
        const read = readXml(xmlDocument(el('a', [el('b', text, { c: text })])));
        const kept = text.toWellFormed().replaceAll(/[\p{Cc}\ufffe\uffff]/gu, ' ');
        expect(read.children[0]!.text).toBe(kept);
        expect(read.children[0]!.attributes['c']).toBe(kept);
      }),
    );
    expect(escapeXml('<a href="x">&\u0000')).toBe('&lt;a href=&quot;x&quot;&gt;&amp; ');
  });
});
