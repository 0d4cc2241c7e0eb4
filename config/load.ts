import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Check } from 'typebox/schema';
import { checkTariff } from '../gateway/pricing/check.ts';
import type { Settings } from '../gateway/domain/settings.ts';
import type { UpkeepSettings } from '../gateway/domain/upkeep.ts';
import { parseYaml } from './document.ts';
import { camelKeys } from './names.ts';
import { ConfigError, type Problem } from './problems.ts';
import { checkRules } from './rules.ts';
import { configSchema, type ConfigDocument } from './schema.ts';
import { inFileWords, tariffPath } from './settings-tariff.ts';
import { toSettings } from './settings.ts';
import { walkDocument, type Fault } from './walk.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Keys that `settings` carries: the sections beside it do not say them twice. */
const OCPP_SETTINGS = [
  'unknownChargers',
  'heartbeatInterval',
  'bootRetryInterval',
  'disconnectedGrace',
  'securityProfile',
  'passwordGrace',
  'provisioning',
  'quietAfterBoot',
  'meterInterval',
  'energyCheck',
  'configuration',
  'vendorData',
] as const;

/** A checked configuration. Units as in config/reference.md: seconds, bytes, megabytes. */
export interface Config {
  /** The file it was read from, as it was named. */
  file: string;
  /** What the use-cases need. */
  settings: Settings;
  ocpp: Omit<ConfigDocument['ocpp'], (typeof OCPP_SETTINGS)[number]>;
  ocpi: Omit<ConfigDocument['ocpi'], 'sessionPushInterval'> & {
    /** Those with TLS of their own. */
    peers: { name: string; tls: NonNullable<ConfigDocument['peers'][number]['tls']> }[];
  };
  openData: ConfigDocument['openData'];
  console: ConfigDocument['console'];
  mqtt: ConfigDocument['mqtt'];
  /** `directory` is absolute. */
  storage: { directory: string; maxMegabytes: number };
  /** `backupDirectory` is absolute. */
  upkeep: UpkeepSettings;
  log: ConfigDocument['log'];
}

/**
 * Reads and checks a configuration file and the secret files it names; opens nothing else.
 * Throws ConfigError: CONFIG_UNREADABLE where there is no file to read, CONFIG_INVALID with every problem in it.
 */
export function loadConfig(path: string, env: Environment = process.env): Config {
  return parseConfig(decode(path, readBytes(path)), path, env);
}

/** `loadConfig` for text at hand; `path` names it in messages and is what its relative paths start from. */
export function parseConfig(text: string, path: string, env: Environment = process.env): Config {
  const yaml = parseYaml(text);
  const problem = (fault: Fault): Problem => {
    const subject = fault.path === '' ? 'the file' : fault.path;
    return { file: path, ...yaml.place(fault.offset), path: fault.path, message: `${subject} ${fault.message}` };
  };
  if (yaml.fault) throw new ConfigError('CONFIG_INVALID', [problem({ ...yaml.fault, path: '' })]);

  const folder = dirname(resolve(path));
  const walked = walkDocument(configSchema, yaml, (name) => readSecret(secretPath(folder, name, env)));
  const faults = [...walked.faults];
  const offsetOf = (key: string): number => walked.offsets.get(key) ?? (key === '' ? 0 : offsetOf(parentOf(key)));
  // The walk leaves out every value that is not what the schema says; so the rest is a draft.
  checkRules(camelKeys(walked.value) ?? {}, {
    given: (at) => walked.offsets.has(at),
    report: (at, message, earlier) => {
      const line = earlier === undefined ? '' : ` in line ${yaml.place(offsetOf(earlier)).line}`;
      faults.push({ offset: offsetOf(at), path: at, message: message + line });
    },
  });
  if (faults.length > 0) throw new ConfigError('CONFIG_INVALID', faults.map(problem));
  const document = walked.value;
  if (!Check(configSchema, document)) throw new Error(`${path}: what was read does not fit the schema it was read by`);
  const config = toConfig(camelKeys(document), path, folder, env);
  const unpriceable = tariffFaults(config.settings, offsetOf);
  if (unpriceable.length > 0) throw new ConfigError('CONFIG_INVALID', unpriceable.map(problem));
  return config;
}

