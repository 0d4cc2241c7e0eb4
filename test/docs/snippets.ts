/** The commands and configurations that the documents show. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Snippet {
  /** `docs/bills.md:12`, where it begins. */
  place: string;
  document: string;
  text: string;
}

/** The documents that people work by. */
export function documents(): string[] {
  return ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md', { cwd: ROOT }).toSorted()];
}

/** What is fenced as one of these languages in README, CONTRIBUTING and docs. */
export function snippets(...languages: string[]): Snippet[] {
  return documents().flatMap((document) => {
    const page = readFileSync(`${ROOT}/${document}`, 'utf8');
    return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)]
      .filter(([, language = '']) => languages.includes(language))
      .map((match) => ({
        place: `${document}:${page.slice(0, match.index).split('\n').length + 1}`,
        document,
        text: match[2] ?? '',
      }));
  });
}

export interface ShownCommand {
  place: string;
  document: string;
  /** One command line, without its comment. */
  line: string;
}

/** Every command line of every shell snippet. */
export function shownCommands(): ShownCommand[] {
  return snippets('sh', 'bash').flatMap(({ place, document, text }) =>
    text
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => line.replace(/(^|\s+)#\s.*$/, '').trim())
      .filter((line) => line !== '')
      .map((line) => ({ place, document, line })),
  );
}
