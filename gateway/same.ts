/** Do two records agree in everything but when they changed? */
export function sameBut(known: object, wanted: object): boolean {
  return JSON.stringify(sorted(known)) === JSON.stringify(sorted(wanted));
}

function sorted(record: object): [string, unknown][] {
  return Object.entries(record)
    .filter(([key]) => key !== 'updatedAt')
    .toSorted(([a], [b]) => a.localeCompare(b));
}
