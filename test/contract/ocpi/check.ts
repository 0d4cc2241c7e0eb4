/** Judges what we send against the schemas of its version. */
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { expect } from 'vitest';
import { V211 } from './v211.ts';
import { V221 } from './v221.ts';
import { V230 } from './v230.ts';

export type ObjectName = keyof typeof V230;
type Version = '2.1.1' | '2.2.1' | '2.3.0';

const CONTRACT: Record<Version, Partial<Record<ObjectName, TSchema>>> = { '2.1.1': V211, '2.2.1': V221, '2.3.0': V230 };

/** Fails with every fault's place when the object is not exact to its version. */
export function expectContract(version: Version, name: ObjectName, value: unknown): void {
  const schema = CONTRACT[version][name];
  if (!schema) throw new Error(`OCPI ${version} has no ${name}`);
  const faults = Value.Errors(schema, value).map(
    (fault) => `${version} ${name}${fault.instancePath}: ${fault.message}`,
  );
  expect(faults).toEqual([]);
}

/** No number of the JSON text has more than 4 decimals or an exponent (OCPI types, number). */
export function expectPlainNumbers(json: string): void {
  const withoutStrings = json.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""');
  expect(withoutStrings.match(/-?\d+(?:\.\d{5,}|\.?\d*[eE][+-]?\d+)/g) ?? []).toEqual([]);
}
