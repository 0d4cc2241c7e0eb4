/** Seconds that the first strike costs; each further one doubles it. */
const FIRST_WAIT = 5;

const LONGEST_WAIT = 300;

/** Who behaved this long has nothing to its name any more, milliseconds. */
const FORGIVEN_AFTER = 15 * 60_000;

/** So many calls in a row that one does not answer, while it talks itself, make it deaf (Q13). */
const DEAF_AFTER = 3;

/** Milliseconds until one that is still deaf is parted from again; each further time it is twice as long, to a day. */
const FIRST_PARTING = 10 * 60_000;

const LONGEST_PARTING = 24 * 60 * 60_000;

/** More identities than a site has chargers: the oldest are forgotten. */
const MOST_REMEMBERED = 10_000;

/** What identities have to answer for, over all their sockets. Memory only: a restart forgives. */
export interface Penalties {
  /** This identity was let go for what it sent. Gives the seconds that it has to stay away. */
  strike(chargerId: string): number;
  /** Whole seconds until it may open a socket again; 0: now. */
  waitSeconds(chargerId: string): number;
  /**
   * A call of ours was answered, or not although its charger talks meanwhile. `deaf`: it was one too many; `part`: a new
   * socket may help, and was not tried lately.
   */
  called(chargerId: string, answered: boolean): 'fine' | 'deaf' | 'part';
}

interface Hearing {
  missed: number;
  partings: number;
  notBefore: number;
}

/** Makes the record, empty; `now` yields milliseconds that only rise, so that a clock being set frees or bars nobody. */
export function createPenalties(now: () => number = () => performance.now()): Penalties {
  const records = new Map<string, { strikes: number; until: number }>();
  const hearing = new Map<string, Hearing>();
  return {
    strike(chargerId) {
      const at = now();
      const known = records.get(chargerId);
      const strikes = known && at - known.until < FORGIVEN_AFTER ? known.strikes + 1 : 1;
      const wait = Math.min(FIRST_WAIT * 2 ** (strikes - 1), LONGEST_WAIT);
      remember(records, chargerId, { strikes, until: at + wait * 1000 });
      return wait;
    },
    waitSeconds(chargerId) {
      const until = records.get(chargerId)?.until ?? 0;
      return Math.max(0, Math.ceil((until - now()) / 1000));
    },
    called(chargerId, answered) {
      if (answered) {
        hearing.delete(chargerId);
        return 'fine';
      }
      const known = hearing.get(chargerId) ?? { missed: 0, partings: 0, notBefore: -Infinity };
      const missed = known.missed + 1;
      const deaf = missed % DEAF_AFTER === 0;
      const part = deaf && now() >= known.notBefore;
      remember(hearing, chargerId, {
        missed,
        partings: known.partings + (part ? 1 : 0),
        notBefore: part ? now() + Math.min(FIRST_PARTING * 2 ** known.partings, LONGEST_PARTING) : known.notBefore,
      });
      if (part) return 'part';
      return deaf ? 'deaf' : 'fine';
    },
  };
}

/** Puts it last, so that the map stays in the order of what happened, and forgets the oldest of too many. */
function remember<Value>(records: Map<string, Value>, chargerId: string, value: Value): void {
  records.delete(chargerId);
  records.set(chargerId, value);
  const [oldest] = records.keys();
  if (records.size > MOST_REMEMBERED && oldest !== undefined) records.delete(oldest);
}
