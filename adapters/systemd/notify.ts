import { execFile } from 'node:child_process';

/** Tells systemd how the service is (sd_notify(3)). */
export interface Notifier {
  /** Sends assignments such as `READY=1` as one message, after those before it. Never rejects. */
  tell(...assignments: string[]): Promise<void>;
  /** systemd restarts a service of which it hears nothing for so long, milliseconds; null: it does not. */
  watchdogMs: number | null;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A message takes some milliseconds; a manager that hangs must not hold us. */
const TIMEOUT_MS = 5000;

/**
 * The way to systemd; null where it did not start us. Node opens no datagram sockets of the unix family, so each message
 * is sent by systemd's own `systemd-notify` (DECISIONS.md 35). `onFault` hears of messages that could not be sent.
 */
export function createNotifier(env: Environment, onFault: (problem: string) => void): Notifier | null {
  const socket = env['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return null;
  const microseconds = Number(env['WATCHDOG_USEC'] ?? 0);
  const childEnv = { PATH: env['PATH'], NOTIFY_SOCKET: socket };
  let last = Promise.resolve();

  function send(assignments: string[]): Promise<void> {
    return new Promise((resolve) => {
      execFile('systemd-notify', assignments, { env: childEnv, timeout: TIMEOUT_MS }, (error) => {
        if (error) onFault(`systemd was not told ${assignments.join(' ')}: ${error.message.trim()}`);
        resolve();
      });
    });
  }

  return {
    tell(...assignments) {
      last = last.then(() => send(assignments));
      return last;
    },
    watchdogMs: microseconds > 0 ? microseconds / 1000 : null,
  };
}
