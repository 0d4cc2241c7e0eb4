/** Where the operator API has a charger, or a part of it. */
export function chargerPath(id: string, part = ''): string {
  return `/api/chargers/${encodeURIComponent(id)}${part === '' ? '' : `/${part}`}`;
}

/** Only what was said. */
export function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
