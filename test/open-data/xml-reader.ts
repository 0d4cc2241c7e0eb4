/** A strict reader of the XML that we write: it refuses whatever a real parser would, and namespaces that nobody declared. */

export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

const NAME = '[A-Za-z_][\\w.-]*(?::[A-Za-z_][\\w.-]*)?';
const TAG = new RegExp(`^<(/?)(${NAME})((?:\\s+${NAME}="[^"<]*")*)(/?)>`);
const ATTRIBUTE = new RegExp(`(${NAME})="([^"<]*)"`, 'g');
const CHARACTERS = /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The root element of a document. Throws what is wrong with it. */
export function readXml(source: string): Element {
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>';
  if (!source.startsWith(declaration)) throw new Error('no XML declaration');
  if (!CHARACTERS.test(source)) throw new Error('a character that XML cannot hold');
  const body = source.slice(declaration.length).trim();
  const top: Element = { name: '', attributes: {}, children: [], text: '' };
  const open: Element[] = [top];
  for (let at = 0; at < body.length;) {
    const parent = open.at(-1)!;
    if (body[at] !== '<') {
      const end = body.indexOf('<', at);
      parent.text += unescape(body.slice(at, end === -1 ? undefined : end));
      at = end === -1 ? body.length : end;
      continue;
    }
    const tag = TAG.exec(body.slice(at, at + 5000));
    if (!tag) throw new Error(`no tag at ${body.slice(at, at + 60)}`);
    const [whole, closing, name = '', written = '', empty] = tag;
    at += whole.length;
    if (closing) {
      if (parent.name !== name) throw new Error(`${name} ends where ${parent.name} is open`);
      open.pop();
      continue;
    }
    const pairs = [...written.matchAll(ATTRIBUTE)].map(([, key = '', value = '']) => [key, unescape(value)] as const);
    if (new Set(pairs.map(([key]) => key)).size < pairs.length) throw new Error(`an attribute twice in ${name}`);
    const element: Element = { name, attributes: Object.fromEntries(pairs), children: [], text: '' };
    parent.children.push(element);
    if (!empty) open.push(element);
  }
  const [root, ...more] = top.children;
  if (open.length !== 1 || !root || more.length > 0 || top.text.trim() !== '') throw new Error('not one whole element');
  checkPrefixes(root, new Set(['xml']));
  return root;
}

function unescape(text: string): string {
  if (/&(?!(?:amp|lt|gt|quot|apos);)/.test(text)) throw new Error(`a bare & in ${text}`);
  return text.replaceAll(/&(\w+);/g, (_, name: string) => ENTITIES[name] ?? '');
}

function checkPrefixes({ name, attributes, children }: Element, known: ReadonlySet<string>): void {
  const declared = Object.keys(attributes).flatMap((key) => (key.startsWith('xmlns:') ? key.slice(6) : []));
  const here = new Set([...known, ...declared]);
  const types = attributes['xsi:type'] === undefined ? [] : [attributes['xsi:type']];
  const used = [name, ...Object.keys(attributes).filter((key) => !key.startsWith('xmlns')), ...types];
  for (const one of used) {
    const prefix = one.includes(':') ? one.split(':')[0]! : null;
    if (prefix !== null && !here.has(prefix)) throw new Error(`${one}: nobody declared ${prefix}`);
  }
  for (const child of children) checkPrefixes(child, here);
}

/** Every element of this name within, in order. */
export function all(element: Element, name: string): Element[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)]);
}

/** The text of the one element of this name within; fails where there are none or several. */
export function textOf(element: Element, name: string): string {
  const found = all(element, name);
  if (found.length !== 1) throw new Error(`${found.length} of ${name}`);
  return found[0]!.text === '' ? found[0]!.children.map((child) => allText(child)).join('') : found[0]!.text;
}

function allText(element: Element): string {
  return element.text + element.children.map(allText).join('');
}
