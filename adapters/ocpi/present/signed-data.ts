import type { SignedReading } from '../../../gateway/domain/types.ts';
import type { Wire } from './shared.ts';

/** OCPI 2.3.0 mod_cdrs SignedValue: base64 of what the meter signed, in all versions. */
const LONGEST_SIGNED = 5000;

const NATURE: Record<string, string> = { 'Transaction.Begin': 'Start', 'Transaction.End': 'End' };

/**
 * What a meter signed, as OCPI's SignedData; `longestPlain` is the version's bound of the readable part. A signature holds
 * for the very bytes, so what is too long is left out, never cut. Null where nothing is left.
 */
export function presentSignedData(readings: readonly SignedReading[], longestPlain: number): Wire | null {
  const values = readings.flatMap(({ value, context }) => {
    const signed_data = Buffer.from(value, 'utf8').toString('base64');
    const plain_data = plainPart(value);
    const fits = signed_data.length <= LONGEST_SIGNED && plain_data.length <= longestPlain;
    return fits ? [{ nature: NATURE[context ?? ''] ?? 'Intermediate', plain_data, signed_data }] : [];
  });
  return values.length === 0 ? null : { encoding_method: encodingOf(readings), signed_values: values };
}

/** OCMF is `OCMF|<what was measured>|<signature>`; of others nothing is known but the whole. */
function plainPart(value: string): string {
  const [head, plain] = value.split('|');
  return head === 'OCMF' && plain !== undefined ? plain : value;
}

function encodingOf([first]: readonly SignedReading[]): string {
  if (first?.value.startsWith('OCMF|')) return 'OCMF';
  return first?.value.startsWith('AP;') ? 'Alfen Eichrecht' : 'unknown';
}
