import type { Answers, ConfigurationKey } from '../../../gateway/domain/orders.ts';
import { isRecord } from '../lenient.ts';
import { readStatus } from '../order-words.ts';
import type { ComponentType, VariableType } from '../schemas/generated/v201.ts';

/** A variable of the device model. */
export interface Place {
  component: ComponentType;
  variable: VariableType;
}

/** `Component{instance}#evse.connector.Variable[instance]`: what is in brackets and behind # may be missing. */
const NAME = /^([^.{}#[\]]+)(?:\{([^}]*)\})?(?:#(\d+)(?:\.(\d+))?)?\.([^.{}#[\]]+)(?:\[([^\]]*)\])?$/;

/** A variable by its name in settings, such as `SampledDataCtrlr.TxUpdatedInterval`; null where that is no name. */
export function parseName(name: string): Place | null {
  const match = NAME.exec(name.trim());
  const [, component, instance, evse, connector, variable, of] = match ?? [];
  if (component === undefined || variable === undefined) return null;
  return {
    component: {
      name: component,
      ...(instance !== undefined && { instance }),
      ...(evse !== undefined && {
        evse: { id: Number(evse), ...(connector !== undefined && { connectorId: Number(connector) }) },
      }),
    },
    variable: { name: variable, ...(of !== undefined && { instance: of }) },
  };
}

/** The same the other way round; null for what names none. */
export function nameOf(component: unknown, variable: unknown): string | null {
  if (!isRecord(component) || !isRecord(variable)) return null;
  const [box, what] = [component['name'], variable['name']];
  if (typeof box !== 'string' || typeof what !== 'string') return null;
  const { evse } = component;
  const at = isRecord(evse) && typeof evse['id'] === 'number' ? `#${evse['id']}${connectorOf(evse)}` : '';
  return `${box}${inBrackets('{}', component['instance'])}${at}.${what}${inBrackets('[]', variable['instance'])}`;
}

function connectorOf({ connectorId }: Record<string, unknown>): string {
  return typeof connectorId === 'number' ? `.${connectorId}` : '';
}

function inBrackets([open, close]: string | readonly string[], instance: unknown): string {
  return typeof instance === 'string' && instance !== '' ? `${open}${instance}${close}` : '';
}

/** What a GetVariables answer tells; values that are written as numbers or booleans are read as their text. */
export function readVariables(payload: Record<string, unknown>): Omit<Answers['read-configuration'], 'status'> {
  const keys: ConfigurationKey[] = [];
  const unknown: string[] = [];
  const results = payload['getVariableResult'];
  for (const item of Array.isArray(results) ? results.filter(isRecord) : []) {
    const key = nameOf(item['component'], item['variable']);
    if (key === null) continue;
    const value = textOf(item['attributeValue']);
    // Rejected: there is one, which it does not tell.
    const told = readStatus(item['attributeStatus']);
    if (told === 'accepted' || told === 'rejected') keys.push({ key, readonly: null, value });
    else unknown.push(key);
  }
  return { keys, unknown };
}

export function textOf(value: unknown): string | null {
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return known ? String(value) : null;
}
