import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseConfig, resolveConfigPath } from '../config/load.ts';
import { ConfigError } from '../config/problems.ts';
import { configReference } from '../scripts/generate-config-reference.ts';

const EXAMPLE = readFileSync(resolveConfigPath(undefined, {}), 'utf8');
const KEYS = [...configReference().matchAll(/`([a-z-]+)`/g)].map((match) => match[1] ?? '');
const SIGNS = [
  '- ',
  ': ',
  '? ',
  '[',
  ']',
  '{',
  '}',
  ',',
  '"',
  "'",
  '\n',
  '\n  ',
  '\t',
  '#',
  '&a ',
  '*a',
  '!!set ',
  '|',
];
const WORDS = ['>', '%YAML 1.1\n', '---\n', '<<', 'site', 'ocpp', 'port', '1', 'null', '~'];

/** What is wrong with how this text is loaded: anything but a configuration or a ConfigError that points into the text. */
function objections(text: string): string[] {
  try {
    parseConfig(text, 'depot.yaml', {});
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) return [`threw ${String(thrown)}`];
    const lines = text.split('\n').length;
    const told = thrown.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
    const outside = thrown.problems.filter(({ line, column }) => line < 1 || line > lines || column < 1);
    return [
      ...(told.length === 0 ? ['tells of no problem'] : []),
      ...(new Set(told).size < told.length ? ['tells the same twice'] : []),
      ...(told.some((one) => one.includes('\n')) ? ['tells of one problem in two lines'] : []),
      ...outside.map((problem) => `points outside the text: ${problem.message}`),
    ];
  }
}

describe('whatever the text, loading yields a configuration or a ConfigError that points into it', () => {
  test.each<[string, number, fc.Arbitrary<string>]>([
    ['any text', 300, fc.string({ unit: 'binary', maxLength: 200 })],
    [
      'the signs of YAML in any order',
      500,
      fc.array(fc.constantFrom(...SIGNS, ...WORDS), { maxLength: 40 }).map((parts) => parts.join('')),
    ],
    [
      'the example with a piece cut out and another put in',
      300,
      fc
        .tuple(
          fc.nat(EXAMPLE.length),
          fc.nat(60),
          fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom(...KEYS, '\n')),
        )
        .map(([at, length, piece]) => EXAMPLE.slice(0, at) + piece + EXAMPLE.slice(at + length)),
    ],
    ['any data under the keys of the schema', 300, anyData().map((value) => stringify(value))],
  ])('%s', (_, numRuns, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(objections(text)).toEqual([]);
      }),
      { numRuns },
    );
  });

  test.each(['['.repeat(50_000), '- '.repeat(50_000), '{a: '.repeat(20_000)])('text that nests too deeply', (text) => {
    expect(() => parseConfig(text, 'depot.yaml', {})).toThrow('it nests too deeply');
    expect(objections(text)).toEqual([]);
  });
});

// The parser gives up at different depths for different shapes; nothing in between may escape.
test.each<[string, (depth: number) => string]>([
  ['brackets', (depth) => `deep: ${'['.repeat(depth)}${']'.repeat(depth)}`],
  ['braces', (depth) => `deep: ${'{a: '.repeat(depth)}1${'}'.repeat(depth)}`],
  ['hyphens', (depth) => `deep:\n  ${'- '.repeat(depth)}1`],
])('nesting at every depth, by %s', (_, nest) => {
  for (let depth = 250; depth < 6000; depth *= 1.3) {
    expect(objections(`${nest(depth)}\nlevel: &level info\nlog: { level: *level }\n`)).toEqual([]);
  }
});

function anyData(): fc.Arbitrary<unknown> {
  const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 5 }));
  return fc.letrec((tie) => ({
    data: fc.oneof(
      { maxDepth: 5 },
      fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
      fc.array(tie('data'), { maxLength: 3 }),
      fc.dictionary(key, tie('data'), { maxKeys: 6 }),
    ),
  })).data;
}
