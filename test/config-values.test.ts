import { describe, expect, test } from 'vitest';
import { parseConfig, type Config } from '../config/load.ts';
import { NO_QUIRKS } from '../gateway/domain/quirks.ts';

const SITE = `site: { address: Gatan 1, city: Lund, country: SWE, latitude: 55.7, longitude: 13.19, time-zone: Europe/Stockholm, country-code: SE, party-id: DEP }\n`;

function parse(yaml: string, env: Record<string, string> = {}): Config {
  return parseConfig(SITE + yaml, 'depot.yaml', env);
}

/** What a described charger has beside its id and EVSEs when the file says no more. */
const PLAIN = {
  password: null,
  securityProfile: null,
  configuration: [],
  quirks: NO_QUIRKS,
  payment: [],
  vehicleTypes: [],
};

describe('defaults and values', () => {
  test('a configuration that says nothing but the site gets every default', () => {
    const { settings, ...sections } = parse('', { CHARGEGATE_DATA_DIR: '/srv/depot' });
    expect(sections).toEqual({
      file: 'depot.yaml',
      ocpp: {
        host: '0.0.0.0',
        port: 8887,
        defaultProtocol: 'ocpp1.6',
        callTimeout: 30,
        pingInterval: 25,
        maxFrameBytes: 1_048_576,
        maxConnections: 5000,
        tls: {
          port: 8443,
          certificate: 'NONE',
          certificatePath: null,
          keyPath: null,
          names: [],
          chargerAuthoritiesPath: null,
        },
        files: { publicUrl: null, maxUploadMegabytes: 64, keepMegabytes: 1024, linkHours: 24 },
      },
      ocpi: {
        host: '0.0.0.0',
        port: 8888,
        publicUrl: null,
        allowPrivateUrls: false,
        push: true,
        pageLimit: 100,
        requestsPerMinute: 600,
        tls: null,
        peers: [],
      },
      openData: { publish: false, host: '0.0.0.0', port: 8890, requestsPerMinute: 120 },
      console: { host: '127.0.0.1', port: 8889, token: null },
      mqtt: expect.objectContaining({ url: null, requests: true, keepEvents: 10_000, homeAssistant: false }),
      storage: { directory: '/srv/depot', maxMegabytes: 0 },
      upkeep: expect.objectContaining({ at: '03:30', backupDirectory: '/srv/depot/backups' }),
      log: { level: 'info' },
    });
    expect(settings).toEqual({
      site: {
        id: 'DEPOT1',
        name: null,
        address: 'Gatan 1',
        city: 'Lund',
        postalCode: null,
        state: null,
        country: 'SWE',
        latitude: '55.70000',
        longitude: '13.19000',
        timeZone: 'Europe/Stockholm',
        publish: true,
        countryCode: 'SE',
        partyId: 'DEP',
        operatorName: 'SE*DEP',
        operatorWebsite: null,
        ownerName: null,
        helpPhone: null,
        openingTimes: null,
        parkingType: null,
        facilities: [],
        greenEnergy: null,
      },
      unknownChargers: 'pending',
      unknownTokens: 'deny',
      authorizationOrder: 'local-first',
      offlineCards: 'known-only',
      authorizationTimeout: 5,
      readers: [],
      bookings: {
        publish: false,
        horizonDays: 14,
        walkInMinutes: 30,
        walkIns: 'refuse',
        terms: {
          changeUntil: 60,
          cancelUntil: 60,
          changeAllowed: true,
          earlyStart: 10,
          noShowTimeout: 15,
          noShowFee: false,
          lateStop: 0,
          overlapping: false,
          minDuration: 15,
          maxDuration: 480,
          increment: 15,
          groups: true,
          url: null,
        },
      },
      concurrentUse: 'allow',
      localLists: 'keep',
      heartbeatInterval: 300,
      disconnectedGrace: 900,
      bootRetryInterval: 60,
      sessionPushInterval: 60,
      publishOpenData: false,
      framesPerCharger: 200,
      defaultConnector: {
        connector: 1,
        standard: 'IEC_62196_T2',
        format: 'SOCKET',
        powerType: 'AC_3_PHASE',
        maxVoltage: 230,
        maxAmperage: 32,
        maxPower: null,
        tariffIds: [],
      },
      securityProfile: 0,
      passwordGrace: 604_800,
      provisioning: true,
      quietAfterBoot: 5,
      meterInterval: 60,
      energyCheck: true,
      configuration: [],
      vendorData: [],
      models: [],
      chargers: [],
      tariffs: [],
      tokens: [],
      peers: [],
    });
  });

  test.each([
    ['0.10', '0.1'],
    ['"0.10"', '0.1'],
    ['007.5000', '7.5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['0', '0'],
    ['0.0000', '0'],
    ['123456789.0001', '123456789.0001'],
    ['+2', '2'],
  ])('a price of %s is kept as the exact decimal %s', (written, kept) => {
    const config = parse(
      `tariffs: [{ id: t, currency: SEK, tax-included: no, elements: [{ components: [{ type: flat, price: ${written} }] }] }]`,
    );
    expect(config.settings.tariffs[0]?.elements[0]?.components[0]?.price).toBe(kept);
  });

  test.each([
    ['55.7', '55.70000'],
    ['"55.7046601"', '55.7046601'],
    ['-7', '-7.00000'],
    ['05.1234560', '5.123456'],
    ['90', '90.00000'],
  ])('a latitude of %s is kept as the text %s that OCPI asks for', (written, kept) => {
    const { site } = parseConfig(SITE.replace('55.7', written), 'depot.yaml', {}).settings;
    expect(site.latitude).toBe(kept);
    expect(site.latitude).toMatch(/^-?[0-9]{1,2}\.[0-9]{5,7}$/);
  });

  test('a number where text belongs counts as it was written', () => {
    const site = SITE.replace('{', '{ id: 007, postal-code: 01234,');
    const config = parseConfig(
      `${site}tokens: [{ uid: 0412345678901E }, { uid: 1e5 }]\nchargers: [{ id: 0x1F, password: 0010 }]`,
      'depot.yaml',
      {},
    );
    expect(config.settings.site).toMatchObject({ id: '007', postalCode: '01234' });
    expect(config.settings.tokens.map((token) => token.uid)).toEqual(['0412345678901E', '1e5']);
    expect(config.settings.chargers[0]).toMatchObject({ id: '0x1F', password: '0010' });
  });

  test('fixed words are understood in either spelling and become the words of the domain', () => {
    const { settings } = parse(
      `default-connector: { standard: IEC_62196_T2_COMBO, format: Cable, power-type: ac-1-phase }
tariffs: [{ id: t, currency: SEK, tax-included: n/a, elements: [{ components: [{ type: parking-time, price: 1 }] }] }]
tokens: [{ uid: app-1, type: app-user }]`,
    );
    expect(settings.defaultConnector).toMatchObject({
      standard: 'IEC_62196_T2_COMBO',
      format: 'CABLE',
      powerType: 'AC_1_PHASE',
    });
    expect(settings.tariffs[0]).toMatchObject({
      taxIncluded: 'N/A',
      elements: [{ components: [{ type: 'PARKING_TIME' }] }],
    });
    expect(settings.tokens[0]?.type).toBe('APP_USER');
  });

  test('the time zone gets its proper case', () => {
    const { site } = parseConfig(SITE.replace('Europe/Stockholm', 'europe/STOCKHOLM'), 'depot.yaml', {}).settings;
    expect(site.timeZone).toBe('Europe/Stockholm');
  });

  test('a described connector takes what it leaves out from the default connector', () => {
    const { chargers } = parse(
      `default-connector: { max-voltage: 230, max-amperage: 63, max-power: 43000, tariff: day, format: cable }
tariffs:
  - { id: day, currency: SEK, tax-included: no, elements: [{ components: [{ type: energy, price: 1 }] }] }
  - { id: night, currency: SEK, tax-included: no, elements: [{ components: [{ type: energy, price: 1 }] }] }
chargers:
  - id: BAY-01
    evses:
      - id: 1
      - { id: 2, connectors: [{ id: 1, tariff: night }, { id: 2, max-amperage: 16 }] }
  - id: BAY-02`,
    ).settings;
    const inherited = {
      connector: 1,
      standard: 'IEC_62196_T2',
      format: 'CABLE',
      powerType: 'AC_3_PHASE',
      maxVoltage: 230,
      maxAmperage: 63,
      maxPower: 43_000,
      tariffIds: ['day'],
    };
    expect(chargers).toEqual([
      {
        id: 'BAY-01',
        ...PLAIN,
        evses: [
          { evse: 1, uid: null, evseId: null, parkingRestrictions: [], connectors: [inherited] },
          {
            evse: 2,
            uid: null,
            evseId: null,
            parkingRestrictions: [],
            connectors: [
              { ...inherited, tariffIds: ['night'] },
              // The default's power belongs to the default's current.
              { ...inherited, connector: 2, maxAmperage: 16, maxPower: null },
            ],
          },
        ],
      },
      { ...PLAIN, id: 'BAY-02', evses: [] },
    ]);
  });

  test('anchors and aliases mean what YAML says', () => {
    const { tokens } = parse(
      'tokens: [{ uid: "01", group: &fleet depot-fleet }, { uid: "02", group: *fleet }]',
    ).settings;
    expect(tokens.map((token) => token.groupId)).toEqual(['depot-fleet', 'depot-fleet']);
  });
});
