import { removalOf } from './domain/local-list.ts';
import type { LocalListEntry } from './domain/orders.ts';
import type { Chosen } from './local-list-cards.ts';
import type { StoredEntry } from './store/local-lists.ts';

/** One step from the list that a charger has to the one that it should have. */
export interface ListChange {
  key: string;
  /** As it is sent. */
  entry: LocalListEntry;
  /** What is remembered of it; null: nothing, as it comes off. */
  stored: string | null;
}

/**
 * What has to change on a list: first what comes off, so that there is room, then what comes on or is another. `held`
 * gives what is known to be on the list, by pages, in the order of the numbers, and is read twice; changes that were given
 * may already have been made to it. `turn` lets others go on.
 */
export async function* listChanges(
  held: () => Iterable<readonly StoredEntry[]>,
  chosen: Chosen,
  turn: () => Promise<void>,
): AsyncGenerator<ListChange> {
  const { keys } = chosen;
  let at = 0;
  for (const page of held()) {
    for (const { key, entry } of page) {
      while (at < keys.length && (keys[at] ?? '') < key) at += 1;
      if (keys[at] !== key) yield { key, entry: removalOf(readEntry(entry).tokenUid), stored: null };
    }
    await turn();
  }

  at = 0;
  for (const page of held()) {
    for (const { key, entry } of page) {
      while (at < keys.length && (keys[at] ?? '') < key) yield addition(at++);
      if (keys[at] !== key) continue;
      if (chosen.entry(at) !== entry) yield addition(at);
      at += 1;
    }
    await turn();
  }
  while (at < keys.length) yield addition(at++);

  function addition(index: number): ListChange {
    const stored = chosen.entry(index);
    return { key: keys[index] ?? '', entry: readEntry(stored), stored };
  }
}

function readEntry(text: string): LocalListEntry {
  return JSON.parse(text) as LocalListEntry;
}

/** The same changes, so many at a time. */
export async function* inParts(changes: AsyncIterable<ListChange>, size: number): AsyncGenerator<ListChange[]> {
  let part: ListChange[] = [];
  for await (const change of changes) {
    part.push(change);
    if (part.length < size) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
