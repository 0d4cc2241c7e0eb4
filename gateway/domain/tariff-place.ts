/** Where tariffs are assigned: the site, a charger, an EVSE or a connector. Null: all there are; then so is what follows. */
export interface TariffPlace {
  chargerId: string | null;
  evse: number | null;
  connector: number | null;
}

/** A place in the words of a message. */
export function placeText({ chargerId, evse, connector }: TariffPlace): string {
  if (chargerId === null) return 'the whole site';
  if (evse === null) return `charger ${chargerId}`;
  return `EVSE ${evse} of charger ${chargerId}${connector === null ? '' : `, connector ${connector}`}`;
}
