/** An element that is written already. */
export type Xml = { readonly xml: string };

/** What an element holds: text, elements, or nothing where there is nothing to say. */
export type Content = string | number | boolean | Xml | null | readonly (Xml | null)[];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Characters that XML 1.0 cannot hold, escaped or not (§2.2 Char); tab and line feeds become blanks. */
const UNWRITABLE = /[\p{Cc}\uFFFE\uFFFF]/gu;

/** Most text needs nothing done. */
const PLAIN = /^[\w .,:;*+()/-]*$/;

/** Text as it may stand in XML, in content and in attributes. */
export function escapeXml(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .toWellFormed()
    .replace(UNWRITABLE, ' ')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** An element; null where its content is null, so that what is unknown is not written. */
export function el(name: string, content: null, attributes?: Record<string, string>): null;
export function el(name: string, content: Exclude<Content, null>, attributes?: Record<string, string>): Xml;
export function el(name: string, content: Content, attributes?: Record<string, string>): Xml | null;
export function el(name: string, content: Content, attributes: Record<string, string> = {}): Xml | null {
  if (content === null) return null;
  const head = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  const body = inner(content);
  return { xml: body === '' ? `<${name}${head.join('')}/>` : `<${name}${head.join('')}>${body}</${name}>` };
}

/** A whole document, UTF-8. */
export function xmlDocument(root: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}\n`;
}

function inner(content: Exclude<Content, null>): string {
  if (typeof content !== 'object') return escapeXml(String(content));
  if ('xml' in content) return content.xml;
  return content.map((part) => part?.xml ?? '').join('');
}
