/**
 * Writes adapters/ocpp/schemas/generated/{v16,v201,v21}.ts: one interface per OCPP message, read from the OCA's JSON schemas.
 * Runs at `prepare`. The schemas are CC BY-ND, so what is derived from them is never committed.
 * The types are erased at run time: an installation without development dependencies does without them.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const TARGET = join(ROOT, 'adapters/ocpp/schemas/generated');
const VERSIONS = [
  { schemas: 'ocpp1_6.json', file: 'v16.ts', name: 'OCPP 1.6' },
  { schemas: 'ocpp2_0_1.json', file: 'v201.ts', name: 'OCPP 2.0.1' },
  { schemas: 'ocpp2_1.json', file: 'v21.ts', name: 'OCPP 2.1' },
];

type Kind = 'Request' | 'Response' | 'Send';

/** `urn:Heartbeat.req` (1.6, 2.0.1) and `urn:HeartbeatRequest` (2.1); 2.1's unanswered messages have no suffix. */
function parseId(id: string): { action: string; kind: Kind } {
  const match = /^urn:(\w+?)(\.req|\.conf|Request|Response)?$/.exec(id);
  if (!match?.[1])
    throw new Error(`Schema id ${id} is none of urn:X.req, urn:X.conf, urn:XRequest, urn:XResponse, urn:X`);
  const suffix = match[2];
  const kind = suffix === undefined ? 'Send' : suffix === '.req' || suffix === 'Request' ? 'Request' : 'Response';
  return { action: match[1], kind };
}

/** A definition without what does not shape its type: the same type is worded differently from message to message. */
function shapeOf(definition: Json): string {
  return JSON.stringify(definition, (key, value: Json) =>
    (key === 'description' || key === 'default') && typeof value === 'string' ? undefined : value,
  );
}

/** Folds all messages of a version into one schema, each shared definition once. */
function combine(messages: JsonObject[]): { schema: JsonObject; actions: Record<Kind, string[]> } {
  const definitions: JsonObject = {};
  const actions: Record<Kind, string[]> = { Request: [], Response: [], Send: [] };
  const define = (name: string, definition: Json): void => {
    const known = definitions[name];
    if (known !== undefined && shapeOf(known) !== shapeOf(definition)) {
      throw new Error(`Two messages define ${name} differently; the generator must learn to keep both`);
    }
    definitions[name] = known ?? definition;
  };
  for (const message of messages) {
    const { $id, $schema: _dialect, comment: _comment, definitions: own, ...body } = message;
    const { action, kind } = parseId(typeof $id === 'string' ? $id : JSON.stringify($id));
    for (const [name, definition] of Object.entries((own ?? {}) as JsonObject)) define(name, definition);
    define(messageType(action, kind), body);
    actions[kind].push(action);
  }
  return { schema: { $id: 'Root', type: 'object', additionalProperties: false, definitions }, actions };
}

function messageType(action: string, kind: Kind): string {
  return `${action}${kind}`;
}

function mapInterface(name: string, doc: string, actions: string[], kind: Kind): string {
  const lines = actions.toSorted().map((action) => `  ${action}: ${messageType(action, kind)};`);
  return `/** ${doc} */\nexport interface ${name} {\n${lines.join('\n')}\n}\n`;
}

/** The maps from action to interface that make a missing handler a compile error. */
function maps(actions: Record<Kind, string[]>): string {
  const parts = [
    mapInterface('Requests', 'What each CALL carries.', actions.Request, 'Request'),
    mapInterface('Responses', 'What answers each CALL.', actions.Response, 'Response'),
    `export type Action = keyof Requests;\n`,
  ];
  if (actions.Send.length > 0) {
    parts.push(mapInterface('Sends', 'What each unanswered SEND carries.', actions.Send, 'Send'));
    parts.push('export type SendAction = keyof Sends;\n');
  }
  return parts.join('\n');
}

/** Drops the compiler's notes about our combined schema, which say nothing about OCPP. */
function tidy(interfaces: string): string {
  return interfaces
    .replace(/^export interface Root \{\s*\}\n/m, '')
    .replace(
      / \*(?: \n \*)? This interface was referenced by `Root`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g,
      '',
    )
    .replace(/^( \* ?\n)+(?= \*\/)/gm, '')
    .replace(/^\/\*\*\n \*\/\n/gm, '');
}

/** Replaces the file in one step and only when it differs, so that a watching compiler never reads half of it. */
function writeIfChanged(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

type Compile = (schema: object, name: string, options: object) => Promise<string>;

async function loadCompiler(): Promise<Compile | null> {
  try {
    const { compile } = await import('json-schema-to-typescript');
    return compile;
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    if (absent) return null;
    throw error;
  }
}

const compile = await loadCompiler();
const schemas = join(ROOT, 'node_modules/ocpp-rpc/lib/schemas');
if (compile !== null && existsSync(schemas)) {
  mkdirSync(TARGET, { recursive: true });
  for (const version of VERSIONS) {
    const messages = JSON.parse(readFileSync(join(schemas, version.schemas), 'utf8')) as JsonObject[];
    const { schema, actions } = combine(messages);
    const interfaces = await compile(schema, 'Root', {
      bannerComment: `/** ${version.name} messages, from the Open Charge Alliance's JSON schemas (CC BY-ND 4.0). Generated: not committed. */`,
      format: false,
      ignoreMinAndMaxItems: true,
      unreachableDefinitions: true,
    });
    writeIfChanged(join(TARGET, version.file), `${tidy(interfaces)}\n${maps(actions)}`);
  }
}
