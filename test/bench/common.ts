/** The charger's id and also its card's uid. */
export function chargerId(index: number): string {
  return `BENCH${String(index).padStart(4, '0')}`;
}

/** Of what is sorted; NaN of nothing. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** How long honest chargers waited, milliseconds from the moment that a message was due. */
export interface Latencies {
  messages: number;
  unanswered: number;
  p50: number;
  p99: number;
  worst: number;
}
