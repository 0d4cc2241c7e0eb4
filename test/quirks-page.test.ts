import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { VENDOR_MESSAGES } from '../adapters/ocpp/vendors/index.ts';
import { VENDOR_QUIRKS } from '../adapters/ocpp/quirks/index.ts';
import { NO_QUIRKS } from '../gateway/domain/quirks.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const page = readFileSync(join(ROOT, 'docs/quirks.md'), 'utf8');

interface Row {
  quirk: string;
  cells: string[];
}

const rows: Row[] = [...page.matchAll(/^\| (Q\d+) \|(.*)\|$/gm)].map(([, quirk = '', rest = '']) => ({
  quirk,
  cells: rest.split('|').map((cell) => cell.trim()),
}));

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

describe('docs/quirks.md', () => {
  test('has every quirk once, in order, and says something of each', () => {
    expect(rows.map(({ quirk }) => quirk)).toEqual(Array.from({ length: 65 }, (_, index) => `Q${index + 1}`));
    expect(rows.filter(({ cells }) => cells.length !== 3 || cells.includes(''))).toEqual([]);
  });

  test('names tests that exist and are named after the quirk', () => {
    const missing = rows.flatMap(({ quirk, cells }) =>
      [...(cells[2] ?? '').matchAll(/`([^`]+)`/g)]
        .map(([, path = '']) => path)
        .filter(
          (path) =>
            !existsSync(join(ROOT, path)) ||
            !new RegExp(`['"\`]${quirk}\\b`).test(readFileSync(join(ROOT, path), 'utf8')),
        )
        .map((path) => `${quirk}: ${path}`),
    );
    expect(missing).toEqual([]);
    expect(rows.filter(({ cells }) => !cells[2]?.includes('`')).map(({ quirk }) => quirk)).toEqual([]);
  });

  test('has every flag, every known make and every vendor', () => {
    const wanted = [
      ...Object.keys(NO_QUIRKS).map(kebab),
      ...VENDOR_QUIRKS.map(({ name }) => name),
      ...VENDOR_MESSAGES.flatMap(({ vendor, messages }) => [vendor, ...Object.keys(messages)]),
    ];
    expect(wanted.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});
