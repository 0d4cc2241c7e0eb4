import { EventEmitter } from 'node:events';
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { loadConfig, resolveConfigPath } from '../../config/load.ts';
import type { Config } from '../../config/load.ts';
import { runDaemon } from '../../gateway/cli/daemon.ts';
import type { Host, Running } from '../../gateway/cli/daemon.ts';
import { lanAddress, urlForOthers } from '../../gateway/lan-address.ts';

const URLS = {
  ocpp: 'ws://127.0.0.1:8887/ocpp/',
  ocpps: null,
  ocpi: 'http://127.0.0.1:8888/ocpi/versions',
  openData: null,
  console: 'http://127.0.0.1:8889/',
};

interface Run {
  told: string[];
  exits: number[];
  signals: EventEmitter;
  at(now: number): void;
  /** How often it looked for a new certificate. */
  reloads(): number;
  code: Promise<number>;
}

/** A daemon in a process that we play; its own stop is ours to end. */
function run(
  stop: Running['stop'],
  config: Config = loadConfig(resolveConfigPath(undefined, {})),
  terminal = false,
): Run {
  const signals = new EventEmitter();
  const [told, exits]: [string[], number[]] = [[], []];
  let now = 0;
  const host: Host = {
    on: (signal, listener) => signals.on(signal, listener),
    off: (signal, listener) => signals.off(signal, listener),
    exit: (code) => exits.push(code),
    terminal,
    now: () => now,
    service: null,
  };
  const out = { json: false, print: (text: string) => told.push(text), complain: (text: string) => told.push(text) };
  let reloads = 0;
  const reload = async (): Promise<void> => void (reloads += 1);
  const code = runDaemon(
    async () => ({ urls: URLS, reload, stop, check: async () => ({ failing: [], lasting: [] }), status: () => 'well' }),
    config,
    out,
    host,
  );
  return { told, exits, signals, code, reloads: () => reloads, at: (value) => void (now = value) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a daemon in its process', () => {
  it('says where people find what, and loudly that unknown chargers are accepted', async () => {
    const { told, signals, code } = run(async () => undefined);
    await turn();
    signals.emit('SIGTERM');
    expect(await code).toBe(0);
    const address = lanAddress();
    expect(told[0]).toContain(`ws://${address}:8887/ocpp/<charger id>`);
    expect(told[0]).toContain(`http://${address}:8888/ocpi/versions`);
    expect(told[0]).toContain('http://127.0.0.1:8889/');
    expect(told[0]).toContain('WARNING: unknown chargers are accepted');
    expect(signals.listenerCount('SIGTERM')).toBe(0);
  });

  it('does not warn where they wait for the operator', async () => {
    const config = loadConfig(resolveConfigPath(undefined, {}));
    const { told, signals, code } = run(async () => undefined, {
      ...config,
      settings: { ...config.settings, unknownChargers: 'pending' },
    });
    await turn();
    signals.emit('SIGINT');
    await code;
    expect(told.join()).not.toContain('WARNING');
  });

  it('looks for a new certificate at SIGHUP; in a terminal that is left to the terminal', async () => {
    const service = run(async () => undefined);
    const inTerminal = run(async () => undefined, undefined, true);
    await turn();
    service.signals.emit('SIGHUP');
    expect(service.reloads()).toBe(1);
    expect(inTerminal.signals.listenerCount('SIGHUP')).toBe(0);
    for (const { signals, code } of [service, inTerminal]) {
      signals.emit('SIGTERM');
      await code;
    }
    expect(service.signals.listenerCount('SIGHUP')).toBe(0);
  });

  it('takes a second signal that comes with the first for the same, a later one for "at once"', async () => {
    const stopping = Promise.withResolvers<void>();
    const { signals, code, at, exits } = run(() => stopping.promise);
    await turn();
    signals.emit('SIGINT');
    await turn();
    at(50);
    signals.emit('SIGINT');
    expect(exits).toEqual([]);
    at(3000);
    signals.emit('SIGTERM');
    expect(exits).toEqual([1]);
    stopping.resolve();
    expect(await code).toBe(0);
  });
});

describe('the address that others are told', () => {
  const ip = (address: string, family = 'IPv4', internal = false) => ({ address, family, internal });

  it('is the first real IPv4: no loopback, no link-local, no container bridge before a real one', () => {
    expect(
      lanAddress({
        lo: [ip('127.0.0.1', 'IPv4', true)],
        docker0: [ip('172.17.0.1')],
        eth1: [ip('169.254.3.4'), ip('fe80::1', 'IPv6')],
        eth0: [ip('fd00::2', 'IPv6'), ip('192.168.1.20')],
      }),
    ).toBe('192.168.1.20');
    expect(lanAddress({ docker0: [ip('172.17.0.1')] })).toBe('172.17.0.1');
  });

  it('is the host name where there is IPv6 alone, and the loopback where there is no network', () => {
    const lo = [ip('127.0.0.1', 'IPv4', true), ip('::1', 'IPv6', true)];
    expect(lanAddress({ lo, eth0: [ip('fd00::2', 'IPv6')] })).toBe(hostname());
    expect(lanAddress({ lo })).toBe('127.0.0.1');
  });

  it.each([
    ['ws://127.0.0.1:8887/ocpp/', '0.0.0.0', 'ws://10.0.0.5:8887/ocpp/'],
    ['ws://0.0.0.0:8887/ocpp/', '0.0.0.0', 'ws://10.0.0.5:8887/ocpp/'],
    ['http://[::1]:8888/ocpi', '::', 'http://10.0.0.5:8888/ocpi'],
    ['http://127.0.0.1:8889/', '127.0.0.1', 'http://127.0.0.1:8889/'],
    ['https://depot.example/ocpi', '0.0.0.0', 'https://depot.example/ocpi'],
  ])('%s on %s is %s', (url, listenHost, told) => {
    expect(urlForOthers(url, listenHost, '10.0.0.5')).toBe(told);
  });
});
