/** @typedef {Node | string | null} Child */

/**
 * Makes an element. Text only ever becomes text: what chargers and peers send is shown, never parsed.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * The element of the page with this id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * @template {Element} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function byIdAs(id, kind) {
  const element = byId(id);
  if (!(element instanceof kind)) throw new Error(`#${id} is no ${kind.name}`);
  return element;
}

/** What an element was made of. @type {WeakMap<Element, string>} */
const madeOf = new WeakMap();

/**
 * Brings a container's children in line with a list: an item that looks as before keeps its element, and with it focus,
 * selection and what is folded open.
 * @template Item
 * @param {HTMLElement} container
 * @param {Item[]} items
 * @param {(item: Item) => string} keyOf
 * @param {(item: Item) => HTMLElement} render
 */
export function keyed(container, items, keyOf, render) {
  const known = new Map([...container.children].map((child) => [child.getAttribute('data-key'), child]));
  const wanted = items.map((item) => {
    const key = keyOf(item);
    const looks = JSON.stringify(item);
    const before = known.get(key);
    if (before && madeOf.get(before) === looks) return before;
    const element = render(item);
    if (before?.querySelector('details[open]')) element.querySelector('details')?.setAttribute('open', '');
    element.setAttribute('data-key', key);
    madeOf.set(element, looks);
    return element;
  });
  const same =
    wanted.length === container.children.length && wanted.every((child, n) => child === container.children[n]);
  if (!same) container.replaceChildren(...wanted);
}

/**
 * A table whose cells carry their heading, so that a narrow screen can stack them.
 * @param {string[]} headings
 * @param {{ key: string, cells: Child[] }[]} rows
 */
export function table(headings, rows) {
  const head = h('tr', {}, ...headings.map((heading) => h('th', { scope: 'col' }, heading)));
  const body = rows.map(({ cells }) =>
    h('tr', {}, ...cells.map((cell, column) => h('td', { 'data-label': headings[column] ?? '' }, cell))),
  );
  return h('table', {}, h('thead', {}, head), h('tbody', {}, ...body));
}

/**
 * What stands where there is nothing yet: a fact, and what to do.
 * @param {string} fact
 * @param {...Child} hint
 */
export function empty(fact, ...hint) {
  return h('div', { class: 'empty' }, h('p', {}, fact), hint.length > 0 ? h('p', { class: 'muted' }, ...hint) : null);
}
