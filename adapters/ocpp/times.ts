import { correctTime, watchClock } from '../../gateway/clocks.ts';
import type { QuirkFlags } from '../../gateway/domain/quirks.ts';
import {
  isPlausible,
  parseTime,
  toUtcMillis,
  toUtcSeconds,
  type Millis,
  type TimeFormat,
} from '../../gateway/domain/time.ts';
import { quirksOf } from '../../gateway/quirks.ts';
import type { MessageContext } from './protocol.ts';

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
export interface LiveTime {
  kind: 'event' | 'reading';
  text: string | undefined;
}

/** Lets the charger's clock be judged by a message before that is decoded. There may be something to wait for. */
export function watchTime(context: MessageContext, live: LiveTime | undefined): Promise<void> | undefined {
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
