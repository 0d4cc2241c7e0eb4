import { createExchange, type Inbound } from '../dispatch.ts';
import type { Protocol } from '../protocol.ts';
import { timeFormat } from '../times.ts';
import { authorization } from './authorization.ts';
import { availability } from './availability.ts';
import { firmware } from './firmware.ts';
import { TOKEN_LIMIT } from './id-tokens.ts';
import { liveTime } from './live-times.ts';
import { notices } from './notices.ts';
import { asksFor, decodeAnswer, encodeOrder } from './orders.ts';
import { passwordIn } from './passwords.ts';
import { provisioning } from './provisioning.ts';
import { reports } from './reports.ts';
import { reservations } from './reservations.ts';
import { security } from './security.ts';
import type { Handlers } from './table.ts';
import { transactions } from './transactions.ts';
import { vendorData } from './vendor-data.ts';
import { VOCABULARY } from './vocabulary.ts';

const HANDLERS: Handlers = {
  ...provisioning,
  ...authorization,
  ...availability,
  ...transactions,
  ...reservations,
  ...reports,
  ...firmware,
  ...security,
  ...vendorData,
  ...notices,
};

/** What a charger sends before it is accepted: its boot, and what it answers to orders with (OCPP 2.0.1 part 2, generic FR.05). */
const SAID_BEFORE = [
  'BootNotification',
  'NotifyReport',
  'NotifyMonitoringReport',
  'NotifyCustomerInformation',
  'NotifyDisplayMessages',
  'ReportChargingProfiles',
  'LogStatusNotification',
  'FirmwareStatusNotification',
  'PublishFirmwareStatusNotification',
] as const;

/** What 2.0.1 and 2.1 take in alike. */
export const inbound201: Inbound = {
  schemas: 'ocpp2_0_1.json',
  vocabulary: VOCABULARY,
  handlers: HANDLERS,
  // As OCPP-J 2.0.1 §4.3 spells them.
  codes: {
    required: 'OccurrenceConstraintViolation',
    type: 'TypeConstraintViolation',
    other: 'FormatViolation',
    unknown: 'NotImplemented',
  },
  unaccepted: { code: 'SecurityError', except: SAID_BEFORE },
  liveTime,
  acknowledge: async () => ({}),
  bothWays: ['DataTransfer'],
};

/** OCPP 2.0.1: EVSEs with connectors, transactions under the charger's own id, a device model instead of keys. */
export const v201: Protocol = {
  name: 'ocpp2.0.1',
  malformedCode: 'RpcFrameworkError',
  // OCPP-J 2.0.1 §4.4.
  unknownTypeCode: 'MessageTypeNotSupported',
  unconfirmed: false,
  tokenLimit: TOKEN_LIMIT,
  // A password is text (OCPP 2.0.1 part 2, A00.FR.205, BasicAuthPassword).
  keyForm: 'hex',
  // ReservationStatusUpdate (H04).
  tellsReservationEnds: true,
  // A status is of a connector that is named (F06.FR.12).
  tellsWholeStatus: false,
  // By number, EVSE, purpose or stack level at least (K10.FR.02).
  clearsAllLimits: false,
  ...createExchange(inbound201),
  asksFor,
  passwordIn,
  encode: (order, quirks) => encodeOrder(order, timeFormat(quirks)),
  decode: decodeAnswer,
};
