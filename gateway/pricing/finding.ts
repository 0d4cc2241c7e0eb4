/** What a finding is about. */
export type FindingCode =
  | 'unreachable'
  | 'never'
  | 'flat-once'
  | 'gap'
  | 'overlap'
  | 'step-zero'
  | 'free-step'
  | 'whole-day'
  | 'past-midnight'
  | 'clock-change'
  | 'vat-missing'
  | 'limit-idle'
  | 'preauthorize-low'
  | 'text-missing'
  | 'over'
  | 'tariff-unknown'
  | 'tariff-unused'
  | 'both-in-force'
  | 'none-in-force'
  | 'currencies';

/** Something about a tariff that can be priced but probably does not mean what its author thinks. */
export interface Finding {
  code: FindingCode;
  /** Where: `elements[0].components[1]`, a key of the tariff; of several tariffs, a tariff's id or a place. */
  path: string;
  /** What is odd, how we read it, and what to do: a sentence or two. */
  text: string;
}
