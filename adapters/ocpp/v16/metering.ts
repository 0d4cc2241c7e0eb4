import type { Sample, SampledValue } from '../../../gateway/domain/types.ts';
import { quirksOf } from '../../../gateway/quirks.ts';
import type { MessageContext } from '../protocol.ts';
import { readSample } from '../readings.ts';
import { instant } from '../times.ts';

/** A MeterValue of 1.6, after lenient reading: texts may hold anything. */
export interface WireMeterValue {
  timestamp: string;
  sampledValue: SampledValue[];
}

/** Decodes 1.6 meter values: one sample per instant. */
export function decodeSamples(context: MessageContext, values: readonly WireMeterValue[]): Sample[] {
  const { energyUnit } = quirksOf(context.gw, context.chargerId);
  return values.map((value) => readSample(instant(context, value.timestamp), value.sampledValue, energyUnit));
}
