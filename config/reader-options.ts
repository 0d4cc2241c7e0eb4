import { Check } from 'typebox/schema';
import { parseYaml } from './document.ts';
import { camelKeys } from './names.ts';
import { reader } from './schema-readers.ts';
import { toReader } from './settings-readers.ts';
import { walkDocument } from './walk.ts';

/** A reader's own settings, read alone. */
export interface ReadOptions {
  /** In the protocol's own words, as a reader of the configuration carries them; whatever they are when there are problems. */
  options: Record<string, unknown>;
  /** A sentence each; none: they can be used. */
  problems: string[];
}

/** Reads what the configuration may say of a reader under the name of its protocol; JSON, or YAML. */
export function readReaderOptions(protocol: string, text: string): ReadOptions {
  if (!Object.hasOwn(reader.properties, protocol))
    return { options: {}, problems: [`nothing can be set of ${protocol} readers`] };
  const yaml = parseYaml(`id: it\nprotocol: ${protocol}\npath: /\n${protocol}:\n${indented(text)}`);
  if (yaml.fault) return { options: {}, problems: [yaml.fault.message] };
  const { value, faults } = walkDocument(reader, yaml, () => {
    throw new Error('files are not read here');
  });
  if (faults.length > 0) return { options: {}, problems: faults.map(({ path, message }) => `${path} ${message}`) };
  if (!Check(reader, value)) throw new Error('what was read does not fit the schema it was read by');
  return { options: toReader(camelKeys(value)).options, problems: [] };
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
