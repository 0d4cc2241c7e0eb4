import { get, post, remove } from './api.js';
import { byId, byIdAs, empty, h, keyed, table } from './dom.js';
import { clock, kw, kwh, statusLook } from './format.js';
import { keptWords, masked, reservationAt } from './reservations.js';
import { now, state } from './state.js';
import { connection } from './view-chargers.js';

/** @import { ReservationBody } from '../reservation-schemas.ts' */
/** @import { ChargerBody, EvseBody, FrameBody, RunningBody } from '../schemas.ts' */

/** @typedef {{ chargerId: string, connected: boolean, evse: EvseBody, session: RunningBody | null, kept: ReservationBody | null }} Bay */

/** Frames that are shown. */
const FRAMES = 20;

const panel = byIdAs('panel', HTMLDialogElement);
const card = byIdAs('panel-card', HTMLInputElement);
const minutes = byIdAs('panel-minutes', HTMLInputElement);

/** Whose panel is open. @type {string | null} */
let shown = null;

/** @type {(error: unknown) => void} */
let onFault = () => undefined;
/** @type {() => void} */
let onChange = () => undefined;

/**
 * Makes the panel work.
 * @param {(error: unknown) => void} fault told what could not be asked
 * @param {() => void} change told that chargers may have changed
 */
export function preparePanel(fault, change) {
  onFault = fault;
  onChange = change;
  panel.addEventListener('close', () => (shown = null));
  byId('panel-close').addEventListener('click', () => panel.close());
  byIdAs('panel-frames-box', HTMLDetailsElement).addEventListener('toggle', () => void showFrames());
  byId('panel-frames-again').addEventListener('click', () => void showFrames());
}

/** @param {string} chargerId */
export function openPanel(chargerId) {
  shown = chargerId;
  say('', false);
  byIdAs('panel-frames-box', HTMLDetailsElement).open = false;
  byId('panel-frames').replaceChildren();
  showPanel();
  if (!panel.open) panel.showModal();
}

/** Brings the panel in line with what the page knows; closed, it stays so. */
export function showPanel() {
  if (shown === null) return;
  const charger = state.chargers.get(shown);
  if (!charger) return panel.close();
  const running = state.running.filter((session) => session.chargerId === charger.id);
  byId('panel-title').textContent = charger.id;
  byId('panel-link').className = `link ${charger.connected ? 'good' : 'bad'}`;
  byId('panel-link').replaceChildren(h('span', { class: 'dot' }), connection(charger));
  byId('panel-about').replaceChildren(...about(charger));
  const bays = charger.evses
    .filter((evse) => !evse.removed)
    .map((evse) => ({
      chargerId: charger.id,
      connected: charger.connected,
      evse,
      session: running.find((session) => session.evse === evse.evse) ?? null,
      kept: reservationAt(charger.id, evse.evse),
    }));
  keyed(byId('panel-evses'), bays, ({ evse }) => String(evse.evse), bay);
  byId('panel-evses-empty').hidden = bays.length > 0;
  const { id, connected, origin, registration } = charger;
  keyed(byId('panel-orders'), [{ id, connected, origin, registration }], () => id, orders);
  showDeviations(charger);
  showFacts('panel-quirks', charger, 'quirks');
  showFacts('panel-capabilities', charger, 'capabilities');
}

/** @param {ChargerBody} charger */
function about(charger) {
  /** @type {[string, string | null][]} */
  const facts = [
    ['Make', [charger.vendor, charger.model].filter(Boolean).join(' ') || null],
    ['Firmware', charger.firmware],
    ['Serial', charger.serial],
    ['Speaks', charger.protocol],
    ['State', charger.registration === 'accepted' ? charger.status : charger.registration],
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [h('dt', {}, name), h('dd', {}, value)]));
}

