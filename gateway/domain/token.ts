/** The form under which a card is found however it is written: upper case, without `:`, `-` and blanks (Q49). */
export function canonicalUid(uid: string): string {
  return uid.replace(/[\s:-]/g, '').toUpperCase();
}

/** A card number as it may stand in a log: its middle is hidden. */
export function maskUid(uid: string): string {
  return uid.length <= 4 ? '****' : `${uid.slice(0, 2)}…${uid.slice(-2)}`;
}

/** A number that a phone makes up for each tap: four bytes, the first of them 08 (ISO 14443-3). */
export function isRandomUid(uid: string): boolean {
  return /^08[0-9A-F]{6}$/.test(canonicalUid(uid));
}

/**
 * How much a card's number says of who holds it: made up for each tap (`random`), of four bytes or fewer, which many cards
 * have by chance and anybody can copy (`weak`), or longer.
 */
export type UidStrength = 'random' | 'weak' | 'usual';

/** Judges a card's number as hexadecimal, or as the decimal of four bytes. Only for cards: app ids are no numbers of cards. */
export function uidStrength(uid: string): UidStrength {
  const given = canonicalUid(uid);
  if (isRandomUid(given)) return 'random';
  const isShort = /^[0-9A-F]{1,8}$/.test(given) || (/^\d{9,10}$/.test(given) && Number(given) <= 0xff_ff_ff_ff);
  return isShort ? 'weak' : 'usual';
}

/** Another way in which a card's number may be written, and how much of a number it is. */
export interface UidVariant {
  uid: string;
  form: 'zeros' | 'reversed' | 'decimal' | 'decimal-reversed';
  /** Seven bytes or more: no two cards have the same one by chance. */
  long: boolean;
}

/** Bytes of card numbers that readers write in either order: ISO 14443 single, double and triple size, and ISO 15693. */
const REVERSIBLE = [4, 7, 8, 10];

/**
 * The forms in which other readers would write this card number (Q49): with or without leading zeros, its bytes the other
 * way round, decimal or hexadecimal. Canonical, without the number itself. None of a number that a phone made up for one
 * tap (four bytes, the first of them 08), and none that stands for a part of a number: it might be another card's.
 */
export function uidVariants(uid: string): UidVariant[] {
  const given = canonicalUid(uid);
  if (!/^[0-9A-F]{4,20}$/.test(given) || /^08[0-9A-F]{6}$/.test(given)) return [];
  const variants = [...formsOf(given, 'zeros', 'decimal'), ...fromDecimal(given)];
  return variants.filter(({ uid: form }, i) => form !== given && variants.findIndex((v) => v.uid === form) === i);
}

/** A card's number in the ways in which it is printed, typed and told. */
export interface UidForms {
  /** Capitals, first byte first. */
  hex: string;
  /** With colons between the bytes, as apps show it. */
  colons: string;
  decimal: string;
  /** Last byte first; null where no card has so many bytes. */
  reversed: string | null;
  /** The decimal of that. */
  decimalReversed: string | null;
}

/** The forms of a number that a reader told as whole bytes; null for any other text. Four bytes have ten digits. */
export function uidForms(uid: string): UidForms | null {
  const hex = canonicalUid(uid);
  if (!/^([0-9A-F]{2})+$/.test(hex)) return null;
  const reversed = reversedBytes(hex);
  return {
    hex,
    colons: (hex.match(/../g) ?? []).join(':'),
    decimal: decimals(hex).at(-1) ?? '',
    reversed,
    decimalReversed: reversed === null ? null : (decimals(reversed).at(-1) ?? null),
  };
}

/** A hexadecimal number with its zeros, reversed, and as decimals. */
function formsOf(hex: string, form: UidVariant['form'], decimal: UidVariant['form']): UidVariant[] {
  const long = hex.length >= 14;
  const reversed = reversedBytes(hex);
  return [
    ...withZeros(hex).map((text) => ({ uid: text, form, long })),
    ...(reversed === null ? [] : [{ uid: reversed, form: 'reversed' as const, long }]),
    ...decimals(hex).map((text) => ({ uid: text, form: decimal, long })),
    ...(reversed === null
      ? []
      : decimals(reversed).map((text) => ({ uid: text, form: 'decimal-reversed' as const, long }))),
  ];
}

/** What a decimal number is as hexadecimal, in either order of its bytes. */
function fromDecimal(text: string): UidVariant[] {
  if (!/^\d{5,20}$/.test(text)) return [];
  const digits = BigInt(text).toString(16).toUpperCase();
  const size = REVERSIBLE.find((bytes) => bytes * 2 >= digits.length);
  if (size === undefined) return [];
  const hex = digits.padStart(size * 2, '0');
  const long = size >= 7;
  const reversed = reversedBytes(hex);
  return [
    ...withZeros(hex).map((uid) => ({ uid, form: 'decimal' as const, long })),
    { uid: hex, form: 'decimal', long },
    ...(reversed === null ? [] : [{ uid: reversed, form: 'decimal-reversed' as const, long }]),
  ];
}

/** Readers that write numbers leave leading zeros out; others fill up to a whole number of bytes. */
function withZeros(hex: string): string[] {
  const bare = hex.replace(/^0+(?=.)/, '');
  const size = REVERSIBLE.find((bytes) => bytes * 2 >= bare.length);
  return size === undefined || bare.length < 4 ? [] : [bare, bare.padStart(size * 2, '0')];
}

function reversedBytes(hex: string): string | null {
  if (!REVERSIBLE.includes(hex.length / 2)) return null;
  return (hex.match(/../g) ?? []).toReversed().join('');
}

/** Bare, and with the ten digits that readers of four bytes print. */
function decimals(hex: string): string[] {
  const text = BigInt(`0x${hex}`).toString();
  return hex.length === 8 ? [text, text.padStart(10, '0')] : [text];
}
