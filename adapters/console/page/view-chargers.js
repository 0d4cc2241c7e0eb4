import { post } from './api.js';
import { byId, byIdAs, empty, h, keyed } from './dom.js';
import { duration, kw, kwh, statusLook } from './format.js';
import { keptWords, reservationAt } from './reservations.js';
import { now, state } from './state.js';

/** @import { ReservationBody } from '../reservation-schemas.ts' */
/** @import { ChargerBody, EvseBody, RunningBody } from '../schemas.ts' */

/** @typedef {{ charger: ChargerBody, running: RunningBody[], kept: ReservationBody[] }} Card */

/**
 * The chargers that work here, as cards.
 * @param {(chargerId: string) => void} onOpen
 */
export function showChargers(onOpen) {
  const all = [...state.chargers.values()].filter((charger) => charger.registration !== 'pending');
  const shown = all.filter(matches);
  const cards = shown.map((charger) => ({
    charger,
    running: state.running.filter((session) => session.chargerId === charger.id),
    kept: state.reservations.filter((reservation) => reservation.chargerId === charger.id),
  }));
  keyed(
    byId('chargers'),
    cards,
    ({ charger }) => charger.id,
    (one) => card(one, onOpen),
  );
  byId('chargers-empty').replaceChildren(...(shown.length > 0 ? [] : [nothing(all.length)]));
}

/** @param {number} known */
function nothing(known) {
  if (known > 0) return empty('No charger fits.', 'Change what you look for.');
  const command = h('code', {}, 'npm run -s chargegate -- simulate');
  return empty(
    'No chargers yet.',
    'Point one at the charger URL under Connect. No charger at hand? ',
    command,
    ' brings simulated ones.',
  );
}

/** @param {ChargerBody} charger */
function matches(charger) {
  const text = byIdAs('search', HTMLInputElement).value.trim().toLowerCase();
  const which = byIdAs('filter', HTMLSelectElement).value;
  const evses = charger.evses.filter((evse) => !evse.removed);
  const words = [charger.id, charger.vendor, charger.model, charger.serial, ...evses.map((evse) => evse.evseId)];
  if (text !== '' && !words.some((word) => word?.toLowerCase().includes(text))) return false;
  if (which === 'busy') return evses.some((evse) => evse.transactionId !== null);
  if (which === 'trouble') return !charger.connected || evses.some((evse) => evse.status === 'Faulted');
  return true;
}

/** @param {Card} card @param {(chargerId: string) => void} onOpen */
function card({ charger, running }, onOpen) {
  const name = h('button', { type: 'button', class: 'name', 'aria-haspopup': 'dialog' }, charger.id);
  name.addEventListener('click', () => onOpen(charger.id));
  const evses = charger.evses.filter((evse) => !evse.removed);
  const about = [charger.vendor, charger.model].filter((word) => word !== null).join(' ');
  return h(
    'article',
    { class: charger.connected ? 'card' : 'card away' },
    h(
      'header',
      {},
      h('h3', { title: charger.id }, name),
      h(
        'span',
        { class: `link ${charger.connected ? 'good' : 'bad'}` },
        h('span', { class: 'dot' }),
        connection(charger),
      ),
    ),
    h(
      'p',
      { class: 'muted small about' },
      [about, charger.protocol].filter(Boolean).join(' · ') || 'Has not said what it is',
    ),
    ...(evses.length > 0
      ? evses.map((evse) => bay(charger.id, evse, running))
      : [h('p', { class: 'muted small' }, 'No EVSE reported yet')]),
    deviations(charger),
  );
}

/** @param {ChargerBody} charger */
export function connection(charger) {
  if (charger.registration === 'rejected') return 'rejected';
  const since = charger.connected ? charger.connectedSince : charger.lastSeenAt;
  const words = charger.connected ? 'connected' : charger.lastSeenAt === null ? 'never seen' : 'away';
  return since === null ? words : h('span', {}, `${words} `, ago(since));
}

/**
 * The time since an instant; goes on by itself.
 * @param {string} since
 */
export function ago(since) {
  return h('time', { datetime: since, 'data-since': since }, duration((now() - Date.parse(since)) / 1000));
}

/** @param {string} chargerId @param {EvseBody} evse @param {RunningBody[]} running */
function bay(chargerId, evse, running) {
  const { tone, words } = statusLook(evse.status);
  const session = running.find((candidate) => candidate.evse === evse.evse);
  const trouble = evse.errorCode !== null && evse.errorCode !== 'NoError' ? evse.errorCode : null;
  const kept = reservationAt(chargerId, evse.evse);
  return h(
    'div',
    { class: 'bay' },
    h('span', { class: 'number', title: evse.evseId }, String(evse.evse)),
    h('span', { class: `chip ${tone}` }, words),
    session
      ? h(
          'span',
          { class: 'flow' },
          session.powerW === null ? null : h('b', {}, kw(session.powerW)),
          ' ',
          kwh(session.kwh),
        )
      : h('span', { class: 'flow muted' }, trouble ?? (kept ? keptWords(kept) : '')),
  );
}

/** @param {ChargerBody} charger */
function deviations(charger) {
  if (charger.deviations.length === 0) return null;
  const lines = charger.deviations.map((one) =>
    h('li', {}, h('b', {}, one.code), ` ${one.count}×`, h('code', {}, one.sample.slice(0, 160))),
  );
  const total =
    charger.deviations.length === 1
      ? '1 habit off the standard'
      : `${charger.deviations.length} habits off the standard`;
  return h(
    'details',
    {},
    h('summary', { class: 'muted small' }, total),
    h('ul', { class: 'deviations small' }, ...lines),
  );
}

/**
 * Chargers that wait for the operator.
 * @param {(error: unknown) => void} onFault
 * @param {() => void} onDecided
 */
export function showPending(onFault, onDecided) {
  const pending = [...state.chargers.values()].filter((charger) => charger.registration === 'pending');
  byId('pending-panel').hidden = pending.length === 0;
  keyed(
    byId('pending'),
    pending,
    (charger) => charger.id,
    (charger) => {
      const decide = (/** @type {string} */ verb, /** @type {HTMLButtonElement} */ button) =>
        button.addEventListener('click', () => {
          button.disabled = true;
          post(`/api/chargers/${encodeURIComponent(charger.id)}/${verb}`).then(onDecided, (error) => {
            button.disabled = false;
            onFault(error);
          });
        });
      const accept = h('button', { type: 'button' }, 'Accept');
      const reject = h('button', { type: 'button', class: 'quiet danger' }, 'Reject');
      decide('accept', accept);
      decide('reject', reject);
      const about = [charger.vendor, charger.model, charger.serial].filter((word) => word !== null).join(' · ');
      return h(
        'div',
        { class: 'row' },
        h(
          'div',
          {},
          h('p', { class: 'label' }, charger.id),
          h('p', { class: 'muted small' }, about || 'has not booted yet'),
        ),
        h('div', { class: 'actions' }, reject, accept),
      );
    },
  );
}
