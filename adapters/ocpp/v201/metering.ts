import type { Sample, SampledValue } from '../../../gateway/domain/types.ts';
import { quirksOf } from '../../../gateway/quirks.ts';
import type { MessageContext } from '../protocol.ts';
import { readSample } from '../readings.ts';
import type { MeterValueType, SampledValueType } from '../schemas/generated/v201.ts';
import { instant } from '../times.ts';

/**
 * Decodes 2.x meter values: one sample per instant, with everything that was said kept beside. One that tells no time is of the
 * moment of its message, `otherwise`.
 */
export function decodeSamples(
  context: MessageContext,
  values: readonly MeterValueType[] = [],
  otherwise = '',
): Sample[] {
  const { energyUnit } = quirksOf(context.gw, context.chargerId);
  return values.map(({ timestamp, sampledValue }) =>
    readSample(
      instant(context, timestamp === '' ? otherwise : timestamp),
      sampledValue.flatMap(decodeValue),
      energyUnit,
    ),
  );
}

/** What the meter signed is a reading of its own, kept to the byte (OCPP 2.0.1 part 2, SignedMeterValueType). */
function decodeValue(said: SampledValueType): SampledValue[] {
  const { value, measurand, context, phase, location, unitOfMeasure, signedMeterValue: signed } = said;
  const where = {
    ...(measurand !== undefined && { measurand }),
    ...(context !== undefined && { context }),
    ...(phase !== undefined && { phase }),
    ...(location !== undefined && { location }),
  };
  const unit = unitOfMeasure?.unit;
  const plain = {
    value: timesTen(value, unitOfMeasure?.multiplier ?? 0),
    ...where,
    ...(unit !== undefined && { unit }),
  };
  return signed ? [plain, { value: textOf(signed.signedMeterData), ...where, format: 'SignedData' }] : [plain];
}

/** 2.x wraps what the meter signed in base64, which OCPI does anew; bytes that are no text stay wrapped. */
function textOf(data: string): string {
  const bytes = Buffer.from(data, 'base64');
  const text = bytes.toString('utf8');
  return text !== '' && Buffer.from(text, 'utf8').equals(bytes) && bytes.toString('base64') === data ? text : data;
}

/** A number times ten to a power, as text: without the rounding of binary floats. */
function timesTen(value: number, power: number): string {
  if (power === 0) return String(value);
  const [digits = '0', exponent = '0'] = String(value).split('e');
  return `${digits}e${Number(exponent) + power}`;
}
