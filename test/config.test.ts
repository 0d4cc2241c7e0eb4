import * as fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { isMap, isScalar, parseDocument, visit } from 'yaml';
import { parseConfig, resolveConfigPath } from '../config/load.ts';
import { camelCase, editDistance, kebabCase, nearest } from '../config/names.ts';
import { ConfigError } from '../config/problems.ts';
import { configReference } from '../scripts/generate-config-reference.ts';

const GOLDEN = fileURLToPath(new URL('golden/config/', import.meta.url));
const EXAMPLE = resolveConfigPath(undefined, {});

/** What `check-config` has to say of this text. */
function verdict(yaml: string): string {
  try {
    parseConfig(yaml, 'depot.yaml', {});
    return 'valid';
  } catch (error) {
    if (error instanceof ConfigError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
}

describe('golden files: input, a line of dashes, what a person reads', () => {
  test.each(readdirSync(GOLDEN))('%s', (name) => {
    const [input = '', expected = ''] = readFileSync(GOLDEN + name, 'utf8').split(/^-{40}\n/m);
    expect(`${verdict(input)}\n`).toBe(expected);
  });
});

describe('the reference page', () => {
  test('is what the schema makes of it', () => {
    expect(readFileSync(new URL('../config/reference.md', import.meta.url), 'utf8')).toBe(configReference());
  });

  test('explains every key that the example uses', () => {
    const keys = new Set<string>();
    visit(parseDocument(readFileSync(EXAMPLE, 'utf8')), {
      Pair: (_, pair) => {
        if (isScalar(pair.key) && !isMap(pair.value)) keys.add(String(pair.key.value));
      },
    });
    const page = configReference();
    for (const key of keys) expect(page).toMatch(new RegExp(`(\\| \`([^\`]*\\.)?${key}\`|## ${key})`));
  });
});

describe('names', () => {
  test('heartbeat-interval, heartbeatInterval and heartbeat_interval are one name', () => {
    expect(camelCase('heartbeat-interval')).toBe('heartbeatInterval');
    expect(['heartbeatInterval', 'heartbeat_interval', 'Heartbeat Interval'].map(kebabCase)).toEqual(
      Array.from({ length: 3 }, () => 'heartbeat-interval'),
    );
  });

  test('nearest: a slip is mended, another word is not', () => {
    const keys = ['host', 'port', 'public-url', 'id', 'uid'];
    expect(nearest('prot', keys)).toBe('port');
    expect(nearest('publicURL', keys)).toBe('public-url');
    expect(nearest('di', keys)).toBe('id');
    expect(nearest('colour', keys)).toBeNull();
    expect(nearest('x', keys)).toBeNull();
  });

  test('edit distance is symmetric, and 0 for the same word only', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});
