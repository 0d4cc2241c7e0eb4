import { InvalidArgumentError, Option } from 'commander';

/** A whole number of at least 1. */
export function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Write a whole number of at least 1.');
  return value;
}

/** A whole number, also 0. */
export function whole(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('Write a whole number.');
  return value;
}

/** A number, also 0. */
export function amount(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('Write a number that is not below 0.');
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

/** What a peer may see. */
export function visibility(): Option {
  return new Option('--visibility <which>', "all: the operator's own cloud; own: an eMSP, only what its tokens did")
    .choices(['all', 'own'])
    .default('own');
}
