import { Type } from 'typebox';
import { choice, flag, integer, secret, secretFile, text, url } from './kinds.ts';
import { configurationKeys } from './schema-depot.ts';

const port = (fallback: number, what: string) =>
  integer({ min: 0, max: 65_535, default: fallback, description: `Port of ${what}; 0: any that is free.` });

const host = (fallback: string, what: string) =>
  text({
    max: 253,
    pattern: '^[A-Za-z0-9.:_-]+$',
    expects: 'a host name or IP address',
    default: fallback,
    description: `Address that ${what} is served on; \`0.0.0.0\`: every network of this machine.`,
  });

const path = (description: string) =>
  text({ max: 4096, default: null, description: `${description}, relative to this file.` });

const pemFile = (description: string) =>
  text({ max: 4096, expects: 'the path of a PEM file', description: `${description}, relative to this file.` });

/** A group of keys that may be left out whole. */
const ocpiTls = Type.Union(
  [
    Type.Object({
      'certificate-path': pemFile("The server's certificate and its chain, PEM"),
      'key-path': pemFile('The private key of that certificate, PEM'),
      'client-authorities-path': text({
        max: 4096,
        expects: 'the path of a PEM file',
        default: null,
        description:
          'Authorities that certify peers, PEM, relative to this file: who shows no certificate of theirs is refused; default: none is asked for.',
      }),
    }),
    Type.Null(),
  ],
  { default: null, description: 'The OCPI server speaks HTTPS alone; default: plain HTTP, as behind a proxy.' },
);

const tls = Type.Object(
  {
    port: port(8443, 'the OCPP server with TLS'),
    certificate: choice(['NONE', 'OWN', 'FILES'], {
      default: 'NONE',
      description:
        "The gateway's certificate: none, so that there is no TLS; issued by the site's own authority; or from files.",
    }),
    'certificate-path': path('The certificate and its chain, PEM'),
    'key-path': path('The private key of that certificate, PEM'),
    names: Type.Array(text({ max: 253, description: 'A host name or address.' }), {
      default: [],
      description:
        "Names under which chargers reach the gateway, for a certificate of the site's own; its host name and addresses are in anyway.",
    }),
    'charger-authorities-path': path(
      "Authorities whose charger certificates are taken beside those that the site's own issued, PEM",
    ),
  },
  { description: 'The OCPP server with TLS: `wss://`, for the security profiles 2 and 3.' },
);

const files = Type.Object(
  {
    'public-url': url({
      default: null,
      description:
        'Address under which chargers reach the OCPP port for firmware and logs; default: the address and port of this machine.',
    }),
    'max-upload-megabytes': integer({
      min: 1,
      max: 4096,
      unit: 'MB',
      default: 64,
      description: 'Largest log that a charger may upload.',
    }),
    'keep-megabytes': integer({
      min: 1,
      max: 1_000_000,
      unit: 'MB',
      default: 1024,
      description: 'Logs kept in all; the oldest go first.',
    }),
    'link-hours': integer({
      min: 1,
      max: 720,
      unit: 'h',
      default: 24,
      description: 'How long a one-time link to a file is good.',
    }),
  },
  { description: 'Files that the gateway has for chargers (firmware) and takes from them (logs).' },
);

export const ocpp = Type.Object(
  {
    host: host('0.0.0.0', 'the OCPP server'),
    port: port(8887, 'the OCPP server'),
    'unknown-chargers': choice(['accept', 'pending', 'reject'], {
      default: 'pending',
      description:
        'A charger that is not listed under `chargers`: take it in at once, let it wait until the operator accepts it, or refuse it.',
    }),
    'default-protocol': choice(['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'], {
      default: 'ocpp1.6',
      description: 'Spoken with a charger that names no subprotocol.',
    }),
    'heartbeat-interval': integer({
      min: 1,
      max: 86_400,
      unit: 's',
      default: 300,
      description: 'Time between heartbeats asked of chargers.',
    }),
    'boot-retry-interval': integer({
      min: 1,
      max: 86_400,
      unit: 's',
      default: 60,
      description: 'Time a pending charger is asked to wait before it boots again.',
    }),
    'disconnected-grace': integer({
      min: 0,
      max: 604_800,
      unit: 's',
      default: 900,
      description: 'Time a charger may be absent before its EVSEs are shown as unknown.',
    }),
    'call-timeout': integer({
      min: 1,
      max: 600,
      unit: 's',
      default: 30,
      description: 'Time a charger has to answer a call, with the time the call waits for its turn.',
    }),
    'ping-interval': integer({
      min: 0,
      max: 3600,
      unit: 's',
      default: 25,
      description: 'Time between WebSocket pings to a charger; 0: none.',
    }),
    'max-frame-bytes': integer({
      min: 4096,
      max: 16_777_216,
      unit: 'bytes',
      default: 1_048_576,
      description: 'Longest message taken from a charger.',
    }),
    'max-connections': integer({
      min: 1,
      max: 50_000,
      default: 5000,
      description: 'Most chargers connected at a time.',
    }),
    'security-profile': integer({
      min: 0,
      max: 3,
      default: 0,
      description:
        'Lowest OCPP security profile that any charger may use: 0 none, 1 password, 2 TLS with password, 3 TLS with a certificate of its own.',
    }),
    'password-grace': integer({
      min: 0,
      max: 31_536_000,
      unit: 's',
      default: 604_800,
      description: "Time a charger's old password is still good after it was told a new one.",
    }),
    provisioning: flag({
      default: true,
      description: 'Are chargers asked for their configuration after boot, and given what they should have?',
    }),
    'quiet-after-boot': integer({
      min: 0,
      max: 600,
      unit: 's',
      default: 5,
      description: 'Time after a charger booted or connected before the gateway calls it of its own accord.',
    }),
    'meter-interval': integer({
      min: 0,
      max: 86_400,
      unit: 's',
      default: 60,
      description: 'Time between meter readings during charging that every charger is asked for; 0: as it is.',
    }),
    'energy-check': flag({
      default: true,
      description:
        'Energy that contradicts the reported power, or is beyond the connector, is noted with the charger and on the bill. It is billed as reported all the same.',
    }),
    configuration: configurationKeys(
      'Values that configuration keys of every charger should have; those of a model and of a charger come before.',
    ),
    'vendor-data': Type.Array(
      Type.Object({
        vendor: text({ max: 255, description: 'The `vendorId`.' }),
        message: text({ max: 50, default: null, description: 'The `messageId`; default: every one of that vendor.' }),
      }),
      { default: [], description: 'DataTransfer messages of chargers that are accepted, kept and published.' },
    ),
    tls,
    files,
  },
  { description: 'The server that chargers connect to.' },
);

