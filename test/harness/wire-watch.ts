import { loadSchemas } from '../../adapters/ocpp/schemas/load.ts';
import type { Gateway } from '../../gateway/gateway.ts';

const SCHEMAS = loadSchemas('ocpp1_6.json', 'strict');

/** CALLERROR codes of OCPP-J 1.6 §4.2.3, in its spelling. */
const ERROR_CODES = new Set([
  'NotImplemented',
  'NotSupported',
  'InternalError',
  'ProtocolError',
  'SecurityError',
  'FormationViolation',
  'PropertyConstraintViolation',
  'OccurenceConstraintViolation',
  'TypeConstraintViolation',
  'GenericError',
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
    if (direction === 'out') faults.push(...faultsOf(chargerId, text, asked));
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

function faultsOf(chargerId: string, text: string, asked: Map<string, Set<string>>): string[] {
  const [type, id, ...rest] = JSON.parse(text) as unknown[];
  const actions = [...(asked.get(`${chargerId} ${JSON.stringify(id)}`) ?? [])];
  const problems = check(type, rest, actions);
  return problems.map((problem) => `${problem}: ${text.slice(0, 500)}`);
}

function check(type: unknown, rest: unknown[], actions: string[]): string[] {
  if (type === 2 && rest.length === 2) return problemsOf(`${String(rest[0])}.req`, rest[1]);
  if (type === 3 && rest.length === 1)
    return actions.some((action) => problemsOf(`${action}.conf`, rest[0]).length === 0)
      ? []
      : [`no valid answer to ${actions.join(' or ') || 'anything'}`];
  if (type === 4 && rest.length === 3) return ERROR_CODES.has(String(rest[0])) ? [] : ['an error code that is none'];
  return ['no OCPP frame'];
}

function problemsOf(name: string, payload: unknown): string[] {
  return SCHEMAS.problems(name, payload).map(({ path, message }) => `${name}${path} ${message}`);
}
