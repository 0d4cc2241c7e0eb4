import { SerialPort } from 'serialport';
import type { SerialFormat } from './reader.ts';

/** What a port that is open tells. */
export interface SerialEvents {
  onBytes(bytes: Uint8Array): void;
  /** It is of no more use: told once, with the reason as the system gave it. It has to be closed all the same. */
  onGone(reason: string): void;
}

/** A serial port that was opened once; it is never opened again. */
export interface SerialConnection {
  /** Writes in order; nothing where the port is not open any more. False: it takes no more, for too much waits to be written. */
  write(bytes: Uint8Array): boolean;
  /** Settles when the port is really closed; does nothing to one that is. */
  close(): Promise<void>;
}

/** So many bytes may wait to be written. */
const UNWRITTEN = 4_096;

/** Opens a port for us alone. Fails with the system's reason. */
export async function connectSerial(
  path: string,
  format: SerialFormat,
  events: SerialEvents,
): Promise<SerialConnection> {
  let isGone = false;
  const port = new SerialPort({
    path,
    baudRate: format.baudRate,
    dataBits: format.dataBits ?? 8,
    parity: format.parity ?? 'none',
    stopBits: format.stopBits ?? 1,
    autoOpen: false,
    lock: true,
  });

  function gone(reason: string): void {
    if (isGone) return;
    isGone = true;
    events.onGone(reason);
  }

  // Some drivers tell an unplugged port by the one, some by the other, and an error may come long after.
  port.on('error', (error: Error) => gone(error.message));
  port.on('close', (error: Error | null | undefined) => gone(error?.message ?? 'The port was closed.'));
  port.on('data', (bytes: Uint8Array) => {
    if (!isGone) events.onBytes(bytes);
  });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error === null ? resolve() : reject(error)));
  });
  return {
    write(bytes) {
      // What is written to a closed port is kept and would come out when one is open again.
      if (!port.isOpen || isGone) return true;
      if (port.writableLength > UNWRITTEN) return false;
      port.write(Buffer.from(bytes));
      return true;
    },
    close: () =>
      new Promise((resolve) => {
        isGone = true;
        if (port.isOpen) port.close(() => resolve());
        else if (port.closing) port.once('close', () => resolve());
        else resolve();
      }),
  };
}
