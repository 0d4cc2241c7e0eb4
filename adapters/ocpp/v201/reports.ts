import { recordReport } from '../../../gateway/configuration-reports.ts';
import type { ConfigurationKey } from '../../../gateway/domain/orders.ts';
import type { MessageContext } from '../protocol.ts';
import type { ReportDataType, Requests } from '../schemas/generated/v201.ts';
import type { Block } from './table.ts';
import { nameOf } from './variables.ts';

/** A part of a report on the device model (OCPP 2.0.1 part 2, B07): kept like keys that were asked for. */
async function report({ gw, chargerId }: MessageContext, request: Requests['NotifyReport']) {
  const { requestId, seqNo, tbc = false, reportData = [] } = request;
  await recordReport(gw, chargerId, { requestId, part: seqNo, last: !tbc, keys: reportData.flatMap(keyOf) });
  return {};
}

function keyOf({
  component,
  variable,
  variableAttribute,
  variableCharacteristics,
}: ReportDataType): ConfigurationKey[] {
  const key = nameOf(component, variable);
  const actual = variableAttribute.find(({ type = 'Actual' }) => type === 'Actual');
  if (key === null || !actual) return [];
  // What can only be written tells nothing (MutabilityEnumType).
  const value = actual.mutability === 'WriteOnly' ? null : (actual.value ?? null);
  const { maxLimit } = variableCharacteristics ?? {};
  return [{ key, readonly: actual.mutability === 'ReadOnly', value, ...(maxLimit !== undefined && { max: maxLimit }) }];
}

export const reports = {
  NotifyReport: { handle: report, fallback: {} },
} satisfies Block;
