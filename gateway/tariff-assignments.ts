import { GatewayError } from './domain/errors.ts';
import { placeText, type TariffPlace } from './domain/tariff-place.ts';
import type { Connector } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import * as chargers from './store/chargers.ts';
import type { Tx } from './store/db.ts';
import * as store from './store/tariff-assignments.ts';
import { findTariff } from './store/tariffs.ts';
import { unknownTariff } from './tariffs.ts';

/** Tariffs that the operator gave a place. */
export interface TariffAssignment extends store.StoredAssignment {
  /** Connectors that have their tariffs from it now. */
  connectors: number;
}

/** As many as a site has places that differ; more is somebody's mistake (law 13). */
const MOST_ASSIGNMENTS = 10_000;

/**
 * The tariffs of a connector: those that the config file names, for itself or by default; without any, those that the
 * operator assigned, of the narrowest place that it lies in.
 */
export function tariffIdsAt(gw: Gateway, at: Pick<Connector, 'chargerId' | 'evse' | 'connector'>, ofFile: string[]) {
  if (ofFile.length > 0) return ofFile;
  return store.assignmentAt(gw.db, at.chargerId, at.evse, at.connector)?.tariffIds ?? [];
}

/** What the operator assigned, from the widest place to the narrowest. */
export function listTariffAssignments(gw: Gateway): TariffAssignment[] {
  const counts = new Map<string, number>();
  for (const connector of assignable(gw)) {
    const place = store.assignmentAt(gw.db, connector.chargerId, connector.evse, connector.connector);
    if (place) counts.set(placeText(place), (counts.get(placeText(place)) ?? 0) + 1);
  }
  return store
    .listAssignments(gw.db)
    .map((assignment) => ({ ...assignment, connectors: counts.get(placeText(assignment)) ?? 0 }));
}

/**
 * Gives a place its tariffs, in one write with every connector that has them from now on. Errors: REQUEST_INVALID,
 * CHARGER_UNKNOWN, EVSE_UNKNOWN, TARIFF_UNKNOWN, LIMIT_REACHED.
 */
export async function assignTariffs(
  gw: Gateway,
  place: TariffPlace,
  ids: readonly string[],
): Promise<TariffAssignment> {
  checkPlace(place);
  await gw.db.write((tx) => {
    checkKnown(gw, place);
    const tariffIds = ids.map((id) => tariffIdOf(gw, id));
    if (new Set(tariffIds).size < tariffIds.length)
      throw new GatewayError('REQUEST_INVALID', 'a tariff is named twice: name each once');
    const known = store.findAssignment(gw.db, place);
    if (known?.tariffIds.join('\n') === tariffIds.join('\n')) return;
    if (!known && store.countAssignments(gw.db) >= MOST_ASSIGNMENTS)
      throw new GatewayError('LIMIT_REACHED', `tariffs are assigned to ${MOST_ASSIGNMENTS} places already`);
    store.putAssignment(gw.db, { ...place, tariffIds, updatedAt: tx.stamp });
    applyAssignments(gw, tx, place);
  });
  const made = listTariffAssignments(gw).find((each) => placeText(each) === placeText(place));
  if (!made) throw new GatewayError('NOT_FOUND', `what was assigned to ${placeText(place)} was taken away meanwhile`);
  return made;
}

/** Takes a place's own tariffs away: the wider place's count there again. Errors: REQUEST_INVALID, NOT_FOUND. */
export async function unassignTariffs(gw: Gateway, place: TariffPlace): Promise<void> {
  checkPlace(place);
  await gw.db.write((tx) => {
    if (!store.findAssignment(gw.db, place))
      throw new GatewayError('NOT_FOUND', `nothing is assigned to ${placeText(place)} itself`);
    store.deleteAssignment(gw.db, place);
    applyAssignments(gw, tx, place);
  });
}

/** Brings the connectors in a place in line with what is assigned; what is unchanged keeps its `updatedAt` (law 9). */
function applyAssignments(gw: Gateway, tx: Tx, place: TariffPlace): void {
  for (const connector of assignable(gw)) {
    if (!lies(connector, place)) continue;
    const tariffIds = tariffIdsAt(gw, connector, []);
    if (tariffIds.join('\n') !== connector.tariffIds.join('\n'))
      chargers.putConnector(gw.db, { ...connector, tariffIds, updatedAt: tx.stamp });
  }
  tx.emit({ name: 'tariff.assigned', data: { chargerId: place.chargerId } });
}

/** Connectors of EVSEs that are there and for which the file names no tariff. */
function assignable(gw: Gateway): Connector[] {
  const gone = new Set(
    chargers
      .listEvses(gw.db)
      .filter(({ removed }) => removed)
      .map(({ chargerId, evse }) => `${evse} ${chargerId}`),
  );
  return chargers
    .listConnectors(gw.db)
    .filter(({ chargerId, evse }) => !gone.has(`${evse} ${chargerId}`))
    .filter((connector) => fileTariffs(gw, connector).length === 0);
}

/** What the file says of a connector that it describes, else of the default connector. */
function fileTariffs(gw: Gateway, { chargerId, evse, connector }: Connector): string[] {
  const { chargers: described, defaultConnector } = gw.settings;
  const own = described.find(({ id }) => id === chargerId)?.evses.find((each) => each.evse === evse);
  return (own?.connectors.find((each) => each.connector === connector) ?? defaultConnector).tariffIds;
}

function lies(connector: Connector, place: TariffPlace): boolean {
  return (
    (place.chargerId === null || place.chargerId === connector.chargerId) &&
    (place.evse === null || place.evse === connector.evse) &&
    (place.connector === null || place.connector === connector.connector)
  );
}

function checkPlace({ chargerId, evse, connector }: TariffPlace): void {
  if (evse !== null && chargerId === null)
    throw new GatewayError('REQUEST_INVALID', 'an EVSE is named without its charger: name the charger too');
  if (connector !== null && evse === null)
    throw new GatewayError('REQUEST_INVALID', 'a connector is named without its EVSE: name the EVSE too');
}

/** A place that there is not is a slip of the pen, and would price nothing. */
function checkKnown(gw: Gateway, { chargerId, evse, connector }: TariffPlace): void {
  if (chargerId === null) return;
  if (!chargers.findCharger(gw.db, chargerId))
    throw new GatewayError('CHARGER_UNKNOWN', `no charger ${chargerId} is known here: check the id, case counts`);
  const connectors = chargers.listConnectorsOf(gw.db, chargerId);
  const there = connectors.filter((each) => evse === null || each.evse === evse);
  if (evse !== null && there.length === 0) {
    const numbers = [...new Set(connectors.map((each) => each.evse))];
    throw new GatewayError('EVSE_UNKNOWN', `charger ${chargerId} has no EVSE ${evse}; ${listed('EVSE', numbers)}`);
  }
  if (connector !== null && !there.some((each) => each.connector === connector)) {
    const numbers = there.map((each) => each.connector);
    const where = `EVSE ${evse} of charger ${chargerId}`;
    throw new GatewayError('EVSE_UNKNOWN', `${where} has no connector ${connector}; ${listed('connector', numbers)}`);
  }
}

function listed(what: string, numbers: number[]): string {
  return numbers.length === 0 ? `it has reported no ${what} yet` : `it has ${what} ${numbers.join(', ')}`;
}

/** In the tariff's own spelling. */
function tariffIdOf(gw: Gateway, id: string): string {
  const tariff = findTariff(gw.db, id);
  if (!tariff) throw unknownTariff(id);
  return tariff.id;
}
