const kilo = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const energy = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** @param {number} watts */
export function kw(watts) {
  return `${kilo.format(watts / 1000)} kW`;
}

/** @param {number} kilowattHours */
export function kwh(kilowattHours) {
  return `${energy.format(kilowattHours)} kWh`;
}

/**
 * The amount with taxes, as the reader's language writes money.
 * @param {{ currency: string, afterTaxes: string } | null} cost
 */
export function money(cost) {
  if (cost === null) return '–';
  return new Intl.NumberFormat(undefined, { style: 'currency', currency: cost.currency }).format(
    Number(cost.afterTaxes),
  );
}

/**
 * `2 h 05 min`, `4 min`, `12 s`.
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${String(minutes).padStart(2, '0')} min`;
  return minutes > 0 ? `${minutes} min` : `${whole} s`;
}

/**
 * A time in the site's zone; with its date unless that is today.
 * @param {string} text
 * @param {string} timeZone
 * @param {number} now
 */
export function clock(text, timeZone, now) {
  const at = new Date(text);
  const day = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  const time = new Intl.DateTimeFormat(undefined, { timeZone, hour: '2-digit', minute: '2-digit' }).format(at);
  if (day.format(at) === day.format(now)) return time;
  const date = new Intl.DateTimeFormat(undefined, { timeZone, day: 'numeric', month: 'short' }).format(at);
  return `${date}, ${time}`;
}

/** How a status is coloured and worded. The words are OCPP's, in the operator's language. */
const STATUSES = {
  Available: ['free', 'Free'],
  Preparing: ['busy', 'Plugged in'],
  Charging: ['charging', 'Charging'],
  SuspendedEV: ['paused', 'Paused by car'],
  SuspendedEVSE: ['paused', 'Paused by charger'],
  Finishing: ['busy', 'Done, still plugged in'],
  Reserved: ['busy', 'Reserved'],
  Unavailable: ['off', 'Out of service'],
  Faulted: ['fault', 'Fault'],
  Unknown: ['off', 'Unknown'],
};

/**
 * @param {keyof typeof STATUSES} status
 * @returns {{ tone: string, words: string }}
 */
export function statusLook(status) {
  const [tone = 'off', words = status] = STATUSES[status];
  return { tone, words };
}
