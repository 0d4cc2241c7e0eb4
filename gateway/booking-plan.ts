import type { Millis } from './domain/time.ts';

/** A booking as far as it takes up a bay; bays are named `charger/EVSE`. */
export interface Slot {
  id: string;
  from: Millis;
  to: Millis;
  /** Where it is to be so far; null: nowhere yet. */
  bay: string | null;
  /** It was asked for that bay. */
  pinned: boolean;
  /** The bays that will do. */
  bays: readonly string[];
}

/**
 * Finds a bay for each slot so that no two overlap: as they are where that can be, else anew around those that were asked for
 * one. Null where it finds none. Pure.
 */
export function planBays(slots: readonly Slot[]): Map<string, string> | null {
  return arrange(slots, true) ?? arrange(slots, false);
}

/** One after the other by their begin; those with a bay of their own first. `stay`: the others stay where they are if they can. */
function arrange(slots: readonly Slot[], stay: boolean): Map<string, string> | null {
  const plan = new Map<string, string>();
  const busy = new Map<string, Slot[]>();
  const isOpen = (bay: string, slot: Slot): boolean => !(busy.get(bay) ?? []).some((other) => overlaps(other, slot));
  const put = (slot: Slot, bay: string): void => {
    plan.set(slot.id, bay);
    const there = busy.get(bay);
    if (there) there.push(slot);
    else busy.set(bay, [slot]);
  };
  const fixed = (slot: Slot): boolean => slot.pinned || (stay && slot.bay !== null);
  for (const slot of slots.filter(fixed)) {
    if (slot.bay === null || !isOpen(slot.bay, slot)) return null;
    put(slot, slot.bay);
  }
  const free = slots
    .filter((slot) => !fixed(slot))
    .toSorted((one, other) => one.from - other.from || one.to - other.to);
  for (const slot of free) {
    // The tightest gap that will do leaves the wide ones for others.
    const [bay] = slot.bays
      .filter((each) => isOpen(each, slot))
      .toSorted((one, other) => gapAfter(busy.get(one) ?? [], slot) - gapAfter(busy.get(other) ?? [], slot));
    if (bay === undefined) return null;
    put(slot, bay);
  }
  return plan;
}

function overlaps(one: Slot, other: Slot): boolean {
  return one.from < other.to && other.from < one.to;
}

/** How long a bay would stay free after a slot. */
function gapAfter(busy: readonly Slot[], slot: Slot): number {
  return busy.reduce((least, { from }) => (from >= slot.to ? Math.min(least, from - slot.to) : least), Infinity);
}

/** The times within a window in which at least one bay is free. Pure. */
export function freeTimes(
  bays: readonly string[],
  taken: readonly { bay: string; from: Millis; to: Millis }[],
  window: { from: Millis; to: Millis },
): { from: Millis; to: Millis }[] {
  const byBay = Map.groupBy(taken, ({ bay }) => bay);
  const free = bays.flatMap((bay) => gaps(byBay.get(bay) ?? [], window)).toSorted((a, b) => a.from - b.from);
  const joined: { from: Millis; to: Millis }[] = [];
  for (const { from, to } of free) {
    const last = joined.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else joined.push({ from, to });
  }
  return joined;
}

function gaps(busy: readonly { from: Millis; to: Millis }[], window: { from: Millis; to: Millis }) {
  const found: { from: Millis; to: Millis }[] = [];
  let reached = window.from;
  for (const { from, to } of busy.toSorted((one, other) => one.from - other.from)) {
    if (from > reached) found.push({ from: reached, to: Math.min(from, window.to) });
    reached = Math.max(reached, to);
    if (reached >= window.to) break;
  }
  if (reached < window.to) found.push({ from: reached, to: window.to });
  return found.filter(({ from, to }) => from < to);
}
