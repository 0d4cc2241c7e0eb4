import type { Requests } from '../schemas/generated/v201.ts';
import type { LiveTime } from '../times.ts';
import type { InboundAction } from './table.ts';

const LIVE_TIMES: { [A in InboundAction]?: (request: Requests[A]) => LiveTime | undefined } = {
  StatusNotification: ({ timestamp }) => ({ kind: 'event', text: timestamp }),
  TransactionEvent: ({ timestamp, offline }) => (offline === true ? undefined : { kind: 'event', text: timestamp }),
  MeterValues: ({ meterValue }) => ({ kind: 'reading', text: meterValue.at(-1)?.timestamp }),
};

/** What a message, once it is read, says of the moment in which it was sent; nothing where it was sent later. */
export function liveTime(action: string, request: unknown): LiveTime | undefined {
  const read = LIVE_TIMES[action as InboundAction] as ((of: unknown) => LiveTime | undefined) | undefined;
  return read?.(request);
}