/** @param {Bay} bay */
function bay({ chargerId, connected, evse, session, kept }) {
  const { tone, words } = statusLook(evse.status);
  const n = evse.evse;
  const out = evse.status === 'Unavailable';
  const where = { evse: n };
  const buttons = [
    evse.transactionId === null
      ? button('Start', `Start on EVSE ${n}`, () => start(chargerId, n), 'main')
      : button('Stop', `Stop EVSE ${n}`, () =>
          order(chargerId, 'stop', { transactionId: evse.transactionId }, `the stop of EVSE ${n}`),
        ),
    button('Unlock', `Unlock EVSE ${n}`, () => order(chargerId, 'unlock', where, `unlocking EVSE ${n}`)),
    button(out ? 'Into service' : 'Out of service', `EVSE ${n} ${out ? 'into service' : 'out of service'}`, () =>
      order(
        chargerId,
        'availability',
        { ...where, operative: out },
        `EVSE ${n} going ${out ? 'into' : 'out of'} service`,
      ),
    ),
  ];
  const free = evse.transactionId === null && evse.status !== 'Faulted' && !out;
  if (!kept && free) buttons.push(button('Reserve', `Reserve EVSE ${n}`, () => reserve(chargerId, n)));
  for (const each of buttons) each.disabled = !connected;
  // To end it, its charger need not be there: it is told when it is back.
  if (kept) buttons.push(button('Cancel reservation', `Cancel the reservation of EVSE ${n}`, () => callOff(kept)));
  const trouble = evse.errorCode !== null && evse.errorCode !== 'NoError' ? evse.errorCode : '';
  return h(
    'div',
    { class: 'panel-bay' },
    h(
      'div',
      { class: 'bay' },
      h('span', { class: 'number', title: evse.evseId }, String(n)),
      h('span', { class: `chip ${tone}` }, words),
      h(
        'span',
        { class: 'flow muted' },
        session
          ? `${session.tokenUid} · ${session.powerW === null ? '' : `${kw(session.powerW)} · `}${kwh(session.kwh)}`
          : trouble || (kept ? keptWords(kept) : ''),
      ),
    ),
    h('div', { class: 'actions' }, ...buttons),
  );
}

/** @param {{ id: string, connected: boolean, origin: string, registration: string }} charger */
function orders({ id, connected, origin, registration }) {
  const live = [
    button('Ask for status', 'Ask for status', () =>
      order(id, 'trigger', { message: 'status' }, 'the question for its status'),
    ),
    button('Out of service', 'The whole charger out of service', () =>
      order(id, 'availability', { operative: false }, 'going out of service'),
    ),
    button('Into service', 'The whole charger into service', () =>
      order(id, 'availability', { operative: true }, 'going into service'),
    ),
    button('Reset', 'Reset', () => reset(id), 'danger'),
  ];
  for (const each of live) each.disabled = !connected;
  const own = origin === 'site';
  const standing = [
    registration === 'accepted' ? null : button('Accept', `Accept ${id}`, () => register(id, 'accept'), 'main'),
    registration === 'rejected' || !own ? null : button('Reject', `Reject ${id}`, () => reject(id), 'danger'),
    own ? button('Forget', `Forget ${id}`, () => forget(id), 'danger') : null,
  ];
  return h('div', { class: 'actions' }, ...live, ...standing);
}

/**
 * @param {string} text
 * @param {string} label what a screen reader says
 * @param {() => Promise<void>} work
 * @param {string} [look]
 */
function button(text, label, work, look = '') {
  const element = h('button', { type: 'button', class: `quiet ${look}`.trim(), 'aria-label': label }, text);
  element.addEventListener('click', () => {
    element.disabled = true;
    work()
      .catch((error) => {
        say(error instanceof Error ? error.message : String(error), true);
        onFault(error);
      })
      .finally(() => (element.disabled = false));
  });
  return element;
}

/** @param {string} text @param {boolean} bad */
function say(text, bad) {
  const line = byId('panel-said');
  line.textContent = text;
  line.className = bad ? 'said problem' : 'said';
}

/** @param {string} id @param {string} part */
function path(id, part = '') {
  return `/api/chargers/${encodeURIComponent(id)}${part === '' ? '' : `/${part}`}`;
}

/** @param {string} id @param {string} verb @param {object} body @param {string} what */
async function order(id, verb, body, what) {
  say(`Asking ${id} …`, false);
  /** @type {Record<string, unknown>} */
  const answer = await post(path(id, verb), body);
  const status = typeof answer.status === 'string' ? answer.status : JSON.stringify(answer);
  say(`${id} answers ${status} to ${what}.`, false);
  onChange();
}

/** @param {string} id @param {number} evse */
async function start(id, evse) {
  const tokenUid = card.value.trim();
  if (tokenUid === '') {
    say('Enter the card that pays for it.', true);
    return card.focus();
  }
  await order(id, 'start', { tokenUid, evse }, `the start on EVSE ${evse}`);
}

