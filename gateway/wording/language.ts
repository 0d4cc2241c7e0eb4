import { da } from './da.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';
import { it } from './it.ts';
import { nl } from './nl.ts';
import { no } from './no.ts';
import { sv } from './sv.ts';
import type { Words } from './words.ts';

/** Languages that drivers are spoken to in, ISO 639-1; `no` is Bokmål. */
export const LANGUAGES = ['en', 'de', 'fr', 'nl', 'sv', 'no', 'da', 'es', 'it'] as const;
export type Language = (typeof LANGUAGES)[number];

const WORDS: Record<Language, Words> = { en, de, fr, nl, sv, no, da, es, it };

export function wordsOf(language: Language): Words {
  return WORDS[language];
}

/** The language itself, without region or script: `de` of `de-CH`. Both Norwegian written languages are `no`. */
export function primaryOf(tag: string): string {
  const primary = tag.trim().toLowerCase().split(/[-_]/)[0] ?? '';
  return primary === 'nb' || primary === 'nn' ? 'no' : primary;
}

/** Longer lists are read no further. */
const MAX_TAGS = 32;

/**
 * The language among those available that somebody wants most; else English, else the first available.
 *
 * @param wanted a language tag such as `de-CH`, or a list with weights as HTTP's Accept-Language has it (RFC 9110 12.5.4)
 */
export function pickLanguage<Available extends string = Language>(
  wanted: string | undefined,
  available: readonly Available[],
): Available | 'en';
export function pickLanguage(wanted: string | undefined): Language;
export function pickLanguage(wanted: string | undefined, available: readonly string[] = LANGUAGES): string {
  const tags = (wanted ?? '').slice(0, 1000).split(',').slice(0, MAX_TAGS).flatMap(readTag);
  const sorted = tags.filter(({ weight }) => weight > 0).toSorted((one, other) => other.weight - one.weight);
  for (const { primary } of sorted) {
    const found = available.find((each) => primaryOf(each) === primary);
    if (found !== undefined) return found;
  }
  return available.find((each) => primaryOf(each) === 'en') ?? available[0] ?? 'en';
}

/** A tag, and how much it is wanted, in thousandths. */
function readTag(text: string): { primary: string; weight: number }[] {
  const match = /^\s*([A-Za-z]{1,8}(?:[-_][A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01])(?:\.(\d{0,3}))?\s*)?$/i.exec(text);
  if (!match) return [];
  const [, tag = '', whole = '1', fraction = ''] = match;
  return [{ primary: primaryOf(tag), weight: Number(`${whole}${fraction.padEnd(3, '0')}`) }];
}
