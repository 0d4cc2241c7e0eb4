import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigError } from '../../config/problems.ts';
import { loadConfig, resolveConfigPath } from '../../config/load.ts';
import type { Config } from '../../config/load.ts';
import { checkReaders } from '../../adapters/rfid/check.ts';
import { GatewayError } from '../domain/errors.ts';
import { asError, goesToJournal } from '../journal.ts';
import { createClient } from './client.ts';
import type { Client } from './client.ts';
import type { Output } from './output.ts';

/** Options that every command takes. */
export interface GlobalOptions {
  config?: string;
  url?: string;
  json?: boolean;
}

/** What a command has at hand; nothing is read before it asks. */
export interface Context {
  out: Output;
  /** Errors: CONFIG_UNREADABLE, CONFIG_INVALID. */
  config(): Config;
  configPath(): string;
  /** The running daemon: where `--url` says, else where the configuration has the console. */
  client(): Client;
}

/** Answers on other requests come at once; a charger may take its time. */
const ANSWER_SECONDS = 10;

export function contextOf(command: Command): Context {
  const options = command.optsWithGlobals<GlobalOptions>();
  const configPath = () => resolveConfigPath(options.config, process.env);
  const config = () => withReadersChecked(loadConfig(configPath(), process.env), configPath());
  return {
    out: {
      json: options.json === true,
      print: (text) => void process.stdout.write(`${text}\n`),
      complain: (text) => void process.stderr.write(`${goesToJournal(2, process.env) ? asError(text) : text}\n`),
    },
    config,
    configPath,
    client: () => clientFor(options, config),
  };
}

/** What only a reader's protocol knows. Errors: CONFIG_INVALID. */
function withReadersChecked(config: Config, file: string): Config {
  const problems = checkReaders(config.settings.readers);
  if (problems.length === 0) return config;
  throw new ConfigError(
    'CONFIG_INVALID',
    problems.map((message) => ({ file, line: 0, column: 0, path: 'readers', message })),
  );
}

function clientFor(options: GlobalOptions, config: () => Config): Client {
  if (options.url !== undefined && !/^https?:\/\//.test(options.url))
    throw new GatewayError('REQUEST_INVALID', `--url ${options.url} is no URL; write http://127.0.0.1:8889`);
  const read = options.url !== undefined && options.config === undefined ? ifReadable(config) : config();
  const callSeconds = read?.ocpp.callTimeout ?? 30;
  return createClient({
    url: options.url ?? consoleUrl(read),
    token: tokenOf(read),
    timeoutMs: (callSeconds + ANSWER_SECONDS) * 1000,
  });
}

/** Who says where the daemon is may not be allowed to read its configuration. */
function ifReadable(config: () => Config): Config | null {
  try {
    return config();
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'CONFIG_UNREADABLE') return null;
    throw error;
  }
}

function tokenOf(config: Config | null): string | null {
  return config?.console.token ?? null;
}

function consoleUrl(config: Config | null): string {
  const { host = '127.0.0.1', port = 8889 } = config?.console ?? {};
  if (port === 0)
    throw new GatewayError('REQUEST_INVALID', 'console.port is 0, any free port: say with --url which one it became');
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

/** The JSON in a file; `-` reads stdin. Errors: REQUEST_INVALID. */
export function readJsonFile(file: string | undefined): unknown {
  if (file === undefined)
    throw new GatewayError('REQUEST_INVALID', 'say what to send: the name of a JSON file, or "-" for stdin');
  if (file === '-') return readJson('-');
  try {
    return readJson(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new GatewayError('REQUEST_INVALID', `${file} could not be read (${why})`, { cause: error });
  }
}

/** A payload as given on the command line; `-` reads it from stdin. Errors: REQUEST_INVALID. */
export function readJson(text: string): unknown {
  const json = text === '-' ? readFileSync(0, 'utf8') : text;
  try {
    return JSON.parse(json);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new GatewayError('REQUEST_INVALID', `the payload is no JSON (${why}); write it as '{"key": "value"}'`);
  }
}
