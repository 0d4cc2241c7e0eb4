import Type from 'typebox';
import type { Static, TSchema } from 'typebox';
import { PEER_QUIRKS } from '../../gateway/domain/peer-quirks.ts';
import { EVSE_STATUSES } from '../../gateway/domain/status.ts';
import { SITE_NOW } from './status-schemas.ts';

/** A field that may be null. */
function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

const Text = Type.String();
const Time = Type.String({ description: 'RFC 3339, UTC' });
const Wh = Type.Integer({ description: 'watt-hours' });
const Kwh = Type.Number({ description: 'kilowatt-hours, at most three decimals' });
const Decimal = Type.String({ description: 'exact decimal, as text', pattern: '^-?[0-9]+(\\.[0-9]+)?$' });

/** Every refusal has this shape. */
export const ErrorBody = Type.Object(
  { code: Text, message: Text, problems: Type.Optional(Type.Array(Text)) },
  { description: 'What happened and what to do; the codes are explained in docs/errors.md' },
);
export type ErrorBody = Static<typeof ErrorBody>;

export const ConnectorBody = Type.Object({
  connector: Type.Integer(),
  standard: Text,
  format: Text,
  powerType: Text,
  maxVoltage: Type.Integer(),
  maxAmperage: Type.Integer(),
  maxPower: nullable(Type.Integer({ description: 'W; null: volts times amperes' })),
  tariffIds: Type.Array(Text),
});

export const EvseBody = Type.Object({
  evse: Type.Integer({ description: 'from 1' }),
  uid: Text,
  evseId: Text,
  status: Type.Enum([...EVSE_STATUSES, 'Unknown']),
  errorCode: nullable(Text),
  statusAt: nullable(Time),
  meterWh: nullable(Wh),
  removed: Type.Boolean(),
  transactionId: nullable(Text),
  connectors: Type.Array(ConnectorBody),
});
export type EvseBody = Static<typeof EvseBody>;

export const QuirksBody = Type.Object({
  known: Type.Array(Text, { description: 'what is known of its make, by name' }),
  flags: Type.Object(
    {
      protocol: nullable(Text),
      pingInterval: nullable(Type.Integer()),
      callPause: nullable(Type.Integer()),
      quietAfterBoot: nullable(Type.Integer()),
      halfDuplex: nullable(Type.Boolean()),
      fractionalSeconds: nullable(Type.Boolean()),
      clockOffset: nullable(Type.Integer()),
      energyUnit: nullable(Text),
      triggers: nullable(Type.Boolean()),
      provisioning: nullable(Type.Boolean()),
      allKeysOnly: nullable(Type.Boolean()),
    },
    { description: 'what goes for it; null: as for any charger' },
  ),
});

export const ChargerBody = Type.Object({
  id: Text,
  origin: Type.Enum(['config', 'site']),
  registration: Type.Enum(['accepted', 'pending', 'rejected']),
  connected: Type.Boolean(),
  connectedSince: nullable(Time),
  lastSeenAt: nullable(Time),
  bootedAt: nullable(Time),
  protocol: nullable(Text),
  vendor: nullable(Text),
  model: nullable(Text),
  serial: nullable(Text),
  firmware: nullable(Text),
  status: nullable(Text),
  evses: Type.Array(EvseBody),
  deviations: Type.Array(
    Type.Object({ code: Text, count: Type.Integer(), firstSeenAt: Time, lastSeenAt: Time, sample: Text }),
  ),
  quirks: QuirksBody,
  updatedAt: Time,
});
export type ChargerBody = Static<typeof ChargerBody>;

export const CostBody = Type.Object({ currency: Text, beforeTaxes: Decimal, afterTaxes: Decimal });
export type CostBody = Static<typeof CostBody>;

export const TransactionBody = Type.Object({
  id: Text,
  wireId: Type.String({ description: 'as the charger knows it' }),
  chargerId: Text,
  evse: Type.Integer(),
  connector: Type.Integer(),
  tokenUid: Text,
  startedAt: Type.String({ description: "RFC 3339, UTC, by the charger's clock" }),
  startReceivedAt: Time,
  stoppedAt: nullable(Time),
  stopReceivedAt: nullable(Time),
  stopReason: nullable(Text),
  stopEstimated: Type.Boolean({ description: 'the stop was concluded by the gateway, not reported' }),
  stopPendingSince: nullable(
    Type.String({ description: 'RFC 3339, UTC: the EVSE has been done since then, and the charger owes the stop' }),
  ),
  meterStart: Wh,
  meterStop: nullable(Wh),
});
export type TransactionBody = Static<typeof TransactionBody>;

