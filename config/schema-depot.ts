import { Type } from 'typebox';
import { PEER_QUIRKS } from '../gateway/domain/peer-quirks.ts';
import {
  choice,
  coordinate,
  flag,
  instant,
  integer,
  pemFile,
  secret,
  secretFile,
  text,
  timeZone,
  url,
} from './kinds.ts';
import { chargerForVisitors, evseForVisitors, siteForVisitors, words } from './schema-open-data.ts';
import { CONNECTOR_STANDARDS } from './standards.ts';

const POWER_TYPES = ['AC_1_PHASE', 'AC_2_PHASE', 'AC_2_PHASE_SPLIT', 'AC_3_PHASE', 'DC'] as const;
const FORMATS = ['SOCKET', 'CABLE'] as const;

const id = (max: number, description: string) => text({ max, ascii: true, description });
const optionalId = (max: number, description: string) => text({ max, ascii: true, default: null, description });

export const site = Type.Object(
  {
    id: text({
      max: 36,
      ascii: true,
      default: 'DEPOT1',
      description: 'Id of the site upstream; never change it later.',
    }),
    name: text({ max: 255, default: null, description: 'Name for people.' }),
    address: text({ max: 45, description: 'Street and number.' }),
    city: text({ max: 45, description: 'City or town.' }),
    'postal-code': text({ max: 10, default: null, description: 'Postal code.' }),
    state: text({ max: 20, default: null, description: 'State or province, where addresses have one.' }),
    country: text({
      max: 3,
      pattern: '^[A-Z]{3}$',
      expects: 'a country of three capital letters such as SWE (ISO 3166 alpha-3)',
      description: 'Country of the address, ISO 3166 alpha-3.',
    }),
    latitude: coordinate('latitude', { description: 'Degrees north, WGS 84.' }),
    longitude: coordinate('longitude', { description: 'Degrees east, WGS 84.' }),
    'time-zone': timeZone({ description: "The site's time zone; tariffs by the clock follow it." }),
    publish: flag({ default: true, description: 'May the site be shown to the public (apps, maps)?' }),
    'country-code': text({
      max: 2,
      pattern: '^[A-Z]{2}$',
      expects: 'two capital letters such as SE (ISO 3166 alpha-2)',
      description: 'Country in which the operator is registered, ISO 3166 alpha-2.',
    }),
    'party-id': text({
      max: 3,
      pattern: '^[A-Z0-9]{3}$',
      expects: 'three capital letters or digits such as DEP',
      description: "The operator's id within that country (ISO 15118).",
    }),
    operator: Type.Object({
      name: text({
        max: 100,
        default: null,
        description: 'Company that runs the site; default: its country code and party id.',
      }),
      website: url({ default: null, description: "The company's web site." }),
    }),
    ...siteForVisitors,
  },
  { description: 'What upstream peers are told of the site (an OCPI location) and of its operator.' },
);

const tariffIds = (description: string) =>
  Type.Array(id(36, 'Id of a tariff.'), { default: [], description: `${description} Instead of \`tariff\`.` });

const volts = 'Volts; between a phase and neutral for `ac-3-phase`.';

export const defaultConnector = Type.Object(
  {
    standard: choice(CONNECTOR_STANDARDS, { default: 'IEC_62196_T2', description: 'Kind of plug.' }),
    format: choice(FORMATS, { default: 'SOCKET', description: 'A socket, or a cable that is fixed to the charger.' }),
    'power-type': choice(POWER_TYPES, {
      default: 'AC_3_PHASE',
      description: 'Alternating current and its phases, or direct current.',
    }),
    'max-voltage': integer({ min: 1, max: 2000, unit: 'V', default: 230, description: volts }),
    'max-amperage': integer({ min: 1, max: 6000, unit: 'A', default: 32, description: 'Amperes per phase.' }),
    'max-power': integer({
      min: 1,
      max: 10_000_000,
      unit: 'W',
      default: null,
      description: 'Power, where it is less than voltage and amperage give.',
    }),
    tariff: optionalId(
      36,
      'Id of the tariff that applies; default: what the operator assigned, else charging is free.',
    ),
    tariffs: tariffIds(
      'Ids of the tariffs that apply, where there are several: of several types, or one after the other.',
    ),
  },
  {
    description:
      'The connector assumed where nothing describes one, and the source of what a described one leaves out.',
  },
);

