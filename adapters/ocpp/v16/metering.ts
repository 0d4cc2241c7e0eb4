import { isRegister, scaleToInteger } from '../../../gateway/domain/energy.ts';
import { parseTime } from '../../../gateway/domain/time.ts';
import type { Sample, SampledValue } from '../../../gateway/domain/types.ts';
import type { MessageContext } from '../protocol.ts';

/** A MeterValue of 1.6, after lenient reading: texts may hold anything. */
export interface WireMeterValue {
  timestamp: string;
  sampledValue: SampledValue[];
}

/** Decodes 1.6 meter values: one sample per instant, in base units, with everything that was said kept beside. */
export function decodeSamples(context: MessageContext, values: readonly WireMeterValue[]): Sample[] {
  return values.map((value) => {
    const time = parseTime(value.timestamp);
    if (!time) context.deviate('TIME_UNREADABLE', value.timestamp);
    return decodeSample(time?.at ?? context.receivedAt, value.sampledValue);
  });
}

function decodeSample(reportedAt: number, values: SampledValue[]): Sample {
  return {
    reportedAt,
    context: values[0]?.context ?? null,
    energyWh: energyOf(values),
    powerW: total(values, 'Power.Active.Import', { W: 0, kW: 3 }, 'W'),
    currentMa: total(values, 'Current.Import', { A: 3 }, 'A'),
    socPercent: total(values, 'SoC', { Percent: 0 }, 'Percent'),
    values,
  };
}

/** Without a measurand a value is the import register, without a unit it is Wh (OCPP 1.6 §7.41). */
function energyOf(values: SampledValue[]): number | null {
  const register = total(values, 'Energy.Active.Import.Register', { Wh: 0, kWh: 3 }, 'Wh');
  return register !== null && isRegister(register) ? register : null;
}

/**
 * One number of a kind: the reading without phase, else the sum over the phases (never N or line-to-line); not from the
 * vehicle's side. Exponents bring each unit to the base unit.
 */
function total(
  values: SampledValue[],
  measurand: string,
  exponents: Record<string, number>,
  defaultUnit: string,
): number | null {
  let sum: number | null = null;
  for (const value of values) {
    if ((value.measurand ?? 'Energy.Active.Import.Register') !== measurand) continue;
    if (value.location === 'EV' || value.format === 'SignedData') continue;
    const exponent = exponents[value.unit ?? defaultUnit];
    const number = exponent === undefined ? null : scaleToInteger(value.value, exponent);
    if (number === null) continue;
    if (value.phase === undefined) return number;
    if (/^L[123](-N)?$/.test(value.phase)) sum = (sum ?? 0) + number;
  }
  return sum;
}
