import { TokenNeeded, put, remove } from './api.js';
import { byId, byIdAs, h, keyed } from './dom.js';
import { masked } from './reservations.js';
import { now, state } from './state.js';

/** @import { BookingBody, DayPlanBody } from '../booking-schemas.ts' */

/** @typedef {DayPlanBody['bays'][number]} BayRow */

const HOUR = 3_600_000;
/** Hours between two numbers at the top. */
const STEP = 2;

/** How a booking is coloured and worded. */
const LOOKS = {
  PENDING: ['paused', 'not confirmed yet'],
  RESERVED: ['busy', 'booked'],
  FULFILLED: ['charging', 'its driver came'],
  NO_SHOW: ['off', 'nobody came'],
  CANCELED: ['off', 'cancelled'],
  FAILED: ['off', 'failed'],
  REJECTED: ['off', 'refused'],
};

const dialog = byIdAs('booking', HTMLDialogElement);
const day = byIdAs('plan-day', HTMLInputElement);
const from = byIdAs('booking-from', HTMLInputElement);
const to = byIdAs('booking-to', HTMLInputElement);
const bay = byIdAs('booking-bay', HTMLSelectElement);

/** The day that was last shown. @type {string | null} */
let lastDay = null;

/** The booking whose dialog is open. @type {BookingBody | null} */
let shown = null;

/**
 * Makes the plan work.
 * @param {(error: unknown) => void} onFault
 * @param {() => void} onChange told that the plan has to be read again
 */
export function preparePlan(onFault, onChange) {
  const go = (/** @type {string | null} */ to) => {
    state.planDay = to;
    onChange();
  };
  const step = (/** @type {number} */ days) => {
    if (state.plan)
      go(new Date(Date.parse(`${state.plan.day}T12:00:00Z`) + days * 24 * HOUR).toISOString().slice(0, 10));
  };
  byId('plan-before').addEventListener('click', () => step(-1));
  byId('plan-after').addEventListener('click', () => step(1));
  byId('plan-today').addEventListener('click', () => go(null));
  day.addEventListener('change', () => go(day.value === '' ? null : day.value));
  byId('booking-close').addEventListener('click', () => dialog.close());
  const work = (/** @type {() => Promise<unknown>} */ ask) => {
    ask().then(
      () => {
        dialog.close();
        onChange();
      },
      (error) => {
        if (error instanceof TokenNeeded) return onFault(error);
        byId('booking-problem').textContent = error instanceof Error ? error.message : String(error);
      },
    );
  };
  byId('booking-form').addEventListener('submit', (event) => {
    event.preventDefault();
    work(move);
  });
  byId('booking-cancel').addEventListener('click', () => work(callOff));
}

/** The plan of the day that is looked at. */
export function showPlan() {
  const { plan } = state;
  byId('plan-panel').hidden = !plan || plan.bays.length === 0;
  if (!plan) return;
  if (document.activeElement !== day) day.value = plan.day;
  byId('plan-hours').replaceChildren(...hours(plan));
  const rows = plan.bays.flatMap((row) => [
    { kind: 'name', row, plan: null },
    { kind: 'track', row, plan: { from: plan.from, to: plan.to } },
  ]);
  keyed(
    byId('plan'),
    rows,
    ({ kind, row }) => `${kind} ${row.uid}`,
    ({ kind, row }) => (kind === 'name' ? name(row) : track(row, plan)),
  );
  showNow(plan);
  if (lastDay !== plan.day) showHours(plan);
  lastDay = plan.day;
  byId('plan-elsewhere').replaceChildren(
    ...(plan.elsewhere.length === 0
      ? []
      : [h('p', { class: 'muted small' }, 'Without a bay:'), ...plan.elsewhere.map((each) => slot(each, plan))]),
  );
}

/** @param {BayRow} row */
function name({ chargerId, evse }) {
  return h('div', { class: 'name' }, chargerId, h('span', { class: 'muted' }, ` · ${evse}`));
}

/** @param {BayRow} row @param {DayPlanBody} plan */
function track({ bookings }, plan) {
  const slots = bookings.map((each) => {
    const element = slot(each, plan);
    const [left, right] = [portion(plan, Date.parse(each.startsAt)), portion(plan, Date.parse(each.endsAt))];
    element.style.left = `${left}%`;
    element.style.width = `${right - left}%`;
    return element;
  });
  return h('div', { class: 'track' }, ...lines(plan), ...slots);
}

/** @param {BookingBody} booking @param {DayPlanBody} plan */
function slot(booking, { timeZone }) {
  const [tone = 'off', words = ''] = LOOKS[booking.status];
  const span = `${wall(booking.startsAt, timeZone).slice(11)} to ${wall(booking.endsAt, timeZone).slice(11)}`;
  const label = `${who(booking)}, ${span}, ${words}`;
  const element = h(
    'button',
    { type: 'button', class: `slot ${tone}`, title: label, 'aria-label': label },
    who(booking),
  );
  element.addEventListener('click', () => openBooking(booking));
  return element;
}

