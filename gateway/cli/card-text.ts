import type { UidForms, UidStrength } from '../domain/token.ts';
import { pairs } from './output.ts';

/** A line of text about a card; null: there is nothing to say. */
export type Fact = [label: string, value: string | null];

/** The other ways in which a number may be printed or typed. */
export function formRows(forms: UidForms | null, strength: UidStrength): Fact[] {
  return [
    ['with colons', forms?.colons ?? null],
    ['decimal', forms?.decimal ?? null],
    ['last byte first', forms?.reversed ?? null],
    ['decimal of that', forms?.decimalReversed ?? null],
    ['strength', STRENGTHS[strength]],
  ];
}

const STRENGTHS = {
  random: 'none: a phone made it up for this tap',
  weak: 'weak: easily copied, and another card may have it too',
  usual: 'usual',
};

/** Labels and values, one pair a line, without those that say nothing. */
export function facts(rows: Fact[]): string {
  return pairs(rows.flatMap(([label, value]) => (value === null ? [] : [[label, value] satisfies [string, string]])));
}
