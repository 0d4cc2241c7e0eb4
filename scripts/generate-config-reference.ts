import { IsArray, IsObject, IsUnion, type TSchema } from 'typebox';
import type { Leaf } from '../config/kinds.ts';
import { kebabCase } from '../config/names.ts';
import { configSchema } from '../config/schema.ts';

interface Row {
  key: string;
  type: string;
  fallback: string;
  meaning: string;
}

/** The page that explains every configuration key, as Markdown made from the schema alone. */
export function configReference(): string {
  const sections = Object.entries(configSchema.properties).map(([name, schema]) => section(name, schema));
  return [INTRODUCTION, ...sections, standards()].join('\n');
}

const INTRODUCTION = `<!-- Generated from config/schema.ts by npm run generate. -->

# Configuration

One YAML 1.2 file, named by \`--config\` or \`CHARGEGATE_CONFIG\`; without either, \`config/example.yaml\`.
\`npm run -s chargegate -- check-config\` checks it and starts nothing.

- A key that is not listed here is an error. \`key:\` with nothing after it leaves a list or a group empty.
- A number written where text belongs counts as the text it was written as: \`postal-code: 01234\` keeps its nought.
- Words with a fixed choice are in lower case with hyphens; OCPI's own spelling (\`IEC_62196_T2\`) is understood too.
- A secret stands in the file, or in another file that the key with \`-file\` names, never both.
- A list item's keys are written here behind \`[]\`: \`chargers[].id\` is the \`id\` of each charger.
`;

function section(name: string, schema: TSchema): string {
  const list = rows(schema, IsArray(schema) ? `${name}[]` : '');
  const lines = list.map(({ key, type, fallback, meaning }) => `| \`${key}\` | ${type} | ${fallback} | ${meaning} |`);
  const head = ['| key | value | default | meaning |', '| --- | --- | --- | --- |'];
  return [`## ${name}`, '', description(schema), '', ...head, ...lines, ''].join('\n');
}

function rows(schema: TSchema, path: string): Row[] {
  if (IsArray(schema)) return rows(schema.items, path);
  if (!IsObject(schema)) return [];
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    const key = path === '' ? name : `${path}.${name}`;
    if (IsObject(property)) return rows(property, key);
    if (IsUnion(property)) {
      return [
        { key, type: 'group', fallback: 'none', meaning: description(property) },
        ...rows(property.anyOf[0] ?? property, key),
      ];
    }
    if (IsArray(property)) {
      const fallback = 'default' in property ? 'empty' : '**required**';
      return [{ key, type: 'list', fallback, meaning: description(property) }, ...rows(property, `${key}[]`)];
    }
    const leaf = property as Leaf;
    return [{ key, type: valueType(leaf), fallback: fallbackOf(leaf), meaning: escape(leaf.description) }];
  });
}

function valueType(leaf: Leaf): string {
  const choices = spellings(leaf);
  if (choices.length > 8) return 'see [below](#connector-standards)';
  if (choices.length > 0) return choices.map((item) => `\`${item}\``).join(', ');
  return escape(leaf.unit === undefined ? leaf.expects : `${leaf.expects}, ${leaf.unit}`);
}

function fallbackOf(leaf: Leaf): string {
  if (leaf.default === undefined) return '**required**';
  if (leaf.default === null) return 'none';
  return `\`${leaf.kind === 'choice' ? kebabCase(String(leaf.default)) : String(leaf.default)}\``;
}

function standards(): string {
  const all = spellings(configSchema.properties['default-connector'].properties.standard as unknown as Leaf);
  return ['## Connector standards', '', all.map((item) => `\`${item}\``).join(', '), ''].join('\n');
}

function spellings(leaf: Leaf): string[] {
  return (leaf.enum ?? []).filter((item) => item !== null).map(kebabCase);
}

function description(schema: TSchema): string {
  return 'description' in schema ? escape(String(schema.description)) : '';
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|');
}
