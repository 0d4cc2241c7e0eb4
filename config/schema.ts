import { Type, type Static } from 'typebox';
import type { CamelKeys } from './names.ts';
import { bookings } from './schema-bookings.ts';
import { authorization, consoleSection, log, ocpi, ocpp, storage } from './schema-daemon.ts';
import { mqtt } from './schema-mqtt.ts';
import { openData } from './schema-open-data.ts';
import { charger, defaultConnector, model, peer, site, token } from './schema-depot.ts';
import { reader } from './schema-readers.ts';
import { tariff } from './schema-tariff.ts';
import { upkeep } from './schema-upkeep.ts';

/** The configuration file, whole: types, defaults, validation and reference page all come from here. */
export const configSchema = Type.Object({
  site,
  ocpp,
  ocpi,
  'open-data': openData,
  console: consoleSection,
  mqtt,
  storage,
  authorization,
  bookings,
  upkeep,
  log,
  'default-connector': defaultConnector,
  chargers: Type.Array(charger, {
    default: [],
    description: 'Chargers known beforehand. They belong to this file and are read-only elsewhere.',
  }),
  models: Type.Array(model, { default: [], description: 'What goes for every charger of a make.' }),
  tariffs: Type.Array(tariff, { default: [], description: 'What charging costs.' }),
  tokens: Type.Array(token, { default: [], description: "The site's own cards and apps." }),
  readers: Type.Array(reader, { default: [], description: 'Card readers on serial ports of this machine.' }),
  peers: Type.Array(peer, {
    default: [],
    description: 'Upstream OCPI parties provisioned without the credentials handshake.',
  }),
});

/** A checked document: every default filled in, secrets read from their files, keys in camelCase. */
export type ConfigDocument = CamelKeys<Static<typeof configSchema>>;
