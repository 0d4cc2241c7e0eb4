import type { Box } from './boxes.ts';

type Item = Record<string, unknown>;

/** Each charge that a charger knows of is billed once, to the watt-hour, and nothing else is. Gives what is not so. */
export function compareBills(boxes: Box[], cdrs: Item[]): string[] {
  const problems: string[] = [];
  const billed = Map.groupBy(cdrs, (cdr) => (cdr['cdr_location'] as Item)['evse_uid']);
  for (const { charger, charges, quirks } of boxes) {
    const known = charges.map(({ energyWh }) => energyWh ?? -1);
    const told = (billed.get(`${charger.id}-1`) ?? []).map((cdr) => Math.round(Number(cdr['total_energy']) * 1000));
    if (inOrder(known.filter(Boolean)) !== inOrder(told.filter(Boolean)))
      problems.push(`${[charger.id, ...quirks].join(' ')} knows ${inOrder(known)}\n  billed is ${inOrder(told)}`);
    const empty = known.filter((energy) => energy === 0).length;
    const cards = charges.filter(({ card, energyWh }) => card && energyWh === 0).length;
    const bills = told.filter((energy) => energy === 0).length;
    if (bills < cards || bills > empty)
      problems.push(
        `${charger.id}: of ${empty} charges without energy, ${cards} begun with a card, ${bills} are billed`,
      );
    const sum = known.reduce((total, energy) => total + energy, 0);
    // Each register is told in whole watt-hours.
    if (Math.abs(charger.registerWh(1) - sum) > charges.length)
      problems.push(`${charger.id}: its meter says ${charger.registerWh(1)} Wh, its charges ${sum}`);
  }
  return problems;
}

/** Each bill is right in itself: its price, its periods, and its session, which has ended. */
export function checkBills(cdrs: Item[], sessions: Item[], price: number): string[] {
  const byId = new Map(sessions.map((session) => [session['id'], session]));
  return cdrs.flatMap((cdr) => {
    const energy = Number(cdr['total_energy']);
    const cost = Number((cdr['total_cost'] as Item)['before_taxes']);
    const session = byId.get(cdr['session_id']);
    const periods = (cdr['charging_periods'] as { dimensions: { type: string; volume: number }[] }[])
      .flatMap(({ dimensions }) => dimensions)
      .reduce((sum, { type, volume }) => sum + (type === 'ENERGY' ? volume : 0), 0);
    const wrong = [
      Math.abs(cost - price * energy) > 0.01 && `costs ${cost}`,
      Math.abs(periods - energy) > 0.0005 && `its periods come to ${periods} kWh`,
      session?.['status'] !== 'COMPLETED' && `its session is ${String(session?.['status'])}`,
      session?.['kwh'] !== energy && `its session has ${String(session?.['kwh'])} kWh`,
    ].filter((text) => text !== false);
    return wrong.map((text) => `cdr ${String(cdr['id'])} of ${energy} kWh: ${text}`);
  });
}

/** What a cloud was told is what it gets when it asks. */
export function compareObjects(what: string, asked: Item[], told: Item[]): string[] {
  const byId = new Map(told.map((item) => [item['id'], text(item)]));
  const problems = asked
    .filter((item) => byId.get(item['id']) !== text(item))
    .map((item) => `${what} ${String(item['id'])}: told was ${byId.get(item['id'])}\n  asked it is ${text(item)}`);
  if (byId.size !== asked.length) problems.push(`${what}s: told were ${byId.size}, asked there are ${asked.length}`);
  return problems;
}

const inOrder = (numbers: number[]): string => numbers.toSorted((one, other) => one - other).join(' ');

/** The same text for the same content, whatever the order of its keys. */
function text(item: unknown): string {
  return JSON.stringify(item, (_key, value: unknown) =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => one.localeCompare(other))),
  );
}
