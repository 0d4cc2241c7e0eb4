const WHOLE = /^\d{1,15}$/;

/**
 * A decimal number as text, times ten to a power, rounded half away from zero to an integer: how `0.505` kWh becomes
 * 505 Wh without a binary float in between. Null when the text is no number, or too large to be exact.
 */
export function scaleToInteger(text: string, exponent: number): number | null {
  // What nearly all readings are: whole numbers that need no scaling.
  if (exponent === 0 && WHOLE.test(text)) return Number(text);
  const match = /^\s*([+-]?)(\d+)(?:[.,](\d*))?(?:[eE]([+-]?\d{1,3}))?\s*$/.exec(text);
  if (!match) return null;
  const [, sign, padded = '', fraction = '', power = '0'] = match;
  const whole = padded.replace(/^0+(?=\d)/, '');
  const shift = exponent + Number(power);
  const digits = whole + fraction;
  const point = whole.length + shift;
  if (point > 16) return null;
  const kept = point <= 0 ? '0' : digits.slice(0, point).padEnd(point, '0');
  const next = point < 0 ? '0' : (digits[point] ?? '0');
  const magnitude = Number(kept) + (next >= '5' ? 1 : 0);
  if (!Number.isSafeInteger(magnitude)) return null;
  return sign === '-' && magnitude !== 0 ? -magnitude : magnitude;
}

/** No meter counts further, Wh: a terawatt-hour. Differences of two stay exact. */
const MAX_REGISTER = 1e12;

/** Can a meter's register stand there? Chargers send 2^53 and more where they know nothing. */
export function isRegister(wattHours: number): boolean {
  return Math.abs(wattHours) <= MAX_REGISTER;
}
