import type { SelfCheck } from '../../gateway/self-check.ts';
import type { Notifier } from './notify.ts';

/** What the service is asked while it serves. */
export interface Serving {
  /** What fails now. Never rejects. */
  check(): Promise<SelfCheck>;
  /** How it goes, in a few words. */
  status(): string;
}

/** The service as systemd sees it. */
export interface Service {
  /** It serves: from now on systemd hears that all is well as long as that is so. */
  ready(serving: Serving): Promise<void>;
  /** It reads its configuration anew, and serves meanwhile. */
  reload(work: () => Promise<void>): Promise<void>;
  /** It has begun to stop. */
  stopping(): Promise<void>;
}

/** Between signs of life, where systemd asks for none: the status it shows is no older. */
const STATUS_EVERY_MS = 60_000;
/** Two signs of life may fail. */
const SIGNS_PER_WATCHDOG = 3;
/** systemd shows one line. */
const MOST_CHARS = 500;

/**
 * Speaks for the service through the notifier. A sign of life (`WATCHDOG=1`) is sent only after a check that found nothing
 * which a new start may mend; otherwise systemd restarts the service when that goes on (`WatchdogSec=`). The status tells
 * of everything that is not well. `warn` is told when a check begins to fail, and with null once it does not any more. `now`: CLOCK_MONOTONIC, microseconds.
 */
export function createService(
  notifier: Notifier,
  warn: (unwell: string[] | null) => void,
  now: () => bigint = () => process.hrtime.bigint() / 1000n,
): Service {
  let timer: NodeJS.Timeout | null = null;
  let checking = false;
  let wasUnwell = false;

  async function look(serving: Serving): Promise<void> {
    // One at a time: a check that hangs is a service that hangs.
    if (checking) return;
    checking = true;
    try {
      const { failing, lasting } = await serving.check();
      if (timer === null) return;
      const unwell = [...failing, ...lasting];
      const status = unwell.length > 0 ? `not well: ${unwell.join('; ')}` : serving.status();
      await notifier.tell(...(failing.length > 0 ? [] : ['WATCHDOG=1']), statusLine(status));
      if (unwell.length > 0 !== wasUnwell) warn(unwell.length > 0 ? unwell : null);
      wasUnwell = unwell.length > 0;
    } finally {
      checking = false;
    }
  }

  return {
    async ready(serving) {
      await notifier.tell('READY=1', statusLine(serving.status()));
      const every = notifier.watchdogMs === null ? STATUS_EVERY_MS : notifier.watchdogMs / SIGNS_PER_WATCHDOG;
      timer = setInterval(() => void look(serving), every);
      await look(serving);
    },
    async reload(work) {
      await notifier.tell('RELOADING=1', `MONOTONIC_USEC=${now()}`);
      try {
        await work();
      } finally {
        await notifier.tell('READY=1');
      }
    },
    async stopping() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      await notifier.tell('STOPPING=1', statusLine('stopping: what came in is answered and stored'));
    },
  };
}

function statusLine(text: string): string {
  return `STATUS=${text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, MOST_CHARS)}`;
}
