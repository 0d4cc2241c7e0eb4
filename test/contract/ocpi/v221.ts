/** OCPI 2.2.1 (release-2.2.1-bugfixes), from the specification's tables. */
import { COMMANDS } from './commands.ts';
import * as is from './common.ts';

const price = is.strict({ excl_vat: is.number, incl_vat: is.opt(is.number) });
const standard = is.oneOf(is.CONNECTOR_TYPES);
const tokenType = is.oneOf('AD_HOC_USER APP_USER OTHER RFID');
const cdrToken = is.cdrTokenSchema(tokenType);
const connector = is.strict({ ...is.connectorFields, standard });
const evse = is.strict({
  ...is.evseFields,
  capabilities: is.many(is.capability),
  connectors: is.some(connector),
  parking_restrictions: is.many(is.oneOf('EV_ONLY PLUGGED DISABLED CUSTOMERS MOTORCYCLES')),
});
const tariff = is.strict({
  ...is.tariffFields(is.restrictionFieldsV221),
  min_price: is.opt(price),
  max_price: is.opt(price),
});

export const V221 = {
  ...COMMANDS,
  clientInfo: is.clientInfo,
  envelope: is.envelope,
  versions: is.versions,
  details: is.versionDetails(),
  credentials: is.strict({
    token: is.credentialsToken,
    url: is.url,
    roles: is.some(is.credentialsRole('CPO EMSP HUB NAP NSP OTHER SCSP')),
  }),
  connector,
  evse,
  location: is.strict({ ...is.locationFields, evses: is.many(evse) }),
  session: is.strict({ ...is.sessionFields, cdr_token: cdrToken, total_cost: is.opt(price) }),
  cdr: is.cdrSchema({ price, tariff, cdrToken, standard, plain: 512 }),
  tariff,
  token: is.tokenSchema(tokenType),
};
