const KEY = 'chargegate-token';

/** The console asks for its token, or for another one. */
export class TokenNeeded extends Error {}

/** There is nothing of that name any more. */
export class Gone extends Error {}

/** Keeps the token until the tab closes. */
export function keepToken(/** @type {string} */ token) {
  sessionStorage.setItem(KEY, token);
}

export function hasToken() {
  return sessionStorage.getItem(KEY) !== null;
}

/**
 * @param {string} path
 * @param {RequestInit} [init]
 */
async function send(path, init = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = new Headers(init.headers);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers });
  if (response.status === 401) throw new TokenNeeded();
  return response;
}

/**
 * @template Body
 * @param {string} path
 * @returns {Promise<Body>}
 */
export async function get(path) {
  return read(await send(path));
}

/**
 * @template Body
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<Body>}
 */
export async function post(path, body = {}) {
  const headers = { 'content-type': 'application/json' };
  return read(await send(path, { method: 'POST', headers, body: JSON.stringify(body) }));
}

/**
 * @param {string} path
 * @param {object} body
 */
export async function put(path, body) {
  const headers = { 'content-type': 'application/json' };
  return read(await send(path, { method: 'PUT', headers, body: JSON.stringify(body) }));
}

/** @param {string} path */
export async function remove(path) {
  return read(await send(path, { method: 'DELETE' }));
}

/** @param {Response} response */
async function read(response) {
  if (response.status === 204) return null;
  const body = await response.json();
  if (response.ok) return body;
  const message = typeof body.message === 'string' ? body.message : `HTTP ${response.status}`;
  throw response.status === 404 ? new Gone(message) : new Error(message);
}

/**
 * Follows the event stream until it ends. Read by fetch, because an EventSource cannot send the token.
 * @param {(name: string, data: Record<string, unknown>) => void} onEvent
 * @param {() => void} onOpen
 */
export async function follow(onEvent, onOpen) {
  const response = await send('/api/events');
  if (!response.ok || !response.body) throw new Error(`the event stream answered ${response.status}`);
  onOpen();
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block.split('\n').map((line) => [line.split(':', 1)[0] ?? '', line.replace(/^\w*: ?/, '')]),
      );
      const name = fields.get('event');
      if (name !== undefined) onEvent(name, JSON.parse(fields.get('data') ?? '{}'));
    }
  }
}
