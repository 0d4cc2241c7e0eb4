/** Text without control characters, cut to what the field takes (OCPI 2.3.0 types, string). */
export function clip(text: string, length: number): string {
  const printable = text.replace(/\p{Cc}+/gu, ' ').trim();
  if (printable.length <= length) return printable;
  // Cut between characters, not inside a surrogate pair.
  return printable
    .slice(0, length)
    .replace(/[\uD800-\uDBFF]$/, '')
    .trimEnd();
}

/** Printable ASCII only, as identifiers need it; everything else becomes `?` (OCPI 2.3.0 types, CiString). */
export function clipId(text: string, length: number): string {
  return clip(text, length).replace(/[^\x20-\x7e]/g, '?');
}

/** The field with its value, or nothing where there is none: we omit, never send null (OCPI 2.3.0 terminology, cardinality). */
export function optional<K extends string, T>(name: K, value: T | null | undefined): { [P in K]?: T } {
  return value === null || value === undefined ? {} : ({ [name]: value } as { [P in K]?: T });
}

/** OCPI 2.3.0 types, DisplayText. */
export function displayText(text: string): { language: string; text: string } {
  return { language: 'en', text: clip(text, 512) };
}
