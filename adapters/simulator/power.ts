/** Watts that flow `seconds` after charging began, at a battery state of charge of 0 to 1. */
export type PowerCurve = (seconds: number, soc: number) => number;

const RAMP_SECONDS = 15;
const TAPER_FROM = 0.8;
const TRICKLE = 0.08;

/** The usual curve: ramps up, holds `maxW` until 80 %, tapers to a trickle, nothing once the battery is full. */
export function typicalCurve(maxW: number): PowerCurve {
  return (seconds, soc) => {
    if (soc >= 1) return 0;
    const ramp = Math.min(1, Math.max(0, seconds) / RAMP_SECONDS);
    const taper = soc <= TAPER_FROM ? 1 : Math.max(TRICKLE, (1 - soc) / (1 - TAPER_FROM));
    return maxW * ramp * taper;
  };
}

/** A car on the cable: what it holds and how far into its charge it is. */
export interface Vehicle {
  capacityWh: number;
  /** 0 to 1. */
  soc: number;
  /** Seconds it has been drawing since it was plugged in. */
  chargedSeconds: number;
}

const SLICE_SECONDS = 5;
const MAX_SLICES = 20_000;

/** Charges for `seconds` along the curve, changing the vehicle; returns the watt-hours that flowed (not rounded). */
export function charge(vehicle: Vehicle, curve: PowerCurve, seconds: number): number {
  const slices = Math.min(MAX_SLICES, Math.ceil(seconds / SLICE_SECONDS));
  if (slices <= 0) return 0;
  const slice = seconds / slices;
  let total = 0;
  for (let i = 0; i < slices; i += 1) {
    const room = (1 - vehicle.soc) * vehicle.capacityWh;
    const flowed = Math.min(room, (curve(vehicle.chargedSeconds + slice / 2, vehicle.soc) * slice) / 3600);
    total += flowed;
    vehicle.soc = Math.min(1, vehicle.soc + flowed / vehicle.capacityWh);
    vehicle.chargedSeconds += slice;
  }
  return total;
}