/** @param {string} id @param {number} evse */
async function reserve(id, evse) {
  const tokenUid = card.value.trim();
  if (tokenUid === '') {
    say('Enter the card that the bay is kept for.', true);
    return card.focus();
  }
  say(`Asking ${id} …`, false);
  /** @type {ReservationBody} */
  const kept = await post('/api/reservations', { charger: id, evse, tokenUid, minutes: minutes.valueAsNumber || 30 });
  const how = kept.emulated ? ' The charger cannot, so the gateway refuses everybody else there.' : '';
  say(`EVSE ${evse} is kept ${keptWords(kept)}.${how}`, false);
  onChange();
}

/** @param {ReservationBody} kept */
async function callOff({ id, evse, tokenUid }) {
  if (!(await confirmed(`Keep EVSE ${evse} no longer for ${masked(tokenUid)}?`, 'Let it go'))) return;
  await remove(`/api/reservations/${encodeURIComponent(id)}`);
  say(`EVSE ${evse} is kept for nobody any more.`, false);
  onChange();
}

/** @param {string} id */
async function reset(id) {
  const charging = state.running.filter((session) => session.chargerId === id).length;
  const ends = charging === 1 ? 'The charge on it ends.' : `The ${charging} charges on it end.`;
  const warning = charging === 0 ? '' : ` ${ends}`;
  if (await confirmed(`Restart ${id}?${warning}`, 'Reset')) await order(id, 'reset', {}, 'the reset');
}

/** @param {string} id */
async function reject(id) {
  if (await confirmed(`Keep ${id} from working here? Nobody can charge there then.`, 'Reject'))
    await register(id, 'reject');
}

/** @param {string} id */
async function forget(id) {
  if (!(await confirmed(`Forget ${id}? It comes back as a new one when it connects again.`, 'Forget'))) return;
  await remove(path(id));
  panel.close();
  onChange();
}

/** @param {string} id @param {'accept' | 'reject'} verb */
async function register(id, verb) {
  await post(path(id, verb));
  say(`${id} is ${verb}ed.`, false);
  onChange();
}

/** @param {string} question @param {string} yes @returns {Promise<boolean>} */
function confirmed(question, yes) {
  const dialog = byIdAs('confirm', HTMLDialogElement);
  byId('confirm-question').textContent = question;
  byId('confirm-yes').textContent = yes;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** @param {ChargerBody} charger */
function showDeviations(charger) {
  const timeZone = state.status?.site.timeZone ?? 'UTC';
  const rows = charger.deviations.map(({ code, count, lastSeenAt, sample }) => ({
    key: code,
    cells: [code, `${count}×`, clock(lastSeenAt, timeZone, now()), h('code', {}, sample.slice(0, 300))],
  }));
  byId('panel-deviations').replaceChildren(
    rows.length > 0
      ? table(['Habit', 'Count', 'Last', 'Sample'], rows)
      : empty('Keeps to the standard.', 'Nothing odd has come from it.'),
  );
}

/** @param {string} id @param {ChargerBody} charger @param {string} field */
function showFacts(id, charger, field) {
  const facts = flat(/** @type {Record<string, unknown>} */ (charger)[field], '');
  byId(`${id}-box`).hidden = facts.length === 0;
  byId(id).replaceChildren(...facts.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}

/** What is known of something, level by level; null is what is not. @param {unknown} value @param {string} name @returns {[string, string][]} */
function flat(value, name) {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) return [];
  if (Array.isArray(value)) return [[name, value.map(String).join(', ')]];
  if (typeof value === 'object')
    return Object.entries(value).flatMap(([key, inner]) => flat(inner, name === '' ? key : `${name} · ${key}`));
  if (typeof value === 'boolean') return [[name, value ? 'yes' : 'no']];
  return [[name, typeof value === 'string' ? value : JSON.stringify(value)]];
}

async function showFrames() {
  if (shown === null || !byIdAs('panel-frames-box', HTMLDetailsElement).open) return;
  const asked = shown;
  try {
    /** @type {{ items: FrameBody[] }} */
    const { items } = await get(`/api/frames?charger=${encodeURIComponent(asked)}&limit=${FRAMES}`);
    if (shown !== asked) return;
    const time = new Intl.DateTimeFormat(undefined, {
      timeStyle: 'medium',
      timeZone: state.status?.site.timeZone ?? 'UTC',
    });
    byId('panel-frames').replaceChildren(
      ...items
        .toReversed()
        .map(({ at, direction, text }) =>
          h(
            'li',
            {},
            h('span', { class: 'muted' }, `${time.format(new Date(at))} ${direction === 'in' ? 'from it' : 'to it'}`),
            h('code', {}, text),
          ),
        ),
    );
  } catch (error) {
    onFault(error);
  }
}
