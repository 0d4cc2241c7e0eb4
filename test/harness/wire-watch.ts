import { loadSchemas, type SchemaSet } from '../../adapters/ocpp/schemas/load.ts';
import type { Gateway } from '../../gateway/gateway.ts';

const COMMON_CODES = [
  'NotImplemented',
  'NotSupported',
  'InternalError',
  'ProtocolError',
  'SecurityError',
  'PropertyConstraintViolation',
  'TypeConstraintViolation',
  'GenericError',
];

/** CALLERROR codes of OCPP-J 1.6 §4.2.3, in its spelling, and of OCPP-J 2.0.1 §4.3. */
const CODES16 = new Set([...COMMON_CODES, 'FormationViolation', 'OccurenceConstraintViolation']);
const CODES2 = new Set([
  ...COMMON_CODES,
  'FormatViolation',
  'OccurrenceConstraintViolation',
  'MessageTypeNotSupported',
  'RpcFrameworkError',
]);

interface Version {
  /** Has it errors for answers, and messages that are not answered? */
  unconfirmed?: boolean;
  schemas: SchemaSet;
  codes: ReadonlySet<string>;
}

const V16: Version = { schemas: loadSchemas('ocpp1_6.json', 'strict'), codes: CODES16 };
const VERSIONS: ReadonlyMap<string, Version> = new Map([
  ['ocpp1.6', V16],
  ['ocpp2.0.1', { schemas: loadSchemas('ocpp2_0_1.json', 'strict'), codes: CODES2 }],
  ['ocpp2.1', { schemas: loadSchemas('ocpp2_1.json', 'strict'), codes: CODES2, unconfirmed: true }],
]);

/**
 * Looks at everything that a gateway sends to its chargers, whatever the test is about: each call, answer and error has
 * to be what the OCA's schema has (law 7). Gives what was not.
 */
export function watchWire(gw: Gateway): { faults(): string[] } {
  const asked = new Map<string, Set<string>>();
  const faults: string[] = [];
  const note = gw.diagnostics.frame;
  gw.diagnostics.frame = (chargerId, direction, text) => {
    note(chargerId, direction, text);
    const version = VERSIONS.get(gw.connections.find(chargerId)?.protocol ?? '') ?? V16;
    if (direction === 'out') faults.push(...faultsOf(version, chargerId, text, asked));
    else remember(chargerId, text, asked);
  };
  return { faults: () => faults };
}

/** Which actions each message id of a charger was about: some give every message the same one (Q24). */
function remember(chargerId: string, text: string, asked: Map<string, Set<string>>): void {
  const call = /^[\s\uFEFF]*\[[\s,]*2\s*,\s*("(?:[^"\\]|\\.)*"|-?[\d.eE+-]+)\s*,\s*"([A-Za-z]+)"/.exec(text);
  if (!call?.[1] || !call[2]) return;
  const key = `${chargerId} ${JSON.stringify(JSON.parse(call[1]))}`;
  asked.set(key, (asked.get(key) ?? new Set()).add(call[2]));
}

function faultsOf(version: Version, chargerId: string, text: string, asked: Map<string, Set<string>>): string[] {
  const [type, id, ...rest] = JSON.parse(text) as unknown[];
  const actions = [...(asked.get(`${chargerId} ${JSON.stringify(id)}`) ?? [])];
  const problems = check(version, type, rest, actions);
  return problems.map((problem) => `${problem}: ${text.slice(0, 500)}`);
}

function check(version: Version, type: unknown, rest: unknown[], actions: string[]): string[] {
  if (type === 2 && rest.length === 2) return problemsOf(version, `${String(rest[0])}.req`, rest[1]);
  if (type === 3 && rest.length === 1)
    return actions.some((action) => problemsOf(version, `${action}.conf`, rest[0]).length === 0)
      ? []
      : [`no valid answer to ${actions.join(' or ') || 'anything'}`];
  if ((type === 4 || (type === 5 && version.unconfirmed)) && rest.length === 3)
    return version.codes.has(String(rest[0])) ? [] : ['an error code that is none'];
  return ['no OCPP frame'];
}

function problemsOf({ schemas }: Version, name: string, payload: unknown): string[] {
  return schemas.problems(name, payload).map(({ path, message }) => `${name}${path} ${message}`);
}
