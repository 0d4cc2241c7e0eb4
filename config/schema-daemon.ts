import { Type } from 'typebox';
import { choice, flag, integer, secret, secretFile, text, url } from './kinds.ts';

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

export const ocpp = Type.Object(
  {
    host: host('0.0.0.0', 'the OCPP server'),
    port: port(8887, 'the OCPP server'),
    'unknown-chargers': choice(['accept', 'pending', 'reject'], {
      default: 'pending',
      description:
        'A charger that is not listed under `chargers`: take it in at once, let it wait until the operator accepts it, or refuse it.',
    }),
    'default-protocol': choice(['ocpp1.6'], {
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
    'page-limit': integer({ min: 1, max: 1000, default: 100, description: 'Most objects in one page of a list.' }),
    'requests-per-minute': integer({
      min: 1,
      max: 1_000_000,
      default: 600,
      description: 'Most requests taken in a minute from one peer, or one address that is no peer.',
    }),
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
