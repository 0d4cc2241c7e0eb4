import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Compile } from 'typebox/schema';

/** A JSON schema, as far as we look into it. */
export interface JsonSchema {
  $id?: string;
  type?: string | string[];
  enum?: unknown[];
  maxLength?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  $ref?: string;
  definitions?: Record<string, JsonSchema>;
}

/** One thing that is wrong with a payload. */
export interface Problem {
  /** JSON pointer; empty for the whole. */
  path: string;
  keyword: string;
  message: string;
}

/** Validates payloads of one OCPP version against the OCA's own schemas, compiled when first needed. */
export interface SchemaSet {
  schema(name: string): JsonSchema | undefined;
  /** Everything wrong with the payload; empty when it is valid. Unknown names have nothing to be valid against. */
  problems(name: string, payload: unknown): Problem[];
}

/** What a person can act on: the values there are, the fields there are not. */
function wording(error: { params: object; message: string }): string {
  const { params } = error;
  if ('allowedValues' in params && Array.isArray(params.allowedValues))
    return `must be one of ${params.allowedValues.join(', ')}`;
  if ('additionalProperties' in params && Array.isArray(params.additionalProperties))
    return `must not have ${params.additionalProperties.join(', ')}`;
  return error.message;
}

/** `urn:Heartbeat.req` (1.6, 2.0.1) and `urn:HeartbeatRequest` (2.1) alike; 2.1's unanswered messages have no suffix. */
function nameOf(id: string): string {
  return id
    .replace(/^urn:/, '')
    .replace(/Request$/, '.req')
    .replace(/Response$/, '.conf');
}

/** The schema with each `$ref` replaced by what it names, so that a reader has no need to follow any. */
function inlined({ definitions = {}, ...schema }: JsonSchema): JsonSchema {
  const inline = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inline);
    if (typeof value !== 'object' || value === null) return value;
    const name = '$ref' in value && typeof value.$ref === 'string' ? value.$ref.replace('#/definitions/', '') : null;
    if (name !== null) return inline(definitions[name] ?? {});
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inline(inner)]));
  };
  return inline(schema) as JsonSchema;
}

function withoutFormats(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === 'format' && typeof value === 'string' ? undefined : value,
  ) as JsonSchema;
}

function readSchemas(file: SchemaFile): Map<string, JsonSchema> {
  const folder = dirname(createRequire(import.meta.url).resolve('ocpp-rpc'));
  const list = JSON.parse(readFileSync(join(folder, 'lib/schemas', file), 'utf8')) as JsonSchema[];
  return new Map(list.map((schema) => [nameOf(schema.$id ?? ''), schema]));
}

export type SchemaFile = 'ocpp1_6.json' | 'ocpp2_0_1.json' | 'ocpp2_1.json';

/**
 * Reads a version's schemas (CC BY-ND, unmodified) from the ocpp-rpc package; names are like `Heartbeat.req`. `lenient`
 * leaves formats unchecked: what we receive has its times read by `parseTime`, which takes more and says what was odd.
 */
export function loadSchemas(file: SchemaFile, mode: 'strict' | 'lenient'): SchemaSet {
  // Read at the first message of this version, and each schema made ready at the first message of its kind.
  let raw: Map<string, JsonSchema> | undefined;
  const ready = new Map<string, JsonSchema>();
  const compiled = new Map<string, ReturnType<typeof Compile>>();

  function schemaOf(name: string): JsonSchema | undefined {
    const known = ready.get(name);
    if (known) return known;
    const given = (raw ??= readSchemas(file)).get(name);
    if (!given) return undefined;
    const schema = inlined(mode === 'lenient' ? withoutFormats(given) : given);
    ready.set(name, schema);
    return schema;
  }

  function validator(name: string): ReturnType<typeof Compile> | undefined {
    let known = compiled.get(name);
    const schema = known ? undefined : schemaOf(name);
    if (schema) compiled.set(name, (known = Compile(schema)));
    return known;
  }

  return {
    schema: schemaOf,
    problems(name, payload) {
      const validate = validator(name);
      if (!validate)
        return [
          {
            path: '',
            keyword: 'action',
            message: `there is no message ${name.replace(/\.(req|conf)$/, '')} in this version`,
          },
        ];
      if (validate.Check(payload)) return [];
      const [, errors] = validate.Errors(payload);
      return errors
        .filter((error) => error.keyword !== 'boolean')
        .map((error) => ({ path: error.instancePath, keyword: error.keyword, message: wording(error) }));
    },
  };
}
