import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A wire between the gateway and the broker. */
export interface Wire {
  url: string;
  /** Drops every connection, as when a cable is pulled; new ones come through. */
  cut(): void;
  /** The same, and none comes through until it is mended. */
  hold(): void;
  mend(): void;
  /** Nothing passes any more, and nothing ends. */
  stall(): void;
  close(): Promise<void>;
}

/** Lets through what passes between the gateway and the broker at this port, until it is cut. */
export async function startWire(port: number): Promise<Wire> {
  const open = new Set<Socket>();
  let held = false;
  const server = createServer((near) => {
    if (held) return near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    hold() {
      held = true;
      cut();
    },
    mend: () => void (held = false),
    stall() {
      for (const socket of open) {
        socket.unpipe();
        socket.pause();
      }
    },
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
