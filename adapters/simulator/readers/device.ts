/** A simulated card reader: the device's side of a serial line. */
export interface SimulatedReader {
  /** Bytes came from the gateway: what it writes in answer. */
  receive(bytes: Uint8Array): Uint8Array[];
  /** A card, as capital hex, is held to it from now on: what it writes by itself. */
  present(uid: string): Uint8Array[];
  /** The card is taken away. */
  remove(): void;
  /** What it was told to show, in the order it was told: `green on`, `dark`, `beep` and the like. */
  readonly shown: readonly string[];
}

/** No more is remembered of what it showed. */
const REMEMBERED = 200;

/** Keeps what a reader showed. */
export function createShown(): { list: string[]; add(what: string): void } {
  const list: string[] = [];
  return {
    list,
    add(what) {
      list.push(what);
      if (list.length > REMEMBERED) list.shift();
    },
  };
}