const asDefault = 'default: as `default-connector`.';

const connector = Type.Object({
  id: integer({ min: 1, max: 99, description: 'Number within the EVSE, from 1. Unique there.' }),
  standard: choice(CONNECTOR_STANDARDS, { default: null, description: `Kind of plug; ${asDefault}` }),
  format: choice(FORMATS, { default: null, description: `Socket or fixed cable; ${asDefault}` }),
  'power-type': choice(POWER_TYPES, { default: null, description: `Kind of current; ${asDefault}` }),
  'max-voltage': integer({
    min: 1,
    max: 2000,
    unit: 'V',
    default: null,
    description: `${volts.slice(0, -1)}; ${asDefault}`,
  }),
  'max-amperage': integer({
    min: 1,
    max: 6000,
    unit: 'A',
    default: null,
    description: `Amperes per phase; ${asDefault}`,
  }),
  'max-power': integer({
    min: 1,
    max: 10_000_000,
    unit: 'W',
    default: null,
    description: 'Power, where it is less than voltage and amperage give.',
  }),
  tariff: optionalId(36, `Id of the tariff that applies; ${asDefault}`),
  tariffs: tariffIds(`Ids of the tariffs that apply, where there are several; ${asDefault}`),
});

/** A charger's configuration keys and the values they should have. */
export const configurationKeys = (description: string) =>
  Type.Array(
    Type.Object({
      key: text({ max: 220, description: "The key as the charger's manual has it; of OCPP 2.x `Component.Variable`." }),
      value: text({ min: 0, max: 1000, description: 'Its value, as text.' }),
    }),
    { default: [], description },
  );

const asAny = 'default: as its make is known to need, else as any charger.';

const quirks = Type.Object(
  {
    protocol: choice(['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'], {
      default: null,
      description: `The only protocol spoken with it; ${asAny}`,
    }),
    'ping-interval': integer({
      min: 0,
      max: 3600,
      unit: 's',
      default: null,
      description: `Time between WebSocket pings, 0: none; ${asAny}`,
    }),
    'call-pause': integer({
      min: 0,
      max: 60_000,
      unit: 'ms',
      default: null,
      description: `Pause between its answer to a call and the next call; ${asAny}`,
    }),
    'quiet-after-boot': integer({
      min: 0,
      max: 600,
      unit: 's',
      default: null,
      description: `Time after a boot before it is called; ${asAny}`,
    }),
    'half-duplex': flag({
      default: null,
      description: `Does it answer no call while one of its own waits? Then ours wait; ${asAny}`,
    }),
    'fractional-seconds': flag({ default: null, description: `Does it want times with milliseconds? ${asAny}` }),
    'clock-offset': integer({
      min: -1440,
      max: 1440,
      unit: 'min',
      default: null,
      description: `How far its times are ahead of the UTC they claim to be; ${asAny}`,
    }),
    'energy-unit': choice(['WH', 'KWH'], {
      default: null,
      description: `What its energy readings are in, whatever they say; ${asAny}`,
    }),
    triggers: flag({ default: null, description: `Does it understand TriggerMessage? ${asAny}` }),
    provisioning: flag({
      default: null,
      description: `Is its configuration read and set after boot? Default: as its make is known to need, else as \`ocpp.provisioning\`.`,
    }),
    'all-keys-only': flag({
      default: null,
      description: `Does it refuse to be asked for single configuration keys? ${asAny}`,
    }),
  },
  { description: 'How it has to be handled where it departs from the standard.' },
);

