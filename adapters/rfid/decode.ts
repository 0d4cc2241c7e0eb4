import type { CardRead } from './reader.ts';
import { decodeAscii } from './readers/ascii.ts';
import { decodeId12la } from './readers/id-12la.ts';
import type { ReaderProtocolName, ReaderSettings } from './readers/index.ts';
import { readerProtocols } from './readers/index.ts';
import { decodeModbus } from './readers/modbus-rtu.ts';
import { decodeReplies } from './readers/osdp.ts';
import { decodePn532 } from './readers/pn532.ts';
import { decodeTwn4 } from './readers/twn4.ts';

const onlyOne = (uids: readonly string[]): CardRead[] => uids.map((uid) => ({ uid, address: null }));

type Decoder<S> = (bytes: Uint8Array, given: Partial<S>) => CardRead[];

const decoders: { readonly [N in ReaderProtocolName]: Decoder<ReaderSettings[N]> } = {
  ascii: (bytes, given) => onlyOne(decodeAscii(bytes, { ...readerProtocols.ascii.defaults, ...given })),
  'id-12la': (bytes) => onlyOne(decodeId12la(bytes)),
  twn4: (bytes, given) => onlyOne(decodeTwn4(bytes, given)),
  pn532: (bytes) => onlyOne(decodePn532(bytes)),
  osdp: (bytes) => decodeReplies(bytes),
  'modbus-rtu': (bytes, given) => onlyOne(decodeModbus(bytes, { ...readerProtocols['modbus-rtu'].defaults, ...given })),
};

/**
 * The cards that a reader of this protocol would have told with these bytes, each once, as if they had just come from it.
 * Answers are taken for answers to a poll, several of them too; what else a reader or the gateway itself says passes.
 * What is not given in the settings is as such readers are delivered. Bytes that hold no card give an empty list.
 */
export function decodeBytes<N extends ReaderProtocolName>(
  name: N,
  bytes: Uint8Array,
  settings: Partial<ReaderSettings[N]> = {},
): CardRead[] {
  return decoders[name](bytes, settings);
}
