import type { PeerQuirk } from './peer-quirks.ts';
import type { EvseStatus } from './status.ts';
import type { Cost, Decimal, Period, Tariff } from './tariff.ts';
import type { Millis } from './time.ts';

/** May a charger work here? `pending` waits for the operator; `rejected` was refused by them. */
export type Registration = 'accepted' | 'pending' | 'rejected';

/** Who a row belongs to: the config file (read-only elsewhere) or the running site. */
export type Origin = 'config' | 'site';

/** The box on the wall. */
export interface Charger {
  id: string;
  origin: Origin;
  registration: Registration;
  protocol: string | null;
  vendor: string | null;
  model: string | null;
  serial: string | null;
  firmware: string | null;
  bootedAt: Millis | null;
  lastSeenAt: Millis | null;
  /** Status of the whole box (1.6 connector 0); null when it never said. */
  status: EvseStatus | null;
  updatedAt: Millis;
}

/** One simultaneous charge; `evse` counts from 1. */
export interface Evse {
  chargerId: string;
  evse: number;
  /** OCPI EVSE.uid: given once, never changed, never reused. */
  uid: string;
  /** eMI3 id, for people and roaming. */
  evseId: string;
  status: EvseStatus | null;
  errorCode: string | null;
  statusAt: Millis | null;
  /** Lifetime import register at its last reading, Wh. */
  meterWh: number | null;
  removed: boolean;
  createdAt: Millis;
  updatedAt: Millis;
}

export type PowerType = 'AC_1_PHASE' | 'AC_2_PHASE' | 'AC_2_PHASE_SPLIT' | 'AC_3_PHASE' | 'DC';

/** Socket or cable under an EVSE. Volts are line to neutral for AC_3_PHASE (OCPI 2.3.0 mod_locations Connector). */
export interface Connector {
  chargerId: string;
  evse: number;
  connector: number;
  standard: string;
  format: 'SOCKET' | 'CABLE';
  powerType: PowerType;
  maxVoltage: number;
  maxAmperage: number;
  /** W; null when it is the product of volts and amperes. */
  maxPower: number | null;
  /** Tariffs that may apply, one of each type and time; none: charging is free. */
  tariffIds: string[];
  updatedAt: Millis;
}

export type TokenType = 'RFID' | 'APP_USER' | 'AD_HOC_USER' | 'OTHER' | 'EMAID';
export type Whitelist = 'ALWAYS' | 'ALLOWED' | 'ALLOWED_OFFLINE' | 'NEVER';

/** A card or app identity and whose customer it is. `peer` null: the site's own list. */
export interface Token {
  countryCode: string;
  partyId: string;
  uid: string;
  type: TokenType;
  peer: string | null;
  origin: Origin;
  contractId: string;
  visualNumber: string | null;
  issuer: string;
  groupId: string | null;
  valid: boolean;
  whitelist: Whitelist;
  language: string | null;
  expiresAt: Millis | null;
  payment: string | null;
  /** For a peer's token: the peer's own last_updated; for a site token ours. */
  updatedAt: Millis;
}

/** A token as it was used, kept with sessions and CDRs whatever becomes of the token later. */
export interface TokenUse {
  countryCode: string;
  partyId: string;
  uid: string;
  type: TokenType;
  contractId: string;
}

export type AuthMethod = 'WHITELIST' | 'AUTH_REQUEST' | 'COMMAND';

/** `not-here`: its owner does not let it charge at this EVSE. */
export type Verdict = 'accepted' | 'blocked' | 'expired' | 'invalid' | 'concurrent' | 'no-credit' | 'not-here';

/**
 * Who decided: the site's own list, what peers told of their tokens, a peer asked just now, the rules for when none can be
 * asked, the rules for unknown cards, a peer's command.
 */
export type DecisionSource = 'reservation' | 'site-list' | 'peer-list' | 'real-time' | 'offline' | 'policy' | 'command';

/** Verdict on a token, with its reason and where it came from. */
export interface Authorization {
  verdict: Verdict;
  source: DecisionSource;
  token: Token | null;
  /** What a person has to know of it, beyond the verdict. */
  reason?: string;
  /** What its owner calls this decision (OCPI 2.3.0 mod_tokens AuthorizationInfo authorization_reference). */
  reference?: string;
  /** OCPI uids of the EVSEs at which its owner lets it charge; absent: at every one. */
  evseUids?: string[];
}

