import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseConfig } from '../../config/load.ts';
import { snippets } from './snippets.ts';

/** What is YAML of another program, by its first key, and whose. */
const OTHERS: Record<string, string> = {
  scrape_configs: 'Prometheus',
};

/** A site that is good by itself; a snippet is laid over it. */
const SITE = {
  site: {
    address: 'Testgatan 1',
    city: 'Örebro',
    country: 'SWE',
    latitude: '59.27412',
    longitude: '15.20664',
    'time-zone': 'Europe/Stockholm',
    'country-code': 'SE',
    'party-id': 'DEP',
  },
};

/** Keys that name a file with a secret, or a file of TLS. */
const FILE_KEY = /^\s*(?:- |\{ ?)*.*?\b([a-z-]+-(?:file|path)): ([^\s,}#]+)/;

const folder = mkdtempSync(join(tmpdir(), 'chargegate-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Tree = { [key: string]: unknown };
const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

function laidOver(under: Tree, over: Tree): Tree {
  const merged = Object.entries(over).map(([key, value]) => {
    const below = under[key];
    return [key, isTree(below) && isTree(value) ? laidOver(below, value) : value] as const;
  });
  return { ...under, ...Object.fromEntries(merged) };
}

/** A secret that the configuration reads is there, as on a machine that is set up. */
function makeSecrets(text: string): void {
  for (const line of text.split('\n')) {
    const [, key = '', path = ''] = FILE_KEY.exec(line) ?? [];
    if (!key.endsWith('-file') || path.startsWith('/')) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), '00112233445566778899aabbccddeeff\n', { mode: 0o600 });
  }
}

const shown = snippets('yaml', 'yml');
const ours = shown.filter(({ text }) => {
  const [first = ''] = Object.keys((parse(text) ?? {}) as Tree);
  return OTHERS[first] === undefined;
});

describe('each configuration that a document shows', () => {
  it('is found', () => {
    expect(ours.length).toBeGreaterThan(8);
  });

  it.each(ours)('$place is good', ({ text }) => {
    const tree: unknown = parse(text);
    expect(isTree(tree)).toBe(true);
    makeSecrets(text);
    const yaml = stringify(laidOver(SITE, isTree(tree) ? tree : {}));
    expect(() => parseConfig(yaml, join(folder, 'site.yaml'), { CHARGEGATE_DATA_DIR: folder })).not.toThrow();
  });
});
