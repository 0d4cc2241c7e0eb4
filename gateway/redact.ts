import { createHmac, randomBytes } from 'node:crypto';
import { canonicalUid } from './domain/token.ts';

/** Takes out of texts what nobody else is to know. */
export interface Redactor {
  /** An OCPP frame: what is not known to be harmless is told by its length alone. */
  frame(text: string): string;
  /** A configuration, as JSON values. */
  settings(value: unknown): unknown;
  /** The last look at a whole text: known cards and secrets in it, whatever stands around them. */
  sweep(text: string): string;
}

/** Names of values that are told: states, measurements, times, makes, numbers of things. */
const HARMLESS = new Set(
  `status errorCode type timestamp measurand unit context phase format currentTime interval reason
  chargePointVendor chargePointModel firmwareVersion vendorName model connectorId evseId transactionId meterStart meterStop
  value valueFormat requestedMessage connectorStatus eventType triggerReason seqNo chargingState reservationId
  chargingProfilePurpose chargingProfileKind recurrencyKind chargingRateUnit listVersion updateType
  retrieveDate startTime stopTime stopReason expiryDate minChargingRate chargingSchedulePeriod startPeriod limit duration
  stackLevel chargingProfileId numberPhases retries retryInterval registrationStatus readonly
  host port level directory backupDirectory at timeZone country countryCode partyId city id currency standard powerType
  vendor firmware protocol visibility name unknownChargers unknownTokens concurrentUse localLists authorizationOrder offlineCards
  defaultProtocol walkIns maxVoltage maxAmperage maxPower tariffIds dayOfWeek certificate connector evse baud device latitude longitude`.split(
    /\s+/,
  ),
);

/** Names whose value is a card, or says who holds it. */
const CARD = /^(id_?tag|parent_?id_?tag|id_?token|uid|card|contract_?id|visual_?number|group_?id)$/i;

const SECRET = /pass|secret|token|key|pin$|code$|credential|auth|scbk|contract|uid|card/i;

/** Text that is one word or a few, as values of lists are; no free text. */
const PLAIN = /^[\w .:+\-/]{0,64}$/;

/** A configuration key of OCPP 1.6, told or written; what else has a `key` has a secret. */
const isSetting = (value: object): boolean => 'key' in value && ('value' in value || 'readonly' in value);

/** Knows these cards and secrets. Cards keep a name of their own within one redactor, so that they can be told apart. */
export function createRedactor(known: { cards: string[]; secrets: string[] }): Redactor {
  const salt = randomBytes(16);
  const cards = new Set(known.cards.map(canonicalUid).filter(({ length }) => length >= 4));
  // The longest first: one may be a part of another.
  const secrets = [...new Set(known.secrets)]
    .filter(({ length }) => length >= 4)
    .toSorted((a, b) => b.length - a.length);
  const digest = (kind: string, text: string): string =>
    `${kind}-${createHmac('sha256', salt).update(text).digest('hex').slice(0, 8)}`;
  const name = (card: string): string => digest('card', canonicalUid(card));

  function clean(value: unknown, key: string): unknown {
    if (value === null || typeof value === 'boolean') return value;
    if (CARD.test(key) && (typeof value === 'string' || typeof value === 'number')) return name(String(value));
    // In a vendor's own words: nobody knows which of them are harmless.
    if (key === 'data' || key === 'customData') return '<data>';
    if (Array.isArray(value)) return value.map((item) => clean(item, key));
    if (typeof value === 'object') return cleanObject(value, key === 'variableAttribute' || isSetting(value));
    const harmless = HARMLESS.has(key);
    if (typeof value === 'number') return (harmless || Math.abs(value) < 1e7) && !SECRET.test(key) ? value : '<number>';
    if (typeof value !== 'string') return '<unknown>';
    // A measured one is a number.
    const plain = key === 'value' ? /^-?[\d.]{1,20}$/ : PLAIN;
    return harmless && plain.test(value) ? value : `<text of ${value.length}>`;
  }

  function cleanObject(value: object, setting: boolean): object {
    const entries = Object.entries(value).map(([key, each]: [string, unknown]) => {
      const told = /^[A-Za-z_][\w-]{0,50}$/.test(key) ? key : `<name of ${key.length}>`;
      // A key or variable of a charger's configuration, with what it is set to.
      if (setting && key === 'key' && typeof each === 'string') return [told, PLAIN.test(each) ? each : '<text>'];
      if (setting && key === 'value') return [told, '<value>'];
      return [told, clean(each, key)];
    });
    return Object.fromEntries(entries) as object;
  }

  function frame(text: string): string {
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return `<no JSON, ${text.length} characters>`;
    }
    if (!Array.isArray(parsed)) return `<no frame, ${text.length} characters>`;
    const [type, id, ...rest] = parsed as unknown[];
    // An id may be anything; one and the same stays one, so that an answer is found.
    const told = [typeof type === 'number' ? type : '?', typeof id === 'string' ? digest('message', id) : '?'];
    // An action or an error's code; what is said beside it is free text.
    const cleaned = rest.map((part, index) =>
      index === 0 && typeof part === 'string' && /^[A-Za-z]{1,50}$/.test(part) ? part : clean(part, ''),
    );
    return JSON.stringify([...told, ...cleaned]);
  }

  function sweep(text: string): string {
    let swept = text;
    for (const secret of secrets) swept = swept.replaceAll(secret, '<secret>');
    return swept
      .replaceAll(/[A-Za-z0-9]+(?:[:-][A-Za-z0-9]+)+/g, (word) => (cards.has(canonicalUid(word)) ? name(word) : word))
      .replaceAll(/[A-Za-z0-9]{4,}/g, (word) => (cards.has(word.toUpperCase()) ? name(word) : word));
  }

  return { frame, settings: (value) => clean(value, ''), sweep };
}

/** Every secret that a configuration holds, by the names of its values. */
export function secretsIn(value: unknown, key = ''): string[] {
  if (value === null || typeof value === 'boolean') return [];
  if (typeof value === 'string' || typeof value === 'number')
    return SECRET.test(key) && !CARD.test(key) && !HARMLESS.has(key) ? [String(value)] : [];
  const items: [string, unknown][] = Array.isArray(value)
    ? value.map((item): [string, unknown] => [key, item])
    : Object.entries(value as object);
  return items.flatMap(([name, item]) => secretsIn(item, name));
}