export const SignedReadingBody = Type.Object({
  reportedAt: Type.String({ description: "RFC 3339, UTC, by the charger's clock" }),
  context: nullable(Type.String({ description: 'Transaction.Begin, Transaction.End, …' })),
  measurand: nullable(Text),
  value: Type.String({ description: 'to the letter: a signature holds for nothing else' }),
});
export type SignedReadingBody = Static<typeof SignedReadingBody>;

export const SessionBody = Type.Object({
  id: Text,
  status: Type.Enum(['PENDING', 'RESERVATION', 'ACTIVE', 'COMPLETED', 'INVALID']),
  transactionId: nullable(Text),
  chargerId: Text,
  evse: Type.Integer(),
  connector: Type.Integer(),
  tokenUid: Text,
  contractId: Text,
  peer: nullable(Type.String({ description: "whose token it is; null: the site's own" })),
  authMethod: Text,
  startedAt: Time,
  endedAt: nullable(Time),
  kwh: Kwh,
  tariffId: nullable(Text),
  cost: nullable(CostBody),
  limit: nullable(
    Type.Object({ cost: Type.Optional(Text), kwh: Type.Optional(Text) }, { description: 'at which it is stopped' }),
  ),
  quoteId: nullable(Type.String({ description: 'the offer that its driver accepted' })),
  updatedAt: Time,
});
export type SessionBody = Static<typeof SessionBody>;

export const RunningBody = Type.Object({
  ...SessionBody.properties,
  powerW: nullable(Type.Number({ description: 'W, as the charger last reported' })),
  socPercent: nullable(Type.Number()),
});
export type RunningBody = Static<typeof RunningBody>;

export const CdrBody = Type.Object({
  id: Text,
  sessionId: Text,
  chargerId: Text,
  evseId: Text,
  connector: Type.Integer(),
  tokenUid: Text,
  contractId: Text,
  peer: nullable(Text),
  startedAt: Time,
  endedAt: Time,
  kwh: Kwh,
  seconds: Type.Integer(),
  parkingSeconds: Type.Integer(),
  tariffId: nullable(Text),
  cost: CostBody,
  remark: nullable(Text),
  creditOf: nullable(
    Type.String({ description: 'id of the bill line that this one takes back: its amounts are below 0' }),
  ),
  corrects: nullable(
    Type.String({ description: 'id of the bill line that this one stands for since that was taken back' }),
  ),
  updatedAt: Time,
});
export type CdrBody = Static<typeof CdrBody>;

export const PeerBody = Type.Object({
  name: Text,
  origin: Type.Enum(['config', 'site']),
  state: Type.Enum(['unregistered', 'invited', 'registered']),
  visibility: Type.Enum(['all', 'own']),
  version: nullable(Text),
  versionsUrl: nullable(Text),
  parties: Type.Array(Type.Object({ countryCode: Text, partyId: Text, role: Text })),
  endpoints: Type.Array(Type.Object({ identifier: Text, role: Text, url: Text })),
  handshake: nullable(
    Type.Object(
      { kind: Type.Enum(['register', 'rotate']), since: Time },
      { description: 'one that we began and that it has not answered: repeat it' },
    ),
  ),
  quirks: Type.Array(Type.Enum([...PEER_QUIRKS]), { description: 'how it is handled beyond what its version says' }),
  lastSeenAt: nullable(Time),
  push: Type.Object(
    {
      state: Type.Enum(['idle', 'up', 'down', 'refusing']),
      since: nullable(Time),
      problem: nullable(Text),
      nextAttemptAt: nullable(Time),
    },
    { description: 'how it goes with telling it things; refusing: it does not know our token' },
  ),
  outbox: Type.Object({
    waiting: Type.Integer({ description: 'objects that it has not been told yet' }),
    dead: Type.Integer({ description: 'objects that it refuses' }),
    since: nullable(Time),
  }),
  updatedAt: Time,
});
export type PeerBody = Static<typeof PeerBody>;

export const TokenBody = Type.Object({
  uid: Text,
  type: Type.Enum(['RFID', 'APP_USER', 'AD_HOC_USER', 'OTHER', 'EMAID']),
  origin: Type.Enum(['config', 'site']),
  peer: nullable(Text),
  countryCode: Text,
  partyId: Text,
  contractId: Text,
  visualNumber: nullable(Text),
  issuer: Text,
  groupId: nullable(Text),
  valid: Type.Boolean(),
  whitelist: Text,
  language: nullable(Text),
  expiresAt: nullable(Time),
  payment: nullable(Text),
  weak: Type.Boolean({
    description: 'a card with a number of four bytes or fewer: easily copied, and not the only one',
  }),
  updatedAt: Time,
});
export type TokenBody = Static<typeof TokenBody>;

