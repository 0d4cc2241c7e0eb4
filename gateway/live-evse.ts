import { flowNow } from './domain/status.ts';
import type { Session } from './domain/types.ts';
import type { EvseView } from './chargers.ts';
import type { Gateway } from './gateway.ts';
import { lastReadings } from './store/live-evse.ts';
import { findSessionOf } from './store/sessions.ts';
import { listChargers } from './store/chargers.ts';

/** What an EVSE does now. */
export interface LiveEvse {
  /** Null where it is not known; nought where nothing runs. */
  powerW: number | null;
  currentA: number | null;
  /** Lifetime register, Wh. */
  energyWh: number | null;
  socPercent: number | null;
  /** The one under way. */
  session: Session | null;
}

/** A charger that tells its figures in turns has told all of them within so many readings. */
const READINGS = 6;

/** What this EVSE draws and for whom, as its charger last reported. */
export function liveEvse(gw: Gateway, evse: EvseView): LiveEvse {
  const { visible, meterWh, transactionId } = evse;
  if (transactionId === null) {
    const draw = visible === 'Unknown' ? null : 0;
    return { powerW: draw, currentA: draw, energyWh: meterWh, socPercent: null, session: null };
  }
  const readings = lastReadings(gw.db, transactionId, READINGS);
  const away = visible === 'Unknown';
  /** What flows, by the last reading that has it. */
  const flow = (key: 'powerW' | 'currentMa'): number | null => {
    const reading = readings.find((each) => each[key] !== null);
    return away ? null : flowNow(reading?.[key] ?? null, reading?.receivedAt ?? null, evse);
  };
  const milliamperes = flow('currentMa');
  return {
    powerW: flow('powerW'),
    currentA: milliamperes === null ? null : milliamperes / 1000,
    energyWh: meterWh,
    socPercent: readings.find(({ socPercent }) => socPercent !== null)?.socPercent ?? null,
    session: findSessionOf(gw.db, transactionId) ?? null,
  };
}

/** The ids of all chargers: quick where there are thousands, as nothing else of them is looked up. */
export function listChargerIds(gw: Gateway): string[] {
  return listChargers(gw.db).map(({ id }) => id);
}