export const ocpi = Type.Object(
  {
    host: host('0.0.0.0', 'the OCPI server'),
    port: port(8888, 'the OCPI server'),
    'public-url': url({
      default: null,
      description:
        'Address under which peers reach this server, as a proxy or port forwarding makes it; default: the address and port of this machine.',
    }),
    'allow-private-urls': flag({
      default: false,
      description: 'May peers name URLs on loopback and private networks? For tests and closed networks only.',
    }),
    push: flag({ default: true, description: 'Are peers told of changes as they happen? Without it they poll.' }),
    'session-push-interval': integer({
      min: 1,
      max: 3600,
      unit: 's',
      default: 60,
      description: 'Time between pushes of a session that only goes on; a change of its status is pushed at once.',
    }),
    'page-limit': integer({ min: 1, max: 1000, default: 100, description: 'Most objects in one page of a list.' }),
    'requests-per-minute': integer({
      min: 1,
      max: 1_000_000,
      default: 600,
      description: 'Most requests taken in a minute from one peer, or one address that is no peer.',
    }),
    tls: ocpiTls,
  },
  { description: 'The server that upstream peers poll (OCPI).' },
);

export const consoleSection = Type.Object(
  {
    host: host('127.0.0.1', 'the console'),
    port: port(8889, 'the console'),
    token: secret(8, 256, 'What the console and its API ask for. Needed as soon as `host` is not loopback.'),
    'token-file': secretFile('token'),
  },
  { description: "The operator's page, API, metrics and health." },
);

export const storage = Type.Object(
  {
    directory: text({
      max: 4096,
      default: null,
      description:
        'Where the database lies, relative to this file; default: `CHARGEGATE_DATA_DIR`, else `data` in the working directory.',
    }),
    'max-megabytes': integer({
      min: 0,
      max: 1_000_000,
      unit: 'MB',
      default: 0,
      description: 'Upper bound of the database; 0: none but the disk.',
    }),
    'frames-per-charger': integer({
      min: 0,
      max: 100_000,
      default: 200,
      description: 'Raw messages kept of each charger, for diagnosis.',
    }),
  },
  { description: 'The database.' },
);

export const authorization = Type.Object(
  {
    'unknown-tokens': choice(['deny', 'accept'], {
      default: 'deny',
      description: 'A card or app that nobody has vouched for: refused, or let charge.',
    }),
    concurrent: choice(['allow', 'refuse'], {
      default: 'allow',
      description: 'A card that already charges on another EVSE of this site: let charge there too, or refused.',
    }),
    'local-lists': choice(['keep', 'leave'], {
      default: 'keep',
      description:
        "Chargers' own lists of cards, which they ask while they are disconnected: kept in step with the cards that may charge here, on chargers that are provisioned; or left alone.",
    }),
    order: choice(['local-first', 'upstream-first', 'local-only'], {
      default: 'local-first',
      description:
        "Who is asked of a peer's card that may be decided here: what is known here first, or its owner first; local-only never asks any owner.",
    }),
    offline: choice(['known-only', 'previously-accepted', 'any', 'none'], {
      default: 'known-only',
      description:
        'Whom to let charge whose owner has to be asked and cannot be: cards it has told of, only those accepted here before, any card, or none.',
    }),
    timeout: integer({
      min: 1,
      max: 20,
      default: 5,
      description: 'Seconds within which a card is answered, whoever is asked.',
    }),
  },
  { description: 'Who may charge.' },
);

export const log = Type.Object(
  {
    level: choice(['debug', 'info', 'warn', 'error'], {
      default: 'info',
      description: 'Least important kind of line that is written.',
    }),
  },
  { description: 'What the daemon writes about itself.' },
);
