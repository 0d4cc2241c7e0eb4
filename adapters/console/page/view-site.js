import { byId, h } from './dom.js';
import { duration, kw, kwh } from './format.js';
import { now, state } from './state.js';

/** A cloud that has not asked for so long is no longer taken for connected. */
const QUIET_MS = 15 * 60_000;

/** @param {string} tone @param {string} text */
function pill(tone, text) {
  return h('li', { class: `pill ${tone}` }, h('span', { class: 'dot' }), text);
}

/**
 * Head of the page: where this is, how it is.
 * @param {boolean} live
 */
export function showHeader(live) {
  const { status } = state;
  if (!status) return;
  const { site, counts, storage } = status;
  byId('site').textContent = site.name ?? site.id;
  document.title = `${site.name ?? site.id} · chargegate`;
  const time = new Intl.DateTimeFormat(undefined, { timeZone: site.timeZone, hour: '2-digit', minute: '2-digit' });
  byId('place').textContent = `${site.city} · ${time.format(now())}`;
  const clouds = state.peers.filter((peer) => peer.state === 'registered');
  const heard = clouds.filter((peer) => peer.lastSeenAt !== null && now() - Date.parse(peer.lastSeenAt) < QUIET_MS);
  byId('health').replaceChildren(
    live ? pill('good', 'Live') : pill('bad', 'No connection'),
    storage.fault === null ? pill('good', 'Storage') : pill('bad', 'Storage fault'),
    counts.chargers === 0
      ? pill('idle', 'No chargers')
      : pill(
          counts.connected === counts.chargers ? 'good' : 'warn',
          `${counts.connected} of ${counts.chargers} chargers`,
        ),
    clouds.length === 0
      ? pill('idle', 'No cloud')
      : pill(heard.length === clouds.length ? 'good' : 'warn', `${heard.length} of ${clouds.length} clouds heard`),
  );
  byId('foot').textContent =
    `chargegate ${status.version} · up ${duration((now() - Date.parse(status.startedAt)) / 1000)}`;
}

/** @param {string | null} problem */
export function showNotices(problem) {
  const { status } = state;
  const faults = [problem, status?.storage.fault ?? null].filter((text) => text !== null);
  const warnings = status?.warnings ?? [];
  byId('notices').replaceChildren(
    ...faults.map((text) => h('p', { class: 'notice bad' }, text)),
    ...warnings.map((text) => h('p', { class: 'notice warn' }, text)),
  );
}

/** The few numbers that tell the day. */
export function showFigures() {
  const evses = [...state.chargers.values()].flatMap((charger) => charger.evses.filter((evse) => !evse.removed));
  const power = state.running.reduce((sum, session) => sum + (session.powerW ?? 0), 0);
  const energy = state.running.reduce((sum, session) => sum + session.kwh, 0);
  const faulted = evses.filter((evse) => evse.status === 'Faulted').length;
  const free = evses.filter((evse) => evse.status === 'Available').length;
  byId('figures').replaceChildren(
    figure('Power now', kw(power)),
    figure('Charging', `${state.running.length}`, `of ${evses.length} EVSEs`),
    figure('In these sessions', kwh(energy)),
    figure('Free', `${free}`, faulted > 0 ? `${faulted} with a fault` : 'EVSEs'),
  );
}

/** @param {string} label @param {string} value @param {string} [unit] */
function figure(label, value, unit) {
  const [number = value, ...rest] = unit === undefined ? value.split(/[\s\u00a0\u202f]+(?=k)/) : [value, unit];
  return h(
    'div',
    { class: 'figure' },
    h('p', { class: 'muted' }, label),
    h('p', { class: 'value' }, number, ' ', h('span', { class: 'unit' }, rest.join(' '))),
  );
}

/** What to point chargers and clouds at. */
export function showConnect() {
  const { status } = state;
  if (!status) return;
  const { ocpp, ocpi } = status.urls;
  byId('connect').replaceChildren(
    address(
      'Charger URL',
      ocpp,
      '<charger id>',
      'OCPP 1.6, 2.0.1 or 2.1 (JSON). Enter it in the charger, with its own id at the end.',
    ),
    address('OCPI versions URL', ocpi, '', 'For a cloud, eMSP or hub, with the token of an invitation.'),
  );
}

/** @param {string} label @param {string | null} url @param {string} ending @param {string} hint */
function address(label, url, ending, hint) {
  if (url === null) return h('p', { class: 'muted' }, `${label}: not served`);
  return h(
    'div',
    { class: 'address' },
    h('div', { class: 'row' }, h('p', { class: 'label' }, label), copyButton(url)),
    h('p', { class: 'copyable' }, h('code', {}, url, ending === '' ? null : h('em', {}, ending))),
    h('p', { class: 'muted small' }, hint),
  );
}

/** @param {string} text */
export function copyButton(text) {
  // Only secure pages may write to the clipboard; elsewhere the text can still be selected.
  if (!navigator.clipboard) return null;
  const button = h('button', { type: 'button', class: 'quiet' }, 'Copy');
  const say = (/** @type {string} */ words) => {
    button.textContent = words;
    setTimeout(() => (button.textContent = 'Copy'), 1500);
  };
  button.addEventListener('click', () => {
    navigator.clipboard.writeText(text).then(
      () => say('Copied'),
      () => say('Not allowed'),
    );
  });
  return button;
}
