import { isRegister, scaleToInteger } from '../../gateway/domain/energy.ts';
import type { QuirkFlags } from '../../gateway/domain/quirks.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { Sample, SampledValue } from '../../gateway/domain/types.ts';

/** One instant's readings, in base units, with everything that was said kept beside. Texts may hold anything. */
export function readSample(reportedAt: Millis, values: SampledValue[], energyUnit: QuirkFlags['energyUnit']): Sample {
  const clear = values.map(readSuffix);
  return {
    reportedAt,
    context: values[0]?.context ?? null,
    energyWh: energyOf(clear, energyUnit),
    powerW: total(clear, 'Power.Active.Import', { W: 0, kW: 3 }, 'W'),
    currentMa: total(clear, 'Current.Import', { A: 3 }, 'A'),
    socPercent: total(clear, 'SoC', { Percent: 0 }, 'Percent'),
    values,
  };
}

/** Measurands that we reckon with, by their names in lower case. */
const MEASURANDS = new Map(
  ['Energy.Active.Import.Register', 'Power.Active.Import', 'Current.Import', 'Voltage'].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** Some write the phase behind the measurand: `Power.Active.Import.L1` (Q19). */
function readSuffix(value: SampledValue): SampledValue {
  const { measurand } = value;
  // Nearly all are spelt as they should be.
  if (measurand === undefined || value.phase !== undefined || !measurand.includes('.', measurand.length - 6))
    return value;
  const match = /^(.+)\.(L[123](?:-N|-L[123])?|N)$/i.exec(measurand);
  const name = match?.[1] && MEASURANDS.get(match[1].toLowerCase());
  return name && match[2] ? { ...value, measurand: name, phase: match[2].toUpperCase() } : value;
}

/**
 * Without a measurand a value is the import register, without a unit it is Wh (OCPP 1.6 §7.41; 2.0.1 part 2, UnitOfMeasureType). Where the charger is known
 * to label it wrongly, `told` counts whatever it says (Q51).
 */
function energyOf(values: SampledValue[], told: QuirkFlags['energyUnit']): number | null {
  const exponents = told === null ? { Wh: 0, kWh: 3 } : told === 'KWH' ? { Wh: 3, kWh: 3 } : { Wh: 0, kWh: 0 };
  const register = total(values, 'Energy.Active.Import.Register', exponents, 'Wh');
  return register !== null && isRegister(register) ? register : null;
}

/**
 * One number of a kind: the reading without phase, else the sum over the phases that are told (never N or line-to-line, and
 * each phase once, Q55); not from the vehicle's side. Where one list holds the reading of the start beside the one of now
 * (Q50), that of now. Exponents bring each unit to the base unit.
 */
function total(
  values: SampledValue[],
  measurand: string,
  exponents: Record<string, number>,
  defaultUnit: string,
): number | null {
  let atStart: number | null = null;
  let phases: Map<string, number> | null = null;
  for (const value of values) {
    if ((value.measurand ?? 'Energy.Active.Import.Register') !== measurand) continue;
    if (value.location === 'EV' || value.format === 'SignedData') continue;
    const exponent = exponents[value.unit ?? defaultUnit];
    const number = exponent === undefined ? null : scaleToInteger(value.value, exponent);
    if (number === null) continue;
    if (value.phase === undefined) {
      if (value.context !== 'Transaction.Begin') return number;
      atStart ??= number;
    }
    // L1 and L1-N are one phase, and so is one at the inlet and at the outlet.
    const phase = value.phase && /^L([123])(-N)?$/.exec(value.phase)?.[1];
    if (phase && !phases?.has(phase)) (phases ??= new Map()).set(phase, number);
  }
  if (!phases) return atStart;
  let sum = 0;
  for (const number of phases.values()) sum += number;
  return sum;
}
