/** The form under which a card is found however it is written: upper case, without `:`, `-` and blanks (Q49). */
export function canonicalUid(uid: string): string {
  return uid.replace(/[\s:-]/g, '').toUpperCase();
}

/** A card number as it may stand in a log: its middle is hidden. */
export function maskUid(uid: string): string {
  return uid.length <= 4 ? '****' : `${uid.slice(0, 2)}…${uid.slice(-2)}`;
}
