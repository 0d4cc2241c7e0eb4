import type { Millis } from '../domain/time.ts';
import { share } from './decimal.ts';
import type { Period, PeriodKind } from '../domain/tariff.ts';

/** A stretch of a session as it was measured; energy flows evenly within it. All numbers are integers. */
export interface Stretch {
  kind: PeriodKind;
  from: Millis;
  to: Millis;
  /** Thousandths of a Wh. */
  milliWh: number;
  /** Momentary power at its beginning; null: not known, then its mean power counts. */
  milliW: number | null;
  /** Momentary current at its beginning, sum over the phases; null: not known, then any restriction on it holds. */
  milliA: number | null;
  /** Billed time where it is not that from `from` to `to`, ms. */
  billedMillis?: number;
  /** The energy at its beginning was computed between two readings. */
  interpolated?: true;
}

/** How it ended that a bay was kept for somebody. */
export type HoldOutcome = 'used' | 'expired' | 'cancelled';

/** A stretch in which a bay was kept for somebody, or (overtime) should have been free again. */
export interface Hold {
  kind: 'reservation' | 'booking' | 'overtime';
  from: Millis;
  to: Millis;
  outcome: HoldOutcome;
}

/** What has to be paid for. Stretches in the order of time; none: nobody charged. */
export interface Usage {
  stretches: Stretch[];
  holds: Hold[];
}

/** Periods of a session as usage: neither power nor current is known of them. */
export function usageOf(periods: readonly Period[]): Usage {
  return {
    stretches: periods.flatMap(({ kind, from, to, energyWh }) =>
      kind === 'charging' || kind === 'parking'
        ? [{ kind, from, to, milliWh: energyWh * 1000, milliW: null, milliA: null }]
        : [],
    ),
    holds: periods.flatMap(({ kind, from, to }) =>
      kind === 'charging' || kind === 'parking' ? [] : [{ kind, from, to, outcome: 'used' as const }],
    ),
  };
}

/** Stretches as periods, split where charging turns into parking or back; whole Wh. */
export function periodsOf(stretches: readonly Stretch[]): Period[] {
  const periods: Period[] = [];
  let milliWh = 0;
  for (const { kind, from, to, milliWh: added, interpolated } of stretches) {
    const energyWh = share(milliWh + added, 1, 1000) - share(milliWh, 1, 1000);
    milliWh += added;
    const last = periods.at(-1);
    if (last?.kind === kind) {
      last.to = to;
      last.energyWh += energyWh;
    } else periods.push({ kind, from, to, energyWh, ...(interpolated && { interpolated }) });
  }
  return periods;
}

/** Throws RangeError for a stretch or a hold that runs backwards or has a negative or fractional quantity. */
export function checkUsage(stretches: readonly Stretch[], holds: readonly Hold[]): void {
  for (const [index, { from, to, milliWh, billedMillis = 0 }] of stretches.entries())
    if (![to - from, milliWh, billedMillis].every(isQuantity))
      throw new RangeError(`stretch ${index} has ${milliWh} mWh in ${to - from} ms; both must be integers from 0`);
  for (const [index, { from, to }] of holds.entries())
    if (!isQuantity(to - from))
      throw new RangeError(`hold ${index} lasts ${to - from} ms; that must be an integer from 0`);
}

function isQuantity(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
