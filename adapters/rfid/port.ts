import { realpath } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../gateway/domain/time.ts';
import type { Log } from '../../gateway/gateway.ts';
import type { Station } from './exchange.ts';
import type { PortState } from './port-state.ts';
import { createPortWatch } from './port-state.ts';
import type { Feedback } from '../../gateway/domain/readers.ts';
import type { CardRead, Outcome, ReaderProtocol, SerialFormat } from './reader.ts';
import type { SerialConnection } from './serial.ts';
import { connectSerial } from './serial.ts';

export interface ReaderPortOptions<S> {
  /** Of the device. A link under /dev/serial/by-id stays the same when other devices are plugged in. */
  path: string;
  protocol: ReaderProtocol<S>;
  settings: S;
  /** What differs from how such readers are delivered. */
  serial?: Partial<SerialFormat>;
  clock: Clock;
  log: Log;
  /** A card was held to a reader: once a tap. */
  onCard(card: CardRead): void;
  /** Something changed. */
  onState(state: PortState): void;
}

/** A serial port with readers on it, opened again and again for as long as it is wanted. */
export interface ReaderPort {
  /** Begins; the state tells how it goes. To be called once. */
  open(): void;
  /** Lets a reader show something; does nothing while the port is not open. */
  show(feedback: Feedback, address: Station): void;
  /** Ends; settles when the port is really closed. Nothing is called back once it was called. */
  close(): Promise<void>;
}

const TICK = 50;
/** How often it is looked at whether the path still leads to the device that was opened. */
const WATCH = 2_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/**
 * Makes a port that is not open yet. What goes wrong with it later neither throws nor ends the process: the state tells it.
 *
 * @throws {RangeError} where the protocol cannot work with these settings.
 */
export function openReaderPort<S>(options: ReaderPortOptions<S>): ReaderPort {
  const { path, protocol, clock, log } = options;
  const line = protocol.createLine(options.settings);
  const format: SerialFormat = { ...protocol.serial, ...options.serial };
  const portWatch = createPortWatch(protocol.polled, (state) => guarded(() => options.onState(state)));
  const ending = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let connection: SerialConnection | null = null;
  /** Ends the connection, which settles what waits for its end. */
  let disconnect: (why: string) => void = () => {};

  /** Calls back, unless all has ended; a fault over there is not the port's. */
  function guarded(fn: () => void): void {
    if (ending.signal.aborted) return;
    try {
      fn();
    } catch (error) {
      log.error({ err: error, path }, 'What a card reader told could not be dealt with.');
    }
  }

  function handle(outcome: Outcome): void {
    for (const frame of outcome.write ?? []) {
      if (connection?.write(frame) === false) disconnect('The port takes no more bytes.');
    }
    for (const sentence of outcome.faults ?? []) log.warn({ path, protocol: protocol.name }, sentence);
    portWatch.learned(outcome);
    for (const card of outcome.cards ?? []) guarded(() => options.onCard(card));
  }

  /** Not every driver tells when its device is pulled out. */
  async function checkPath(target: string): Promise<void> {
    const now = await realpath(path).catch(() => null);
    if (now === null) disconnect('The device is gone.');
    else if (now !== target) disconnect('The path leads to another device now.');
  }

  /** Opens the port and serves it. Settles with the reason when it has gone or all ends; fails when it cannot be opened. */
  async function serve(): Promise<string> {
    const target = await realpath(path);
    const gone = new Promise<string>((resolve) => {
      disconnect = resolve;
    });
    const opened = await connectSerial(target, format, {
      onBytes: (bytes) => handle(line.receive(bytes, clock())),
      onGone: (why) => disconnect(why),
    });
    if (ending.signal.aborted) disconnect('The port is closed.');
    connection = opened;
    portWatch.opened();
    handle(line.open(clock()));
    const timers = [
      setInterval(() => handle(line.tick(clock())), TICK),
      setInterval(() => void checkPath(target), WATCH),
    ];
    try {
      return await gone;
    } finally {
      timers.forEach((timer) => clearInterval(timer));
      connection = null;
      await opened.close();
    }
  }

  async function run(): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!ending.signal.aborted) {
      const begun = performance.now();
      const why = await serve().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
      portWatch.down(why);
      // A port that held for a while was well; one that opens and goes at once is tried ever less often.
      if (performance.now() - begun >= WATCH) pause = FIRST_PAUSE;
      await delay(pause, null, { signal: ending.signal }).catch(() => null);
      pause = Math.min(pause * 2, (await exists(path)) ? LONGEST_PAUSE : WATCH);
    }
  }

  return {
    open() {
      running = run();
    },
    show(feedback, address) {
      if (connection !== null) handle(line.show(feedback, address, clock()));
    },
    async close() {
      ending.abort();
      disconnect('The port is closed.');
      await running;
    },
  };
}

/** To see whether a device is there costs nothing, so that it is opened soon after it was plugged in. */
function exists(path: string): Promise<boolean> {
  return realpath(path).then(
    () => true,
    () => false,
  );
}
