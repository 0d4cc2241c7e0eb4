import type { ConfigurationWords } from '../../gateway/domain/capabilities.ts';
import { configuration16 } from './v16/configuration.ts';
import { configuration201 } from './v201/configuration.ts';

/** What each protocol calls the configuration keys that the core acts on, by the name of its subprotocol. */
export const CONFIGURATION_WORDS: ReadonlyMap<string, ConfigurationWords> = new Map([
  ['ocpp1.6', configuration16],
  ['ocpp2.0.1', configuration201],
  ['ocpp2.1', configuration201],
]);
