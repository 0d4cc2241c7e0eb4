import type { Millis } from '../../gateway/domain/time.ts';
import type { ConnectorSight } from './charger-options.ts';
import type { Happening, SimTransaction, SimulatorEvent } from './model.ts';
import type { Connector } from './outlet.ts';

/** What may be seen of a connector from outside. */
export function sightOf(found: Connector): ConnectorSight {
  const { connector, status, vehicle, transaction, armed } = found.state;
  return {
    connector,
    status,
    plugged: vehicle !== null,
    uid: transaction?.card?.uid ?? armed?.start.card.uid ?? null,
    transactionId: transaction?.id ?? null,
    registerWh: found.registerWh(),
    sessionWh: transaction ? found.registerWh() - transaction.meterStart : 0,
    powerW: found.powerW(),
    soc: vehicle?.soc ?? null,
  };
}

/** What a person would see of something that happens to a transaction; null: nothing. */
export function eventOf(
  charger: string,
  at: Millis,
  { connector, meterStart }: SimTransaction,
  { stage, card, reading, stop }: Happening,
): SimulatorEvent | null {
  const seen = { charger, at, connector };
  if (stage === 'started') return { ...seen, kind: 'started', uid: card?.uid ?? null, meterStart };
  if (stop) return { ...seen, kind: 'stopped', energyWh: stop.meterStop - meterStart, reason: stop.reason };
  return reading && { ...seen, kind: 'sampled', registerWh: reading.registerWh, powerW: reading.powerW };
}
