import type { ReaderSettings } from '../../gateway/domain/readers.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { noteReaderState } from '../../gateway/readers.ts';
import { tapCard } from '../../gateway/taps.ts';
import { openReaderPort, type ReaderPort } from './port.ts';
import { readerProtocols } from './readers/index.ts';
import type { ReaderProtocol } from './reader.ts';

/** The card readers on serial ports of this machine. */
export interface ReaderService {
  /** Settles when every port is really closed. */
  close(): Promise<void>;
}

/** Opens every reader that is declared, again and again as long as it runs. Never throws for what is wrong with a port. */
export function startReaders(gw: Gateway): ReaderService {
  const ports = gw.settings.readers.map((settings) => open(gw, settings));
  return {
    async close() {
      await Promise.all(ports.map((port) => port.close()));
      gw.readers.clear();
    },
  };
}

function open(gw: Gateway, settings: ReaderSettings): ReaderPort {
  const { id, path, protocol: name, serial, options } = settings;
  // The table gives each name its own settings, which `checkReaders` has judged.
  const protocol = readerProtocols[name] as unknown as ReaderProtocol<Record<string, unknown>>;
  const port = openReaderPort({
    path,
    protocol,
    settings: { ...protocol.defaults, ...options },
    serial,
    clock: gw.clock,
    log: gw.log,
    onCard({ uid, address }) {
      port.show('read', address);
      tapCard(gw, { readerId: id, address, uid })
        .then((feedback) => {
          if (feedback !== 'read') port.show(feedback, address);
        })
        .catch((error: unknown) => {
          port.show('refused', address);
          gw.log.error({ err: error, reader: id }, 'a card at a reader could not be dealt with');
        });
    },
    onState: (state) => noteReaderState(gw, id, state),
  });
  gw.readers.set(id, {
    settings,
    state: 'opening',
    reason: null,
    since: gw.clock(),
    addresses: [],
    lastCard: null,
    show: (feedback, address) => port.show(feedback, address),
  });
  port.open();
  return port;
}
