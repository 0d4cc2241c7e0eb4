import { TokenNeeded, follow, hasToken, keepToken, post } from './api.js';
import { byId, byIdAs, h } from './dom.js';
import { duration } from './format.js';
import { ALL, createRefresher, now } from './state.js';
import { showChargers, showPending } from './view-chargers.js';
import { showCdrs, showPeers, showQuarantine, showRefusals, showSessions } from './view-history.js';
import { openPanel, preparePanel, showPanel } from './view-panel.js';
import { preparePlan, showPlan } from './view-plan.js';
import { copyButton, showConnect, showFigures, showHeader, showNotices } from './view-site.js';

/** @import { Part } from './state.js' */

let live = false;
/** @type {string | null} */
let problem = null;

/** @type {Map<string, string>} */
const addedCards = new Map();

const refresher = createRefresher(show, fail);

/** @param {Set<Part>} parts */
function show(parts) {
  problem = null;
  const any = (/** @type {Part[]} */ ...wanted) => wanted.some((part) => parts.has(part));
  showNotices(problem);
  if (any('status', 'peers')) showHeader(live);
  if (any('status')) showConnect();
  if (any('chargers', 'running', 'reservations')) {
    showFigures();
    showChargers(openPanel);
    showPanel();
    showPending(fail, () => refresher.refreshNow(['chargers', 'status']));
  }
  if (any('plan')) showPlan();
  if (any('running')) showSessions();
  if (any('cdrs')) showCdrs();
  if (any('peers')) showPeers();
  if (any('quarantine')) showQuarantine();
  if (any('refusals')) showRefusals(fail, addedCards);
}

/** @param {unknown} error */
function fail(error) {
  if (error instanceof TokenNeeded) return askForToken();
  problem =
    error instanceof TypeError
      ? 'The gateway does not answer. What is shown may be old.'
      : String(error instanceof Error ? error.message : error);
  showNotices(problem);
}

function askForToken() {
  const dialog = byIdAs('login', HTMLDialogElement);
  byId('login-problem').textContent = hasToken() ? 'That is not the token of this console.' : '';
  if (!dialog.open) dialog.showModal();
}

byId('login-form').addEventListener('submit', () => {
  const field = byIdAs('login-token', HTMLInputElement);
  keepToken(field.value);
  field.value = '';
  restart();
});

byId('invite').addEventListener('submit', (event) => {
  event.preventDefault();
  void invite();
});

async function invite() {
  const field = byIdAs('invite-name', HTMLInputElement);
  const visibility = byIdAs('invite-visibility', HTMLSelectElement).value;
  try {
    /** @type {{ token: string }} */
    const { token } = await post(`/api/peers/${encodeURIComponent(field.value)}/invitation`, { visibility });
    byId('invitation').replaceChildren(
      h(
        'p',
        { class: 'small' },
        `Give this token to ${field.value}, with the OCPI versions URL. It is shown only now and works once.`,
      ),
      h('div', { class: 'copyable' }, h('code', {}, token), copyButton(token)),
    );
    field.value = '';
    refresher.refreshNow(['peers']);
  } catch (error) {
    if (error instanceof TokenNeeded) return fail(error);
    byId('invitation').replaceChildren(
      h('p', { class: 'problem' }, error instanceof Error ? error.message : String(error)),
    );
  }
}

for (const [id, event] of [
  ['search', 'input'],
  ['filter', 'change'],
])
  byId(id ?? '').addEventListener(event ?? '', () => showChargers(openPanel));

preparePlan(fail, () => refresher.refreshNow(['plan']));
preparePanel(fail, () => refresher.refreshNow(['chargers', 'reservations', 'status']));

/** @param {boolean} value */
function setLive(value) {
  live = value;
  showHeader(live);
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let again;

/** Follows the event stream; when it breaks, comes back, and reads everything again: what happened meanwhile was missed. */
async function run(wait = 1000) {
  let next = Math.min(wait * 2, 15_000);
  try {
    await follow(
      (name, data) => refresher.onEvent(name, data),
      () => {
        next = 1000;
        setLive(true);
        refresher.refresh(ALL);
      },
    );
  } catch (error) {
    fail(error);
    if (error instanceof TokenNeeded) return;
  }
  setLive(false);
  again = setTimeout(() => void run(next), wait);
}

function restart() {
  clearTimeout(again);
  void run();
}

setInterval(() => {
  for (const element of document.querySelectorAll('[data-since]')) {
    const text = duration((now() - Date.parse(element.getAttribute('data-since') ?? '')) / 1000);
    if (element.textContent !== text) element.textContent = text;
  }
}, 1000);
setInterval(() => {
  if (live && !document.hidden) refresher.refresh(['status', 'peers', 'plan']);
}, 20_000);

restart();
