import { correctTime, watchClock } from '../../../gateway/clocks.ts';
import type { QuirkFlags } from '../../../gateway/domain/quirks.ts';
import {
  isPlausible,
  parseTime,
  toUtcMillis,
  toUtcSeconds,
  type Millis,
  type TimeFormat,
} from '../../../gateway/domain/time.ts';
import { quirksOf } from '../../../gateway/quirks.ts';
import type { MessageContext } from '../protocol.ts';
import type { Requests } from '../schemas/generated/v16.ts';
import type { InboundAction } from './table.ts';

/** A time as the charger wrote it, brought to UTC (Q32); the time of receipt where it wrote none that can be read. */
export function instant(context: MessageContext, text: string): Millis {
  const time = parseTime(text);
  if (!time) context.deviate('TIME_UNREADABLE', text);
  else if (!time.zoned) context.deviate('TIME_WITHOUT_ZONE', text);
  if (!time) return context.receivedAt;
  const at = correctTime(context.gw, context.chargerId, time.at);
  // It is kept as reported; whoever reckons with it falls back to our clock (Q33).
  if (!isPlausible(at, context.receivedAt)) context.deviate('CLOCK_WRONG', text);
  return at;
}

/** What a message says of the moment in which it was sent, if it was sent in that moment. */
type LiveTime = { kind: 'event' | 'reading'; text: string | undefined };

const LIVE_TIMES: { [A in InboundAction]?: (request: Requests[A]) => LiveTime } = {
  StatusNotification: ({ timestamp }) => ({ kind: 'event', text: timestamp }),
  StartTransaction: ({ timestamp }) => ({ kind: 'event', text: timestamp }),
  StopTransaction: ({ timestamp }) => ({ kind: 'event', text: timestamp }),
  MeterValues: ({ meterValue }) => ({ kind: 'reading', text: meterValue.at(-1)?.timestamp }),
};

/** Lets the charger's clock be judged by a message before that is decoded. There may be something to wait for. */
export function watchTimes<A extends InboundAction>(
  context: MessageContext,
  action: A,
  request: Requests[A],
): Promise<void> | undefined {
  const live = LIVE_TIMES[action]?.(request);
  const time = live?.text === undefined ? null : parseTime(live.text);
  return live && time ? watchClock(context.gw, context.chargerId, live.kind, time.at, context.receivedAt) : undefined;
}

/** How this charger wants its times: whole seconds, which all understand, or with milliseconds (Q34). */
export function timeFormat(quirks: QuirkFlags): TimeFormat {
  return quirks.fractionalSeconds === true ? toUtcMillis : toUtcSeconds;
}

/** This instant, as this charger wants it. */
export function writeTime({ gw, chargerId }: MessageContext, at: Millis): string {
  return timeFormat(quirksOf(gw, chargerId))(at);
}
