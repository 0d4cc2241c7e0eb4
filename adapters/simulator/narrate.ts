import { toUtcSeconds } from '../../gateway/domain/time.ts';
import type { SimulatorEvent } from './model.ts';

/** Energy for people: `0.42 kWh`. */
export function kwh(wattHours: number): string {
  return `${(wattHours / 1000).toFixed(2)} kWh`;
}

/** Power for people: `21.9 kW`. */
export function kw(watts: number): string {
  return `${(watts / 1000).toFixed(1)} kW`;
}

/** A number and what it counts: `1 charge`, `2 charges`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** One line on an event, without its time; null for what is too frequent to tell. */
export function narrate(event: SimulatorEvent): string | null {
  const { charger } = event;
  switch (event.kind) {
    case 'online':
      return `${charger} connected and accepted`;
    case 'offline':
      return `${charger} lost its connection (${event.detail})`;
    case 'booted':
      return `${charger} started`;
    case 'powerCut':
      return `${charger} lost its power`;
    case 'dropped':
      return `${charger} gave a message up (${event.detail})`;
    case 'status':
      return `${charger}/${event.connector} is ${event.status}`;
    case 'authorized':
      return `${charger}/${event.connector} card ${event.uid}: ${event.verdict}`;
    case 'refused':
      return `${charger}/${event.connector} card ${event.uid} refused: ${event.verdict}`;
    case 'started':
      return event.uid === null
        ? `${charger}/${event.connector} waits for a card`
        : `${charger}/${event.connector} charging begins for ${event.uid}`;
    case 'stopped':
      return `${charger}/${event.connector} charging ended (${event.reason}), ${kwh(event.energyWh)}`;
    case 'sampled':
      return null;
  }
}

/** Time of day in UTC: `08:15:02`. */
export function timeOfDay(at: number): string {
  return toUtcSeconds(at).slice(11, 19);
}
