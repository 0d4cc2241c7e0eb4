import type { ConfigurationWords } from '../../gateway/domain/capabilities.ts';
import { configuration16 } from './v16/configuration.ts';

/** What each protocol calls the configuration keys that the core acts on, by the name of its subprotocol. */
export const CONFIGURATION_WORDS: ReadonlyMap<string, ConfigurationWords> = new Map([['ocpp1.6', configuration16]]);