export const model = Type.Object({
  vendor: text({ max: 64, description: 'Vendor as the charger says it when it boots; `*` stands for any text.' }),
  model: text({ max: 64, default: null, description: 'Model, likewise; default: any.' }),
  firmware: text({ max: 64, default: null, description: 'Firmware version, likewise; default: any.' }),
  configuration: configurationKeys('Values that its configuration keys should have.'),
  quirks,
});

export const charger = Type.Object({
  id: text({
    max: 48,
    pattern: '^[^/\\x00-\\x1f\\x7f]+$',
    expects: '1 to 48 characters without a slash',
    description: "The charger's identity: the last part of the URL it connects to. Unique.",
  }),
  password: text({
    max: 64,
    pattern: '^[^\\x00-\\x1f\\x7f]+$',
    expects: '1 to 64 characters in one line',
    secret: true,
    default: null,
    description: 'Asked of the charger by HTTP Basic authentication; default: none is asked.',
  }),
  'password-file': secretFile('password'),
  'security-profile': integer({
    min: 0,
    max: 3,
    default: null,
    description: 'Lowest OCPP security profile it may use; default: as `ocpp.security-profile`.',
  }),
  configuration: configurationKeys('Values that its configuration keys should have.'),
  quirks,
  ...chargerForVisitors,
  evses: Type.Array(
    Type.Object({
      id: integer({ min: 1, max: 999, description: 'Number within the charger, from 1. Unique there.' }),
      uid: optionalId(36, 'Id upstream; never change it later, never give it to another. Default: made up once.'),
      'evse-id': optionalId(
        48,
        'Id for people and roaming (eMI3), such as `SE*DEP*E0001*1`; else one is made from the id of the charger.',
      ),
      connectors: Type.Array(connector, { default: [], description: 'Default: one, as `default-connector`.' }),
      ...evseForVisitors,
    }),
    { default: [], description: 'Default: what the charger reports.' },
  ),
});

export const token = Type.Object({
  uid: id(36, 'What the reader yields: card number or app id. Case and separators do not matter. Unique by type.'),
  type: choice(['RFID', 'APP_USER', 'OTHER'], { default: 'RFID', description: 'A card, an app, or something else.' }),
  valid: flag({ default: true, description: 'May it charge?' }),
  group: optionalId(36, "Tokens of one group may stop each other's sessions."),
  expires: instant({ default: null, description: 'From then on it may not charge.' }),
  payment: text({ max: 36, default: null, description: 'How its charges are paid, for the books of the operator.' }),
});

export const peer = Type.Object({
  name: text({
    max: 64,
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
    expects: '1 to 64 letters, digits, dots, hyphens or underscores',
    description: 'Name within the gateway. Unique.',
  }),
  visibility: choice(['own', 'all'], {
    default: 'own',
    description: 'Sessions and CDRs it sees: those of its own tokens, or all of the site.',
  }),
  'versions-url': url({ default: null, description: "The peer's OCPI versions URL." }),
  'inbound-token': secret(1, 64, 'OCPI token the peer uses with us. Unique.'),
  'inbound-token-file': secretFile('inbound-token'),
  'outbound-token': secret(1, 64, 'OCPI token we use with the peer.'),
  'outbound-token-file': secretFile('outbound-token'),
  quirks: words(PEER_QUIRKS, 'How it has to be handled beyond what its OCPI version says.'),
  tls: Type.Union(
    [
      Type.Object({
        'authorities-path': pemFile(
          "Authorities that the peer's certificate has to be of, PEM; default: the public ones",
        ),
        'certificate-path': pemFile('The client certificate that we show it and its chain, PEM; default: none'),
        'key-path': pemFile('The private key of that certificate, PEM'),
      }),
      Type.Null(),
    ],
    { default: null, description: 'How it is called with TLS where that is not as with anybody.' },
  ),
});
