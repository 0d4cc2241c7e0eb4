import { InvalidArgumentError } from 'commander';

/** A whole number of at least 1. */
export function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Write a whole number of at least 1.');
  return value;
}

/** A port; 0: any free one. */
export function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('Write a number from 0 to 65535.');
  return value;
}

/** A number above 0. */
export function factor(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('Write a number above 0.');
  return value;
}
