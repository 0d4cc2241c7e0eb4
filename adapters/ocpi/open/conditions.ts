import type { IncomingHttpHeaders } from 'node:http';
import type { Millis } from '../../../gateway/domain/time.ts';

/** Has the client this edition already (RFC 9110 §13)? Its tag counts, its time only where it shows no tag. */
export function isNotModified(headers: IncomingHttpHeaders, etag: string, modifiedAt: Millis | null): boolean {
  const shown = headers['if-none-match'];
  if (shown !== undefined) return shown.trim() === '*' || tags(shown).includes(opaque(etag));
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return modifiedAt !== null && since >= modifiedAt;
}

/** Does the client read gzip (RFC 9110 §12.5.3)? */
export function takesGzip(accepted: string | string[] | undefined): boolean {
  const codings = String(accepted ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.split(';').map((part) => part.trim()));
  const quality = (name: string): number | undefined => {
    const found = codings.find(([coding]) => coding === name);
    if (!found) return undefined;
    const q = found.find((part) => part.startsWith('q='));
    return q === undefined ? 1 : Number(q.slice(2));
  };
  return (quality('gzip') ?? quality('*') ?? 0) > 0;
}

function tags(header: string): string[] {
  return (header.match(/(?:W\/)?"[^"]*"/g) ?? []).map(opaque);
}

/** Compared weakly. */
function opaque(tag: string): string {
  return tag.replace(/^W\//, '');
}
