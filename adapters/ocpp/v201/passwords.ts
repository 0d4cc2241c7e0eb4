import { isRecord } from '../lenient.ts';
import { readStatus } from '../order-words.ts';
import type { OrderStatus } from '../../../gateway/domain/orders.ts';

export const BASIC_AUTH_PASSWORD = { component: { name: 'SecurityCtrlr' }, variable: { name: 'BasicAuthPassword' } };

/** SetVariables of SecurityCtrlr.BasicAuthPassword gives a charger its password (OCPP 2.0.1 part 2, A01). */
export function passwordIn(action: string, payload: unknown): string | null {
  if (action !== 'SetVariables' || !isRecord(payload)) return null;
  const { setVariableData } = payload;
  for (const item of Array.isArray(setVariableData) ? setVariableData.filter(isRecord) : []) {
    const { attributeValue } = item;
    if (isPassword(item) && typeof attributeValue === 'string' && attributeValue !== '') return attributeValue;
  }
  return null;
}

/** What became of the password, among whatever else was set with it; an answer about one thing is about that. */
export function passwordStatus(payload: Record<string, unknown>): { status: OrderStatus } {
  const { setVariableResult } = payload;
  const results = Array.isArray(setVariableResult) ? setVariableResult.filter(isRecord) : [];
  const result = results.find(isPassword) ?? (results.length === 1 ? results[0] : undefined);
  return { status: readStatus(result?.['attributeStatus']) };
}

function isPassword({ component, variable }: Record<string, unknown>): boolean {
  const same = (a: unknown, b: string): boolean => typeof a === 'string' && a.toLowerCase() === b.toLowerCase();
  return (
    isRecord(component) &&
    isRecord(variable) &&
    same(component['name'], BASIC_AUTH_PASSWORD.component.name) &&
    same(variable['name'], BASIC_AUTH_PASSWORD.variable.name)
  );
}
