import { isSecretKey, SECRET_KEYS } from './domain/configuration.ts';

/** A key whose value is nobody's business, in quotes; chargers do not all mind the case (Q59). */
const SECRET_KEY = `"[^"]*(?:${SECRET_KEYS.source})[^"]*"`;
const BETWEEN = '\\s*,\\s*(?:"readonly"\\s*:\\s*\\w+\\s*,\\s*)?';

const SECRETS = new RegExp(`(${SECRET_KEY}${BETWEEN}"value"\\s*:\\s*")(?:[^"\\\\]|\\\\.)*`, 'gi');

/** The same with the value first. */
const SECRETS_BEFORE = new RegExp(
  `("value"\\s*:\\s*")(?:[^"\\\\]|\\\\.)*("${BETWEEN}"key"\\s*:\\s*${SECRET_KEY})`,
  'gi',
);

/** A link of the gateway's own to firmware or for a log: who knows it may use it. */
const LINKS = /(\/files\/)[A-Za-z0-9_-]{43}/g;

/** Words that stand in every text with a secret in it; what is escaped may be any of them. */
const MAY_HOLD = new RegExp(`${SECRET_KEYS.source}|"vpn"|\\\\u`, 'i');

/** Where a value can stand, in a text that is no JSON. */
const BROKEN = new RegExp(
  `("(?:value|attributeValue|actualValue|key|[^"]*(?:${SECRET_KEYS.source})[^"]*)"\\s*:\\s*)(?:"(?:[^"\\\\]|\\\\.)*"?|[\\d.eE+-]+)`,
  'gi',
);

const MASK = '***';

/** What a variable of the device model holds stands under one of these. */
const VALUES = ['attributeValue', 'actualValue', 'value'];

/** Hides the passwords that OCPP carries in configuration calls, and links to files; all else stays as it was written. */
export function maskSecrets(frame: string): string {
  const text = frame.includes('/files/') ? frame.replace(LINKS, `$1${MASK}`) : frame;
  if (!MAY_HOLD.test(text)) return text;
  const plain = text.replace(SECRETS, `$1${MASK}`).replace(SECRETS_BEFORE, `$1${MASK}$2`);
  const parsed = parse(plain);
  if (parsed === null) return plain.replace(BROKEN, `$1"${MASK}"`);
  return conceal(parsed.value) ? JSON.stringify(parsed.value) : plain;
}

function parse(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return null;
  }
}

/** Masks what is secret in place; was there anything? */
function conceal(value: unknown): boolean {
  if (Array.isArray(value)) return value.map(conceal).some(Boolean);
  if (typeof value !== 'object' || value === null) return false;
  const holder = value as Record<string, unknown>;
  const named = Object.keys(holder).filter((key) => isSecretKey(key));
  const hidden = [
    ...[...named, ...settingOf(holder)].map((key) => mask(holder, key)),
    // A VPN's key has a name like any other (OCPP 2.0.1 part 2, VPNType).
    isObject(holder['vpn']) && mask(holder['vpn'], 'key'),
    isSecretVariable(holder) && maskAttributes(holder['variableAttribute']),
  ];
  return [...hidden, ...Object.values(holder).map(conceal)].some(Boolean);
}

/** The fields with the value of a key or variable that is secret. */
function settingOf(holder: Record<string, unknown>): string[] {
  if (isSecretVariable(holder)) return VALUES;
  return typeof holder['key'] === 'string' && isSecretKey(holder['key']) ? ['value'] : [];
}

/** However deep its name is (OCPP 2.x, component and variable with their instances). */
function isSecretVariable({ component, variable }: Record<string, unknown>): boolean {
  return isObject(variable) && [component, variable].some((part) => isSecretKey(namesIn(part)));
}

function namesIn(part: unknown): string {
  return isObject(part) ? ['name', 'instance'].map((key) => part[key]).join(' ') : '';
}

function maskAttributes(attributes: unknown): boolean {
  if (!Array.isArray(attributes)) return false;
  return attributes
    .filter(isObject)
    .map((attribute) => mask(attribute, 'value'))
    .some(Boolean);
}

function mask(holder: Record<string, unknown>, key: string): boolean {
  const value = holder[key];
  const says = (typeof value === 'string' && value !== '' && value !== MASK) || typeof value === 'number';
  if (says) holder[key] = MASK;
  return says;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
