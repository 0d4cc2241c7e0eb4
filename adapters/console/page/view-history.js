import { hasToken, put } from './api.js';
import { byId, empty, h, table } from './dom.js';
import { clock, duration, kw, kwh, money } from './format.js';
import { now, state } from './state.js';
import { ago } from './view-chargers.js';

/** Sessions under way. */
export function showSessions() {
  const rows = state.running.map((session) => ({
    key: session.id,
    cells: [
      h('span', { class: 'where' }, session.chargerId, h('span', { class: 'muted' }, ` · ${session.evse}`)),
      session.tokenUid,
      ago(session.startedAt),
      kwh(session.kwh),
      session.powerW === null ? '–' : kw(session.powerW),
      session.socPercent === null ? '–' : `${session.socPercent} %`,
      money(session.cost),
    ],
  }));
  byId('sessions').replaceChildren(
    rows.length > 0
      ? table(['Charger', 'Card', 'Time', 'Energy', 'Power', 'Battery', 'Cost'], rows)
      : empty('Nobody is charging.', 'A session appears here when a card is taken at a plugged-in charger.'),
  );
}

/** The latest bill lines. */
export function showCdrs() {
  const timeZone = state.status?.site.timeZone ?? 'UTC';
  const rows = state.cdrs.map((cdr) => ({
    key: cdr.id,
    cells: [
      clock(cdr.endedAt, timeZone, now()),
      cdr.chargerId,
      cdr.tokenUid,
      kwh(cdr.kwh),
      duration(cdr.seconds),
      cdr.peer ?? 'site',
      // A link cannot carry the token.
      hasToken() ? money(cdr.cost) : h('a', receiptLink(cdr.id), money(cdr.cost)),
    ],
  }));
  byId('cdrs').replaceChildren(
    rows.length > 0
      ? table(['Ended', 'Charger', 'Card', 'Energy', 'Time', 'Customer of', 'Cost'], rows)
      : empty('No bills yet.', 'One is written, and never changed, when a session ends.'),
  );
}

/** @param {string} id */
function receiptLink(id) {
  const href = `/api/cdrs/${encodeURIComponent(id)}/receipt`;
  return { href, target: '_blank', rel: 'noopener', title: 'Receipt' };
}

/** OCPI connections. */
export function showPeers() {
  const states = { registered: 'registered', invited: 'invited', unregistered: 'not registered' };
  byId('peers').replaceChildren(
    ...(state.peers.length === 0
      ? [empty('No cloud yet.', 'Invite one, or list it in the configuration. The site works without.')]
      : state.peers.map((peer) =>
          h(
            'div',
            { class: 'row' },
            h(
              'div',
              {},
              h('p', { class: 'label' }, peer.name),
              h(
                'p',
                { class: 'muted small' },
                [
                  peer.version && `OCPI ${peer.version}`,
                  peer.visibility === 'all' ? 'sees everything' : "sees its own cards' sessions",
                ]
                  .filter(Boolean)
                  .join(' · '),
              ),
            ),
            h(
              'p',
              { class: 'small when' },
              h('span', { class: `chip ${peer.state === 'registered' ? 'free' : 'off'}` }, states[peer.state]),
              peer.lastSeenAt === null ? null : h('span', { class: 'muted' }, 'asked ', ago(peer.lastSeenAt), ' ago'),
            ),
          ),
        )),
  );
}

/** So many refused cards are shown. */
const REFUSED = 5;

/**
 * Cards that were refused: one of them may be the operator's own new one.
 * @param {(error: unknown) => void} onError
 * @param {Map<string, string>} added cards that were put on the list from here, by the time of their refusal
 */
export function showRefusals(onError, added) {
  const timeZone = state.status?.site.timeZone ?? 'UTC';
  byId('refusals-panel').hidden = state.refusals.length === 0;
  byId('refusals').replaceChildren(
    ...state.refusals.slice(0, REFUSED).map((refusal) => {
      const known = added.get(refusal.uid) === refusal.at;
      const button = h('button', { type: 'button', class: 'quiet' }, known ? 'On the list' : 'Put on the list');
      button.disabled = known || refusal.verdict !== 'invalid';
      button.addEventListener('click', () => {
        button.disabled = true;
        put(`/api/tokens/${encodeURIComponent(refusal.uid)}`, {}).then(() => {
          added.set(refusal.uid, refusal.at);
          button.textContent = 'On the list';
        }, onError);
      });
      return h(
        'div',
        { class: 'row' },
        h(
          'div',
          {},
          h('p', { class: 'label' }, refusal.uid),
          h(
            'p',
            { class: 'muted small' },
            `${refusal.verdict} at ${refusal.chargerId}, ${clock(refusal.at, timeZone, now())}`,
          ),
        ),
        refusal.verdict === 'invalid' ? button : null,
      );
    }),
  );
}

/** Messages that could not be applied. */
export function showQuarantine() {
  const timeZone = state.status?.site.timeZone ?? 'UTC';
  byId('quarantine').replaceChildren(
    ...(state.quarantine.length === 0
      ? [empty('Nothing set aside.', 'Every message from a charger could be applied.')]
      : state.quarantine.map((entry) =>
          h(
            'details',
            { class: 'entry' },
            h(
              'summary',
              {},
              h('span', { class: 'label' }, `${entry.chargerId} · ${entry.action}`),
              h(
                'span',
                { class: 'muted small' },
                clock(entry.receivedAt, timeZone, now()),
                entry.count > 1 ? ` · ${entry.count}×` : '',
              ),
              h('span', { class: 'small reason' }, entry.reason),
            ),
            h('pre', { class: 'small' }, entry.payload),
          ),
        )),
  );
}
