import { recordKeys } from '../../../gateway/configuration.ts';
import type { ConfigurationKey } from '../../../gateway/domain/orders.ts';
import type { MessageContext } from '../protocol.ts';
import type { ReportDataType, Requests } from '../schemas/generated/v201.ts';
import type { Block } from './table.ts';
import { nameOf } from './variables.ts';

/** A part of a report on the device model (OCPP 2.0.1 part 2, B07): kept like keys that were asked for. */
async function report({ gw, chargerId }: MessageContext, { reportData = [] }: Requests['NotifyReport']) {
  await recordKeys(gw, chargerId, reportData.flatMap(keyOf));
  return {};
}

function keyOf({ component, variable, variableAttribute }: ReportDataType): ConfigurationKey[] {
  const key = nameOf(component, variable);
  const actual = variableAttribute.find(({ type = 'Actual' }) => type === 'Actual');
  if (key === null || !actual) return [];
  return [{ key, readonly: actual.mutability === 'ReadOnly', value: actual.value ?? null }];
}

export const reports = {
  NotifyReport: { handle: report, fallback: {} },
} satisfies Block;