/** @param {BookingBody} booking */
function who({ vehicle, tokenUids }) {
  return vehicle ?? masked(tokenUids[0] ?? '');
}

/** Full hours of the day; a day on which clocks change has one more or less. @param {DayPlanBody} plan */
function hoursOf({ from: begin, to: end }) {
  const count = Math.round((Date.parse(end) - Date.parse(begin)) / HOUR);
  return Array.from({ length: count }, (_, hour) => Date.parse(begin) + hour * HOUR);
}

/** @param {DayPlanBody} plan */
function hours(plan) {
  return hoursOf(plan)
    .filter((_, index) => index % STEP === 0)
    .map((at) => {
      const label = h('span', { class: 'hour' }, wall(new Date(at).toISOString(), plan.timeZone).slice(11, 13));
      label.style.left = `${portion(plan, at)}%`;
      return label;
    });
}

/** @param {DayPlanBody} plan */
function lines(plan) {
  return hoursOf(plan)
    .filter((_, index) => index % STEP === 0)
    .map((at) => {
      const line = h('span', { class: 'line' });
      line.style.left = `${portion(plan, at)}%`;
      return line;
    });
}

/** A line through all rows where the day has come to. @param {DayPlanBody} plan */
function showNow(plan) {
  for (const old of document.querySelectorAll('#plan .line.now')) old.remove();
  if (now() < Date.parse(plan.from) || now() >= Date.parse(plan.to)) return;
  for (const row of document.querySelectorAll('#plan .track')) {
    const line = h('span', { class: 'line now' });
    line.style.left = `${portion(plan, now())}%`;
    row.append(line);
  }
}

/** Brings the hours that matter into view, where not all of them fit. @param {DayPlanBody} plan */
function showHours(plan) {
  const box = byId('plan-scroll');
  const width = byId('plan-hours').clientWidth;
  // Of another day than today it is the begin.
  const reached = now() < Date.parse(plan.to) ? portion(plan, now()) : 0;
  box.scrollLeft = (reached / 100) * width - 40;
}

/** How far into the day an instant is, percent of it. @param {DayPlanBody} plan @param {number} at */
function portion({ from: begin, to: end }, at) {
  const part = (at - Date.parse(begin)) / (Date.parse(end) - Date.parse(begin));
  return Math.min(1, Math.max(0, part)) * 100;
}

/** `2026-11-21T18:00` by the clock of the site. @param {string} text @param {string} timeZone */
function wall(text, timeZone) {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return format.format(new Date(text)).replace(' ', 'T');
}

/** @param {BookingBody} booking */
function openBooking(booking) {
  const { plan } = state;
  if (!plan) return;
  shown = booking;
  const open = booking.status === 'PENDING' || booking.status === 'RESERVED';
  byId('booking-title').textContent = who(booking);
  byId('booking-about').textContent = [LOOKS[booking.status][1], booking.peer && `by ${booking.peer}`, booking.note]
    .filter(Boolean)
    .join(' · ');
  byId('booking-problem').textContent = '';
  from.value = wall(booking.startsAt, plan.timeZone);
  to.value = wall(booking.endsAt, plan.timeZone);
  bay.replaceChildren(...plan.bays.map(option));
  bay.value = plan.bays.find((each) => each.chargerId === booking.chargerId && each.evse === booking.evse)?.uid ?? '';
  for (const field of [from, to, bay]) field.disabled = !open;
  for (const id of ['booking-move', 'booking-cancel']) byId(id).hidden = !open;
  dialog.showModal();
}

/** @param {BayRow} row */
function option({ chargerId, evse, uid }) {
  return h('option', { value: uid }, `${chargerId} · ${evse}`);
}

/** Only what was changed goes out: an hour that there is twice cannot be written as one. */
async function move() {
  const { plan } = state;
  if (!shown || !plan) return;
  const was = plan.bays.find((each) => each.chargerId === shown?.chargerId && each.evse === shown.evse)?.uid;
  const endsAt = to.value === wall(shown.endsAt, plan.timeZone) ? shown.endsAt : to.value;
  const change = {
    ...(from.value !== wall(shown.startsAt, plan.timeZone) && { startsAt: from.value, endsAt }),
    ...(endsAt !== shown.endsAt && { endsAt }),
    ...(bay.value !== was && { bay: bay.value }),
  };
  if (Object.keys(change).length > 0) await put(`/api/bookings/${encodeURIComponent(shown.id)}`, change);
}

async function callOff() {
  if (shown) await remove(`/api/bookings/${encodeURIComponent(shown.id)}`);
}
