/** Holds the layers and habits of DECISIONS.md 1 by reading the sources. Each rule lists its offenders as `file:line: text`. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const GENERATED = 'adapters/ocpp/schemas/generated';
const PAGE = 'adapters/console/page';

interface Source {
  path: string;
  /** Comments blanked, strings kept. */
  code: string;
  /** Comments and the insides of strings and regular expressions blanked. */
  bare: string;
  imports: { target: string; line: number }[];
}

function filesUnder(folder: string): string[] {
  let entries;
  try {
    entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => !path.startsWith(GENERATED) && !path.includes('node_modules'))
    .toSorted();
}

const TOKENS =
  /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|(`(?:\\[\s\S]|[^`\\])*`)|((?<=[=(,:[!&|?{};\n]\s*)\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[dgimsuvy]*)/g;

const blank = (text: string): string => text.replaceAll(/[^\n]/g, ' ');

function readSource(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const code = text.replaceAll(TOKENS, (token: string, comment?: string) => (comment ? blank(token) : token));
  const bare = text.replaceAll(TOKENS, (token: string, comment?: string, _quoted?: string, template?: string) =>
    comment || !template ? blank(token) : blankTemplate(token),
  );
  const imports = [...code.matchAll(/\b(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g)].map((match) => ({
    target: resolveImport(path, match[2]!),
    line: lineAt(code, match.index),
  }));
  return { path, code, bare, imports };
}

/** Keeps what stands in `${…}`, which is code. */
function blankTemplate(template: string): string {
  const holes = [...template.matchAll(/\$\{[^{}]*\}/g)];
  let result = '';
  let at = 0;
  for (const hole of holes) {
    result += blank(template.slice(at, hole.index)) + hole[0];
    at = hole.index + hole[0].length;
  }
  return result + blank(template.slice(at));
}

function resolveImport(from: string, target: string): string {
  return target.startsWith('.') ? normalize(join(dirname(from), target)) : target;
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

const isCode = (path: string): boolean => /\.(ts|cts|mts|js|cjs|mjs)$/.test(path);
const product = ['gateway', 'adapters', 'config', 'bin'].flatMap(filesUnder).filter(isCode).map(readSource);
const everything = [...product, ...['test', 'scripts'].flatMap(filesUnder).filter(isCode).map(readSource)];

const inside = (path: string, folder: string): boolean => path.startsWith(`${folder}/`);
const isComposer = (path: string): boolean => /^gateway\/(main\.ts|cli\.ts|cli-[^/]*\.ts|cli\/.*)$/.test(path);
const isUseCase = (path: string): boolean =>
  inside(path, 'gateway') && !inside(path, 'gateway/domain') && !inside(path, 'gateway/store') && !isComposer(path);

/** The imports of the files that `from` picks which `allowed` does not grant. */
function forbiddenImports(
  from: (path: string) => boolean,
  allowed: (target: string, path: string) => boolean,
): string[] {
  return product
    .filter((source) => from(source.path))
    .flatMap((source) =>
      source.imports
        .filter(({ target }) => !allowed(target, source.path))
        .map(({ target, line }) => `${source.path}:${line}: imports ${target}`),
    );
}

/** Where a pattern stands in the sources. */
function occurrences(sources: Source[], pattern: RegExp, view: 'code' | 'bare' = 'bare'): string[] {
  return sources.flatMap((source) =>
    [...source[view].matchAll(new RegExp(pattern, 'gm'))].map(
      (match) => `${source.path}:${lineAt(source[view], match.index)}: ${match[0].trim()}`,
    ),
  );
}

const except = (sources: Source[], ...folders: string[]): Source[] =>
  sources.filter(({ path }) => !folders.some((folder) => path === folder || inside(path, folder)));

describe('layers', () => {
  it('reads the sources it judges', () => {
    expect(product.length).toBeGreaterThan(10);
    expect(product.find(({ path }) => path === 'gateway/store/db.ts')?.imports).not.toEqual([]);
  });

  it('the domain imports nothing outside the domain', () => {
    expect(
      forbiddenImports(
        (path) => inside(path, 'gateway/domain'),
        (target) => inside(target, 'gateway/domain'),
      ),
    ).toEqual([]);
  });

  it('pricing is pure: it imports the domain and number and time libraries only', () => {
    expect(
      forbiddenImports(
        (path) => inside(path, 'gateway/pricing'),
        (target) =>
          inside(target, 'gateway/domain') ||
          inside(target, 'gateway/pricing') ||
          ['fraction.js', 'temporal-polyfill'].includes(target),
      ),
    ).toEqual([]);
  });

  it('wording is pure: it imports the domain and pricing only', () => {
    expect(
      forbiddenImports(
        (path) => inside(path, 'gateway/wording'),
        (target) => ['domain', 'pricing', 'wording'].some((folder) => inside(target, `gateway/${folder}`)),
      ),
    ).toEqual([]);
  });

  it('the store imports the domain, better-sqlite3 and Node only', () => {
    expect(
      forbiddenImports(
        (path) => inside(path, 'gateway/store'),
        (target) =>
          inside(target, 'gateway/domain') ||
          inside(target, 'gateway/store') ||
          target === 'better-sqlite3' ||
          target.startsWith('node:'),
      ),
    ).toEqual([]);
  });

  it('use-cases import no adapter; main.ts and the command line alone compose them', () => {
    expect(forbiddenImports(isUseCase, (target) => !inside(target, 'adapters'))).toEqual([]);
  });

  it('use-cases know no socket and no database library', () => {
    const outside =
      /^(ws|fastify|@fastify\/.*|ocpp-rpc|undici|serialport|mqtt|better-sqlite3|node:(http|https|net|tls|dgram))$/;
    expect(forbiddenImports(isUseCase, (target) => !outside.test(target))).toEqual([]);
  });

  it('adapters never import the store, nor the composition root', () => {
    expect(
      forbiddenImports(
        (path) => inside(path, 'adapters'),
        (target) => !inside(target, 'gateway/store') && target !== 'better-sqlite3' && !isComposer(target),
      ),
    ).toEqual([]);
  });

  it('adapters import no sibling adapter, the simulator aside', () => {
    const adapterOf = (path: string): string | undefined => /^adapters\/([^/]+)\//.exec(path)?.[1];
    expect(
      forbiddenImports(
        (path) => inside(path, 'adapters') && !inside(path, 'adapters/simulator'),
        (target, path) => !inside(target, 'adapters') || adapterOf(target) === adapterOf(path),
      ),
    ).toEqual([]);
  });

  it('OCPP version folders import no other version; v21 builds on v201 alone', () => {
    const versionOf = (path: string): string | undefined => /^adapters\/ocpp\/(v\d+)\//.exec(path)?.[1];
    expect(
      forbiddenImports(
        (path) => versionOf(path) !== undefined,
        (target, path) => {
          const [from, to] = [versionOf(path), versionOf(target)];
          return to === undefined || from === to || (from === 'v21' && to === 'v201');
        },
      ),
    ).toEqual([]);
  });

  it('the configuration imports the domain and pricing, which judges its tariffs; no use-case, store or adapter', () => {
    expect(
      forbiddenImports(
        (path) => inside(path, 'config'),
        (target) =>
          inside(target, 'gateway/domain') ||
          inside(target, 'gateway/pricing') ||
          !/^(gateway|adapters)\//.test(target),
      ),
    ).toEqual([]);
  });
});

describe('habits', () => {
  const outsideStore = except(product, 'gateway/store');

  it('SQL stands in gateway/store only', () => {
    const statement =
      /\b(SELECT\s[^;'"`]*?\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+TABLE\s|PRAGMA\s+\w)/;
    const call = /\.(one|all|run)(<[^()]*>)?\(\s*['"`]/;
    expect([...occurrences(outsideStore, statement, 'code'), ...occurrences(outsideStore, call, 'code')]).toEqual([]);
  });

  it('the wall clock is read in gateway/domain/time.ts only', () => {
    const sources = except(product, 'gateway/domain/time.ts', PAGE);
    expect(occurrences(sources, /\bDate\s*\.\s*now\b|\bnew\s+Date\s*(\(\s*\)|(?![\s(\w]))/)).toEqual([]);
  });

  it('nothing is typed any', () => {
    expect(occurrences(everything, /(:|\bas|<|\||=|,)\s*any\b(?!\s*[:(=])(\[\])?/)).toEqual([]);
  });

  it('no check is switched off by a comment', () => {
    const directives = new RegExp(`@ts-(ignore|nocheck|expect-error)|${['eslint', 'oxlint'].join('|')}-disable`);
    const offenders = everything
      .filter(({ path }) => path !== 'test/architecture.test.ts')
      .filter(({ path }) => directives.test(readFileSync(join(ROOT, path), 'utf8')));
    expect(offenders.map(({ path }) => path)).toEqual([]);
  });

  it('product code asserts nothing non-null', () => {
    expect(occurrences(product, /[\w)\]]!(?=[.,;)\]}[\s]|$)(?!\s*=)/)).toEqual([]);
  });

  it('product modules hold no mutable state', () => {
    const state = /^(export )?(let|var)\s.*|^(export )?const \w+.*= new (Map|Set|WeakMap|WeakSet)(<.*>)?\(\).*/;
    expect(occurrences(except(product, PAGE), state)).toEqual([]);
  });

  it('no file is longer than 400 lines', () => {
    const long = ['gateway', 'adapters', 'config', 'bin', 'test', 'scripts', 'systemd']
      .flatMap(filesUnder)
      .filter((path) => isCode(path) || /\.(sql|css|html)$/.test(path))
      .map((path) => ({ path, lines: readFileSync(join(ROOT, path), 'utf8').trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > 400);
    expect(long).toEqual([]);
  });

  it('files and folders are named in kebab-case', () => {
    const kebab = /^_?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;
    const offenders = ['gateway', 'adapters', 'config', 'bin', 'test', 'scripts']
      .flatMap(filesUnder)
      .filter((path) => !path.split('/').every((part) => kebab.test(part) || part === 'README.md'));
    expect(offenders).toEqual([]);
  });
});