export const RefusalBody = Type.Object({
  at: Time,
  chargerId: Type.String(),
  uid: Type.String({ description: 'as the charger sent it' }),
  verdict: Type.String({ description: 'blocked, expired, invalid or concurrent' }),
});
export type RefusalBody = Static<typeof RefusalBody>;

export const QuarantineBody = Type.Object({
  id: Type.Integer(),
  chargerId: Text,
  action: Text,
  reason: Text,
  payload: Type.String({ description: 'as the charger sent it' }),
  count: Type.Integer({ description: 'how often the same message came' }),
  receivedAt: Time,
});
export type QuarantineBody = Static<typeof QuarantineBody>;

export const FrameBody = Type.Object({
  at: Time,
  direction: Type.Enum(['in', 'out']),
  text: Type.String({ description: 'the raw frame' }),
});
export type FrameBody = Static<typeof FrameBody>;

export const FirmwareBody = Type.Object({
  name: Text,
  bytes: Type.Integer(),
  sha256: Type.String({ description: 'hexadecimal' }),
  addedAt: Time,
});
export type FirmwareBody = Static<typeof FirmwareBody>;

export const LogBody = Type.Object({
  id: Type.Integer(),
  chargerId: Text,
  transferId: nullable(Type.Integer()),
  kind: Type.Enum(['diagnostics', 'security-log']),
  name: Type.String({ description: 'as the charger named it, made safe' }),
  bytes: Type.Integer(),
  sha256: Type.String({ description: 'hexadecimal' }),
  receivedAt: Time,
});
export type LogBody = Static<typeof LogBody>;

export const TransferBody = Type.Object({
  id: Type.Integer(),
  chargerId: Text,
  kind: Type.Enum(['firmware', 'diagnostics', 'security-log']),
  file: nullable(Type.String({ description: 'image, log, or an address elsewhere' })),
  status: nullable(Type.String({ description: 'as the charger said it; null: it has said nothing yet' })),
  progress: Type.Enum(['open', 'done', 'failed']),
  bytes: nullable(Type.Integer({ description: 'of the whole file, once it was handed over' })),
  ordered: Type.Boolean({ description: 'false: the charger reports what nobody here asked for' }),
  requestedAt: Time,
  updatedAt: Time,
});
export type TransferBody = Static<typeof TransferBody>;

/** What became of an order that moves a file. */
export const OrderedBody = Type.Object({
  answer: Type.Unknown({ description: "the charger's answer, as it gave it" }),
  transfer: nullable(Type.Integer({ description: 'id of the transfer' })),
});
export type OrderedBody = Static<typeof OrderedBody>;

export const StatusBody = Type.Object({
  version: Text,
  now: Time,
  startedAt: Time,
  uptimeSeconds: Type.Integer(),
  site: Type.Object({ id: Text, name: nullable(Text), city: Text, country: Text, timeZone: Text }),
  urls: Type.Object({
    ocpp: nullable(Type.String({ description: 'what a charger is pointed at, without its id' })),
    ocpps: nullable(Type.String({ description: 'the same with TLS; null: there is none' })),
    ocpi: nullable(Type.String({ description: 'what a peer is given' })),
  }),
  unknownChargers: Type.Enum(['accept', 'pending', 'reject']),
  counts: Type.Object({
    chargers: Type.Integer(),
    connected: Type.Integer(),
    pending: Type.Integer(),
    evses: Type.Integer(),
    occupied: Type.Integer({ description: 'EVSEs with an open transaction' }),
    peers: Type.Integer(),
  }),
  storage: Type.Object({
    fault: nullable(Text),
    commits: Type.Integer(),
    writes: Type.Integer(),
    waiting: Type.Integer(),
  }),
  ready: Type.Boolean(),
  reasons: Type.Array(Text),
  warnings: Type.Array(Text),
  ...SITE_NOW,
});
export type StatusBody = Static<typeof StatusBody>;

/** A page of a list, newest first. */
export interface ListBody<T> {
  items: T[];
  /** The `cursor` of the page that follows; null on the last. */
  next: string | null;
}

/** Schema of a page of a list. */
export function listOf<T extends TSchema>(items: T) {
  return Type.Object({ items: Type.Array(items), next: nullable(Text) });
}