/** A tariff that cannot be priced is refused here, never at the end of a session. */
function tariffFaults(settings: Settings, offsetOf: (key: string) => number): Fault[] {
  return settings.tariffs.flatMap((tariff, index) =>
    checkTariff(tariff).map((text) => {
      const [where = '', ...rest] = text.split(': ');
      const path = tariffPath(index, where);
      return { offset: offsetOf(path), path, message: `cannot be priced: ${inFileWords(rest.join(': '))}` };
    }),
  );
}

/** Which file counts: the command line's, else CHARGEGATE_CONFIG's, else the example that comes with the program. */
export function resolveConfigPath(flag: string | undefined, env: Environment): string {
  const named = flag ?? env['CHARGEGATE_CONFIG'];
  return named === undefined || named === '' ? fileURLToPath(new URL('example.yaml', import.meta.url)) : named;
}

function toConfig(document: ConfigDocument, file: string, folder: string, env: Environment): Config {
  const { directory, maxMegabytes } = document.storage;
  const chosen = directory === null ? resolve(env['CHARGEGATE_DATA_DIR'] || 'data') : resolve(folder, directory);
  return {
    file,
    settings: toSettings(document),
    ocpp: {
      ...without(document.ocpp, OCPP_SETTINGS),
      tls: resolvePaths(document.ocpp.tls, folder),
    },
    ocpi: {
      ...without(document.ocpi, ['sessionPushInterval']),
      tls: document.ocpi.tls && resolvePaths(document.ocpi.tls, folder),
      peers: document.peers.flatMap(({ name, tls }) => (tls ? [{ name, tls: resolvePaths(tls, folder) }] : [])),
    },
    openData: document.openData,
    console: document.console,
    mqtt: { ...document.mqtt, tls: document.mqtt.tls && resolvePaths(document.mqtt.tls, folder) },
    storage: { directory: chosen, maxMegabytes },
    upkeep: toUpkeep(document.upkeep, chosen, folder),
    log: document.log,
  };
}

/** Backups lie in the data directory where the file does not say better. */
function toUpkeep(given: ConfigDocument['upkeep'], data: string, folder: string): UpkeepSettings {
  const { backupDirectory, ...rest } = given;
  return {
    ...rest,
    backupDirectory: backupDirectory === null ? resolve(data, 'backups') : resolve(folder, backupDirectory),
  };
}

/** `a[0].b` lies in `a[0]`, that in `a`. */
function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('['), 0));
}

/** Paths (`…Path`) are relative to the configuration. */
function resolvePaths<T extends object>(tls: T, folder: string): T {
  const resolved = Object.entries(tls).map(([key, value]: [string, unknown]) => [
    key,
    key.endsWith('Path') && typeof value === 'string' ? resolve(folder, value) : value,
  ]);
  return Object.fromEntries(resolved) as T;
}

function without<T extends object, Key extends keyof T & string>(record: T, keys: readonly Key[]): Omit<T, Key> {
  const left: readonly string[] = keys;
  return Object.fromEntries(Object.entries(record).filter(([key]) => !left.includes(key))) as Omit<T, Key>;
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const message = `cannot be read: ${reason(error)}; name the configuration with --config or CHARGEGATE_CONFIG`;
    throw new ConfigError('CONFIG_UNREADABLE', [wholeFile(path, message)], { cause: error });
  }
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ConfigError('CONFIG_INVALID', [wholeFile(path, 'is not UTF-8 text')], { cause: error });
  }
}

/**
 * Where a secret lies. A service may not read the file that the configuration names, but finds it among what systemd
 * handed it: the same name in $CREDENTIALS_DIRECTORY, or with `secret_` before it where a whole folder was (systemd.exec(5)).
 */
function secretPath(folder: string, name: string, env: Environment): string {
  const handed = env['CREDENTIALS_DIRECTORY'];
  const candidates = handed ? [basename(name), `secret_${basename(name)}`].map((file) => resolve(handed, file)) : [];
  return candidates.find((path) => existsSync(path)) ?? resolve(folder, name);
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(reason(error), { cause: error });
  }
}

/** A file system's fault in words. */
function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  const words: Record<string, string> = {
    ENOENT: 'there is no such file',
    EACCES: 'this user may not read it',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of its path is not a directory',
  };
  return words[code] ?? code;
}

function wholeFile(file: string, message: string): Problem {
  return { file, line: 0, column: 0, path: '', message };
}
