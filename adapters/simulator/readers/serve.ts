import { connectSerial } from '../../rfid/serial.ts';
import type { SimulatedReader } from './device.ts';

/** A simulated reader that sits at one end of a cable. */
export interface ServedReader {
  /** Holds a card to it. */
  present(uid: string): void;
  /** Writes bytes of no meaning, or any others. */
  write(bytes: Uint8Array): void;
  /** Does it hear and write nothing, as without power? */
  silence(silent: boolean): void;
  /** Settles when it has let go of its end of the cable. */
  close(): Promise<void>;
}

/** Puts a reader on a pseudo-terminal; `onGone`: the cable was pulled out. Fails where there is none at that path. */
export async function serveReader(path: string, reader: SimulatedReader, onGone: () => void): Promise<ServedReader> {
  let silent = false;
  const port = await connectSerial(
    path,
    { baudRate: 115_200 },
    {
      onGone,
      onBytes(bytes) {
        if (!silent) for (const answer of reader.receive(bytes)) port.write(answer);
      },
    },
  );

  function write(bytes: Uint8Array): void {
    if (!silent) port.write(bytes);
  }

  return {
    present(uid) {
      reader.present(uid).forEach(write);
    },
    write,
    silence(wanted) {
      silent = wanted;
    },
    close: () => port.close(),
  };
}
