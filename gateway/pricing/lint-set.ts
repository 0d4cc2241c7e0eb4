import type { Tariff } from '../domain/tariff.ts';
import { toUtc, type Millis } from '../domain/time.ts';
import type { Finding } from './finding.ts';

/** A place whose sessions are priced, such as a connector, and its tariffs. */
export interface TariffUse {
  place: string;
  tariffIds: readonly string[];
}

/**
 * What does not fit together among tariffs and the places that use them, from now on (OCPI 2.3.0 mod_locations Connector
 * tariff_ids: one tariff of each type at a time).
 */
export function lintSet(tariffs: readonly Tariff[], uses: readonly TariffUse[], now: Millis): Finding[] {
  const byId = new Map(tariffs.map((tariff) => [tariff.id, tariff]));
  const used = new Set(uses.flatMap(({ tariffIds }) => tariffIds));
  return [
    ...uses.flatMap((use) => lintUse(use, byId, now)),
    ...tariffs.flatMap(({ id }): Finding[] =>
      used.has(id)
        ? []
        : [{ code: 'tariff-unused', path: id, text: 'no connector has this tariff: nothing is priced by it' }],
    ),
  ];
}

function lintUse({ place, tariffIds }: TariffUse, byId: Map<string, Tariff>, now: Millis): Finding[] {
  const ids = [...new Set(tariffIds)];
  const known = ids.flatMap((id) => byId.get(id) ?? []);
  const current = known.filter((tariff) => endOf(tariff) > now);
  const unknown = ids.filter((id) => !byId.has(id));
  const currencies = [...new Set(current.map(({ currency }) => currency))];
  return [
    ...unknown.map((id): Finding => ({ code: 'tariff-unknown', path: place, text: `there is no tariff "${id}"` })),
    ...(currencies.length > 1
      ? [
          {
            code: 'currencies' as const,
            path: place,
            text: `its tariffs are in ${currencies.join(' and ')}: what a driver pays in depends on the tariff chosen`,
          },
        ]
      : []),
    ...current.flatMap((tariff, index) => clash(tariff, current.slice(0, index), place, now)),
    ...(known.length === 0 ? [] : gaps(known, place, now)),
  ];
}

/** The first of the earlier ones that is for the same sessions at the same time. */
function clash(tariff: Tariff, earlier: Tariff[], place: string, now: Millis): Finding[] {
  for (const other of earlier) {
    const from = Math.max(startOf(tariff), startOf(other), now);
    const to = Math.min(endOf(tariff), endOf(other));
    if (other.type !== tariff.type || from >= to) continue;
    const winner = startOf(tariff) > startOf(other) ? tariff : other;
    const when = to === Infinity ? 'on' : `until ${toUtc(to)}`;
    const text =
      `"${other.id}" and "${tariff.id}" are both for ${nameOf(tariff)} from ${from === now ? 'now' : toUtc(from)} ${when}: ` +
      `"${winner.id}" is taken. End one where the other begins, or give them different types`;
    return [{ code: 'both-in-force', path: place, text }];
  }
  return [];
}

function nameOf({ type }: Tariff): string {
  return type === undefined ? 'all sessions' : `${type} sessions`;
}

/** Times from now on in which none is in force. */
function gaps(tariffs: readonly Tariff[], place: string, now: Millis): Finding[] {
  const findings: Finding[] = [];
  let covered = now;
  const tell = (until: Millis): void => {
    const from = covered === now ? 'from now' : `from ${toUtc(covered)}`;
    const when = until === Infinity ? `${from} on` : `${from} until ${toUtc(until)}`;
    const text = `no tariff is in force ${when}: sessions that begin then are priced by the one that was last, or else by the next`;
    findings.push({ code: 'none-in-force', path: place, text });
  };
  for (const tariff of tariffs.toSorted((one, other) => (startOf(one) < startOf(other) ? -1 : 1))) {
    if (startOf(tariff) > covered) tell(startOf(tariff));
    covered = Math.max(covered, endOf(tariff));
  }
  if (covered !== Infinity) tell(Infinity);
  return findings;
}

function startOf({ startsAt }: Tariff): number {
  return startsAt ?? -Infinity;
}

function endOf({ endsAt }: Tariff): number {
  return endsAt ?? Infinity;
}
