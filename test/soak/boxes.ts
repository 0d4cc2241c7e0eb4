import type { Protocol } from '../../adapters/simulator/charger-options.ts';
import { createSimulatedCharger, type SimulatedCharger } from '../../adapters/simulator/charger.ts';
import { driveConnector, seededRandom, type Pace } from '../../adapters/simulator/driver.ts';
import type { SimulatorEvent } from '../../adapters/simulator/model.ts';
import { QUIRK_NAMES, type QuirkName } from '../../adapters/simulator/quirks.ts';
import { timerTicker } from '../../adapters/simulator/ticker.ts';
import { CARDS } from './depot.ts';
import type { Dice } from './dice.ts';

const PACE: Pace = { away: [1, 5], fumble: [0.3, 2], charge: [3, 20], linger: [0.3, 3] };
const PROTOCOLS: readonly Protocol[] = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'];

/** A charge as its charger knows it. */
export interface Charge {
  /** Did it begin with a card? One that a cable began is nobody's, and no session, until a card is shown. */
  card: boolean;
  /** Null while it goes on. */
  energyWh: number | null;
}

/** A charger with the truth about its charges, and drivers who come and go. */
export interface Box {
  charger: SimulatedCharger;
  charges: Charge[];
  quirks: string[];
  /** What it said or was told that no schema allows. */
  violations: string[];
  /** Resolves when its drivers have left for good. */
  done: Promise<void>;
}

/** Makes a charger that connects and is used from now on until the signal; each index is one of its own kind. */
export function createBox(url: string, index: number, dice: Dice, seed: number, signal: AbortSignal): Box {
  const charges: Charge[] = [];
  const violations: string[] = [];
  const protocol = PROTOCOLS[index % PROTOCOLS.length] ?? 'ocpp1.6';
  // Every second one that speaks 1.6 does so in its own way.
  const quirks = index % (2 * PROTOCOLS.length) === 0 ? [dice.pick(QUIRK_NAMES), dice.pick(QUIRK_NAMES)] : [];
  const charger = createSimulatedCharger({
    url,
    id: `${protocol.slice(4).replaceAll('.', '')}-${index}`,
    protocol,
    speed: 120,
    sampleAtLeast: 3,
    strict: quirks.length === 0,
    quirks: quirks as QuirkName[],
    reconnect: { minMs: 100, maxMs: 3_000 },
    afterPowerLoss: dice.pick(['stop', 'resume']),
    ...(protocol !== 'ocpp1.6' && { txStartPoint: dice.pick(['EVConnected', 'Authorized', 'PowerPathClosed']) }),
    onEvent: (event) => note(charges, event),
    onViolation: (problem) => void violations.push(problem),
  });
  charger.connectPatiently();
  const done = driveConnector(charger, 1, {
    ticker: timerTicker,
    random: seededRandom(index * 7919 + seed),
    tokens: CARDS,
    pace: PACE,
    firstAfter: 1 + (index % 5),
    signal,
  });
  return { charger, charges, quirks, violations, done };
}

function note(charges: Charge[], event: SimulatorEvent): void {
  if (event.kind === 'started') charges.push({ card: event.uid !== null, energyWh: null });
  if (event.kind !== 'stopped') return;
  const open = charges.at(-1);
  if (open?.energyWh !== null) throw new Error(`${event.charger} stopped what never began`);
  open.energyWh = event.energyWh;
}
