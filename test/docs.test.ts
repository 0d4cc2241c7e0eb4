import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES } from '../gateway/domain/errors.ts';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const isOurs = (path: string): boolean => !/^(node_modules|data|dist|coverage|bench)\//.test(path);
const documents = globSync('**/*.md', { cwd: ROOT, exclude: ['node_modules/**'] }).filter(isOurs);

const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');

/** The anchor that a heading gets on a forge. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

function linksOf(path: string): string[] {
  const inline = [...withoutCode(read(path)).matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map((match) => match[1]!);
  return inline.filter((target) => !/^[a-z]+:/.test(target));
}

function resolves(from: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? from : join(dirname(from), file);
  if (!existsSync(join(ROOT, target))) return false;
  if (anchor === undefined) return true;
  return [...read(target).matchAll(/^#+\s+(.*)$/gm)].some((match) => anchorOf(match[1]!) === anchor);
}

describe('docs/errors.md', () => {
  const text = read('docs/errors.md');
  const sections = [...text.matchAll(/^### ([A-Z0-9_]+)\n([\s\S]*?)(?=^##|(?![\s\S]))/gm)].map((match) => ({
    code: match[1]!,
    body: match[2]!,
  }));

  it('explains every error code, once, and no other', () => {
    expect(sections.map(({ code }) => code).toSorted()).toEqual([...ERROR_CODES].toSorted());
  });

  it('says of each what to do', () => {
    expect(sections.filter(({ body }) => !body.includes('**Do:**')).map(({ code }) => code)).toEqual([]);
  });
});

describe('the documents', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

  it('name only npm scripts that exist', () => {
    const named = documents.flatMap((path) =>
      [...read(path).matchAll(/\bnpm (?:run (?:-s )?([a-z][\w:-]*)|(start|test)\b)/g)].map((match) => ({
        path,
        script: match[1] ?? match[2]!,
      })),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(({ script }) => scripts[script] === undefined)).toEqual([]);
  });

  it('name only verbs that the command line knows', () => {
    const sources = globSync('gateway/cli/*.ts', { cwd: ROOT }).map(read).join('\n');
    const known = new Set([...sources.matchAll(/\.command\('([a-z-]+)/g)].map((match) => match[1]));
    const named = documents.flatMap((path) =>
      [...read(path).matchAll(/chargegate -- ([a-z][a-z-]*)/g)].map((match) => ({ path, verb: match[1] })),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter(({ verb }) => !known.has(verb))).toEqual([]);
  });

  it('link only to files and headings that exist', () => {
    const broken = documents.flatMap((path) =>
      linksOf(path)
        .filter((link) => !resolves(path, link))
        .map((link) => `${path}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  it('README shows the two commands of a fresh machine', () => {
    expect(read('README.md')).toContain('npm ci && npm start');
    expect(read('README.md')).toContain('npm ci && npm test');
  });

  it('the changelog has this version', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(read('CHANGELOG.md')).toContain(`## [${version}]`);
  });
});
