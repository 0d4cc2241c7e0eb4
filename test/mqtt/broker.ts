/** A real broker for the tests of MQTT, and somebody who watches it. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { freePort } from '../harness/ports.ts';

function installed(): boolean {
  try {
    execFileSync('mosquitto', ['-h'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    // It says its usage and fails; only where it cannot be run at all, it is not there.
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}

/** Is Debian's mosquitto here? Says so where it is not. */
export const hasMosquitto = installed();
if (!hasMosquitto)
  process.stderr.write('notice: mosquitto is not installed, the tests of MQTT against it are skipped\n');

export interface TestBroker {
  port: number;
  url: string;
  /** Ends at once, as in a power cut. */
  kill(): Promise<void>;
  /** Comes back on the same port, with nothing of before. */
  start(): Promise<void>;
  /** Ends and removes its files. */
  cleanUp(): Promise<void>;
}

export interface TestBrokerOptions {
  /** Lines of mosquitto.conf(5) beside the listener; `DIR` in them is the broker's directory. */
  lines?: string[];
  /** Files in its directory. */
  files?: Record<string, string>;
  scheme?: 'mqtt' | 'mqtts';
}

/** Starts a mosquitto on a free port of the loopback; by default anybody may do everything there. */
export async function startBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const directory = mkdtempSync(join(tmpdir(), 'chargegate-broker-'));
  const port = await freePort();
  const lines = (options.lines ?? ['allow_anonymous true']).map((line) => line.replaceAll('DIR', directory));
  for (const [name, text] of Object.entries(options.files ?? {}))
    writeFileSync(join(directory, name), text, { mode: 0o600 });
  const config = join(directory, 'mosquitto.conf');
  const user = process.getuid?.() === 0 ? ['user root'] : [];
  const own = [`listener ${port} 127.0.0.1`, 'persistence false', 'log_type error', ...user];
  writeFileSync(config, [...own, ...lines, ''].join('\n'));
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const started = spawn('mosquitto', ['-c', config], { stdio: 'ignore' });
    child = started;
    for (let tries = 0; ; tries += 1) {
      if (started.exitCode !== null) throw new Error(`mosquitto ended with ${started.exitCode}`);
      if (await answers(port)) return;
      if (tries > 200) throw new Error('mosquitto does not listen');
      await new Promise((resolve) => void setTimeout(resolve, 25));
    }
  }

  async function kill(): Promise<void> {
    const running = child;
    child = null;
    if (!running || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }

  await start();
  return {
    port,
    url: `${options.scheme ?? 'mqtt'}://127.0.0.1:${port}`,
    kill,
    start,
    async cleanUp() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
  }).finally(() => socket.destroy());
}

/** A message as a watcher saw it. */
export interface Seen {
  topic: string;
  text: string;
  packet: IPublishPacket;
}

/** Somebody at the broker who sees everything. */
export interface Watcher {
  client: MqttClient;
  seen: Seen[];
  /** The first message from index `from` on that is so; waits for it. */
  until(is: (seen: Seen) => boolean, from?: number): Promise<Seen>;
  /** The first with this topic whose JSON is so. */
  json(topic: string, is?: (body: Json) => boolean, from?: number): Promise<Json>;
  /** What is on a topic now, by those that the broker keeps. */
  last(topic: string): string | undefined;
  publish(topic: string, body: unknown, more?: Parameters<MqttClient['publishAsync']>[2]): Promise<void>;
  close(): Promise<void>;
}

/** Loosely typed on purpose: what comes from outside is judged by what is expected of it. */
export type Json = Record<string, unknown> & { [key: string]: unknown };

export async function watchBroker(url: string, options: IClientOptions = {}): Promise<Watcher> {
  const client = await connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, ...options });
  const seen: Seen[] = [];
  const waiting = new Set<() => void>();
  client.on('error', () => undefined);
  client.on('message', (topic, payload, packet) => {
    seen.push({ topic, text: payload.toString(), packet });
    for (const look of waiting) look();
  });
  await client.subscribeAsync('#', { qos: 1 });

  function until(is: (each: Seen) => boolean, from = 0): Promise<Seen> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = seen.slice(from).find(is);
        if (!found) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  }

  return {
    client,
    seen,
    until,
    async json(topic, is = () => true, from = 0) {
      const found = await until(
        (each) => each.topic === topic && each.text !== '' && is(JSON.parse(each.text) as Json),
        from,
      );
      return JSON.parse(found.text) as Json;
    },
    last: (topic) => seen.findLast((each) => each.topic === topic)?.text,
    async publish(topic, body, more = {}) {
      await client.publishAsync(topic, typeof body === 'string' ? body : JSON.stringify(body), { qos: 1, ...more });
    },
    close: () => client.endAsync(true),
  };
}