/** What the charger measured. Times `…ReportedAt` are the charger's clock, `…ReceivedAt` ours. */
export interface Transaction {
  seq: number;
  id: string;
  wireId: string;
  chargerId: string;
  evse: number;
  connector: number;
  /** As the charger sent it. */
  tokenUid: string;
  startReportedAt: Millis;
  startReceivedAt: Millis;
  meterStart: number;
  stopReportedAt: Millis | null;
  stopReceivedAt: Millis | null;
  meterStop: number | null;
  stopReason: string | null;
  /** True where the stop was concluded by us, not reported. */
  stopEstimated: boolean;
}

/** One instant's readings in base units; null where not reported. `values` keeps everything the charger said. */
export interface Sample {
  reportedAt: Millis;
  context: string | null;
  /** Import register of the meter, Wh. */
  energyWh: number | null;
  powerW: number | null;
  /** Sum over the phases, mA. */
  currentMa: number | null;
  socPercent: number | null;
  values: SampledValue[];
}

/** A reading as reported; what was absent stays absent. Signed data is kept to the byte. */
export interface SampledValue {
  value: string;
  measurand?: string;
  unit?: string;
  phase?: string;
  location?: string;
  context?: string;
  format?: string;
}

/** A reading with the meter's own signature, to the letter (OCPP format SignedData). */
export interface SignedReading {
  /** The charger's clock. */
  reportedAt: Millis;
  value: string;
  context: string | null;
  measurand: string | null;
}

export type SessionStatus = 'PENDING' | 'RESERVATION' | 'ACTIVE' | 'COMPLETED' | 'INVALID';

/** The commercial story: who used which EVSE, how much, what it costs so far. */
export interface Session {
  seq: number;
  id: string;
  status: SessionStatus;
  transactionId: string | null;
  chargerId: string;
  evse: number;
  connector: number;
  token: TokenUse;
  /** Peer whose token it is; null for the site's own. */
  peer: string | null;
  authMethod: AuthMethod;
  authorizationReference: string | null;
  startedAt: Millis;
  endedAt: Millis | null;
  energyWh: number;
  currency: string;
  tariff: Tariff | null;
  periods: Period[];
  cost: Cost | null;
  /** Where, as it was at the start. */
  place: SessionPlace;
  /** At which it is stopped; absent: nothing is set. */
  limit?: SessionLimit;
  /** The quote that its driver accepted. */
  quoteId?: string;
  updatedAt: Millis;
}

/** What a session may come to. */
export interface SessionLimit {
  /** With taxes, in the session's currency. */
  cost?: Decimal;
  energyWh?: number;
}

/** Where a charge took place, as it was at the start. */
export interface SessionPlace {
  siteId: string;
  siteName: string | null;
  address: string;
  city: string;
  postalCode: string | null;
  state: string | null;
  country: string;
  latitude: string;
  longitude: string;
  timeZone: string;
  evseUid: string;
  evseId: string;
  connector: number;
  standard: string;
  format: 'SOCKET' | 'CABLE';
  powerType: PowerType;
  /** Volt and ampere; not there in places that were kept before these were. */
  maxVoltage?: number;
  maxAmperage?: number;
}

/** Bill line: frozen when its session ends, never changed after. */
export interface Cdr {
  seq: number;
  id: string;
  sessionId: string;
  peer: string | null;
  chargerId: string;
  startedAt: Millis;
  endedAt: Millis;
  token: TokenUse;
  authMethod: AuthMethod;
  authorizationReference: string | null;
  place: SessionPlace;
  currency: string;
  tariff: Tariff | null;
  periods: Period[];
  energyWh: number;
  /** Seconds of the whole session. */
  seconds: number;
  parkingSeconds: number;
  cost: Cost;
  remark: string | null;
  /** Id of the bill line that this one takes back: it is a credit, its amounts are those with the sign turned. */
  creditOf?: string;
  /** Id of the bill line that this one stands for after that was taken back. */
  corrects?: string;
  updatedAt: Millis;
}

export type Visibility = 'all' | 'own';
export type PeerState = 'unregistered' | 'invited' | 'registered';

export interface PeerParty {
  countryCode: string;
  partyId: string;
  role: string;
}

export interface PeerEndpoint {
  identifier: string;
  role: 'SENDER' | 'RECEIVER';
  url: string;
}

/** An OCPI connection. Its inbound token is kept as a hash only. */
export interface Peer {
  name: string;
  origin: Origin;
  state: PeerState;
  visibility: Visibility;
  version: string | null;
  versionsUrl: string | null;
  parties: PeerParty[];
  endpoints: PeerEndpoint[];
  quirks: PeerQuirk[];
  updatedAt: Millis;
}

/** Something that could not be applied, kept with its reason for the operator (law 1). */
export interface QuarantineEntry {
  id: number;
  chargerId: string;
  action: string;
  reason: string;
  payload: string;
  receivedAt: Millis;
}
