import type { ReaderSettings } from '../gateway/domain/readers.ts';
import type { ConfigDocument } from './schema.ts';

type DescribedReader = ConfigDocument['readers'][number];

/** A reader line in the domain's words: what is not given is left out. */
export function toReader(given: DescribedReader): ReaderSettings {
  const { id, protocol, path, baudRate, dataBits, parity, stopBits, places, osdp, modbusRtu } = given;
  const single = protocol === 'osdp' ? osdp?.readers : protocol === 'modbus-rtu' ? modbusRtu?.readers : [];
  return {
    id,
    protocol,
    path,
    serial: {
      ...(baudRate !== null && { baudRate }),
      ...(dataBits !== null && { dataBits: dataBits === 7 ? 7 : 8 }),
      ...(parity !== null && { parity }),
      ...(stopBits !== null && { stopBits: stopBits === 2 ? 2 : 1 }),
    },
    options: optionsOf(given),
    places,
    placesOf: (single ?? []).map((each) => ({ address: each.address, places: each.places })),
  };
}

function optionsOf({ protocol, ascii, twn4, modbusRtu, osdp }: DescribedReader): Record<string, unknown> {
  if (protocol === 'ascii' && ascii)
    return given({ ...ascii, start: ascii.start ?? '', prefix: ascii.prefix ?? '', suffix: ascii.suffix ?? '' }, [
      'end',
    ]);
  if (protocol === 'twn4' && twn4) return { ...twn4 };
  if (protocol === 'modbus-rtu' && modbusRtu) {
    const { readers, register, count, lengthRegisters, greenCoil, redCoil, buzzerCoil } = modbusRtu;
    return {
      ...(readers.length > 0 && { addresses: readers.map(({ address }) => address) }),
      register,
      count,
      ...(lengthRegisters.length > 0 && { lengthRegisters }),
      coils: { green: greenCoil, red: redCoil, buzzer: buzzerCoil },
    };
  }
  if (protocol !== 'osdp' || !osdp) return {};
  const readers = osdp.readers.map(({ address, key, install, secureOnly }) => ({
    address,
    key,
    install,
    ...(secureOnly !== null && { secureOnly }),
  }));
  return { check: osdp.check, mark: osdp.mark, readers };
}

/** Without those of the named keys that are null. */
function given(all: Record<string, unknown>, keys: string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(all).filter(([key, value]) => value !== null || !keys.includes(key)));
}
