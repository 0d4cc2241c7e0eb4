import { isRecord } from '../lenient.ts';
import { BASIC_AUTH_PASSWORD } from './orders.ts';

/** SetVariables of SecurityCtrlr.BasicAuthPassword gives a charger its password (OCPP 2.0.1 part 2, A01). */
export function passwordIn(action: string, payload: unknown): string | null {
  if (action !== 'SetVariables' || !isRecord(payload)) return null;
  const { setVariableData } = payload;
  for (const item of Array.isArray(setVariableData) ? setVariableData.filter(isRecord) : []) {
    const { component, variable, attributeValue } = item;
    const isPassword = isRecord(component) && isRecord(variable) && isNamed(component, variable);
    if (isPassword && typeof attributeValue === 'string' && attributeValue !== '') return attributeValue;
  }
  return null;
}

function isNamed(component: Record<string, unknown>, variable: Record<string, unknown>): boolean {
  const same = (a: unknown, b: string): boolean => typeof a === 'string' && a.toLowerCase() === b.toLowerCase();
  return (
    same(component['name'], BASIC_AUTH_PASSWORD.component.name) &&
    same(variable['name'], BASIC_AUTH_PASSWORD.variable.name)
  );
}
