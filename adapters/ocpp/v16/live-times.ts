import type { LiveTime } from '../times.ts';
import type { Requests } from '../schemas/generated/v16.ts';
import type { InboundAction } from './table.ts';

const LIVE_TIMES: { [A in InboundAction]?: (request: Requests[A]) => LiveTime } = {
  StatusNotification: ({ timestamp }) => ({ kind: 'event', text: timestamp }),
  StartTransaction: ({ timestamp }) => ({ kind: 'event', text: timestamp }),
  StopTransaction: ({ timestamp }) => ({ kind: 'event', text: timestamp }),
  MeterValues: ({ meterValue }) => ({ kind: 'reading', text: meterValue.at(-1)?.timestamp }),
};

/** What a message, once it is read, says of the moment in which it was sent. */
export function liveTime(action: string, request: unknown): LiveTime | undefined {
  const read = LIVE_TIMES[action as InboundAction] as ((of: unknown) => LiveTime) | undefined;
  return read?.(request);
}
