import { asList, asRecord } from './wire.ts';

type Payload = Record<string, unknown>;

/** A known deviation of real chargers: a pure change to what goes out. */
interface Quirk {
  payload?: (action: string, payload: Payload) => Payload;
  text?: (text: string) => string;
}

/** Deviations by name; the number is that of the project's list of charger quirks. */
const QUIRKS = {
  'Q16-leading-comma': { text: (text) => text.replace(/^\[2,/, '[,2,') },
  'Q18-numeric-values': { payload: (action, payload) => mapSamples(action, payload, numericValue) },
  'Q19-unknown-error-code': {
    payload: (action, payload) => (action === 'StatusNotification' ? { ...payload, errorCode: 'Error' } : payload),
  },
  'Q20-long-info': {
    payload: (action, payload) => (action === 'StatusNotification' ? { ...payload, info: 'x'.repeat(80) } : payload),
  },
  'Q21-empty-strings': {
    payload: (action, payload) =>
      action === 'BootNotification' ? { ...payload, iccid: '', imsi: '', meterType: '' } : payload,
  },
  'Q22-extra-properties': { payload: (_action, payload) => ({ ...payload, vendorExtra: { level: 1 } }) },
  'Q23-null-payload': {
    text: (text) => text.replace(/^(\[2,"[^"]+","Heartbeat"),\{\}\]$/, '$1,null]'),
  },
  'Q32-no-zone': { payload: (_action, payload) => mapTimes(payload, (time) => time.replace(/Z$/, '')) },
  'Q33-year-1970': {
    payload: (_action, payload) => mapTimes(payload, (time) => time.replace(/^\d{4}-\d\d-\d\d/, '1970-01-01')),
  },
  'Q36-transaction-id-zero': {
    payload: (action, payload) =>
      action === 'MeterValues' && 'transactionId' in payload ? { ...payload, transactionId: 0 } : payload,
  },
  'Q42-no-stop-reason': {
    payload: (action, payload) => (action === 'StopTransaction' ? without(payload, ['reason', 'idTag']) : payload),
  },
  'Q49-colons-in-card': {
    payload: (_action, payload) =>
      typeof payload['idTag'] === 'string'
        ? { ...payload, idTag: payload['idTag'].replace(/(..)(?=.)/g, '$1:') }
        : payload,
  },
  'Q51-kwh-register': { payload: (action, payload) => mapSamples(action, payload, kilowattHours) },
  'Q54-no-meter-id': {
    payload: (action, payload) => (action === 'MeterValues' ? without(payload, ['transactionId']) : payload),
  },
} as const satisfies Record<string, Quirk>;

export type QuirkName = keyof typeof QUIRKS;

/** Every quirk's name. */
export const QUIRK_NAMES: readonly string[] = Object.keys(QUIRKS);

function quirkOf(name: QuirkName): Quirk {
  return QUIRKS[name];
}

/** The payload as a charger with these quirks sends it; the original is left alone. */
export function applyQuirks(names: readonly QuirkName[], action: string, payload: Payload): Payload {
  return names.reduce((changed, name) => quirkOf(name).payload?.(action, changed) ?? changed, payload);
}

/** The frame as a charger with these quirks sends it. */
export function transformText(names: readonly QuirkName[], text: string): string {
  return names.reduce((changed, name) => quirkOf(name).text?.(changed) ?? changed, text);
}

function without(payload: Payload, names: string[]): Payload {
  return Object.fromEntries(Object.entries(payload).filter(([name]) => !names.includes(name)));
}

function mapSamples(action: string, payload: Payload, change: (value: Payload) => Payload): Payload {
  if (action !== 'MeterValues') return payload;
  const meterValue = asList(payload['meterValue']).map((each) => {
    const entry = asRecord(each);
    return { ...entry, sampledValue: asList(entry['sampledValue']).map((value) => change(asRecord(value))) };
  });
  return { ...payload, meterValue };
}

function numericValue(value: Payload): Payload {
  return { ...value, value: Number(value['value']) };
}

function kilowattHours(value: Payload): Payload {
  if (value['unit'] !== 'Wh') return value;
  return { ...value, unit: 'kWh', value: (Number(value['value']) / 1000).toFixed(3) };
}

function mapTimes(payload: Payload, change: (time: string) => string): Payload {
  const walk = (value: unknown, name: string): unknown => {
    if (name === 'timestamp' && typeof value === 'string') return change(value);
    if (Array.isArray(value)) return value.map((each) => walk(each, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each, key)]));
  };
  return asRecord(walk(payload, ''));
}
