import { finalRegister, liftAt, type RegisterFall, type RegisterPoint, type RegisterWatch } from './domain/register.ts';
import type { Transaction } from './domain/types.ts';
import type { Gateway } from './gateway.ts';
import { listConnectorsOf } from './store/chargers.ts';
import { insertFall, listFalls, sampleFigures } from './store/meters.ts';

type At = Pick<Transaction, 'chargerId' | 'evse'>;

/** What the EVSE's strongest connector can deliver in so many milliseconds, Wh; with a tenth and 100 Wh to spare. */
export function mostEnergy(gw: Gateway, at: At, millis: number): number {
  return 100 + (1.1 * ratedWatts(gw, at) * Math.max(0, millis)) / 3_600_000;
}

function ratedWatts(gw: Gateway, { chargerId, evse }: At): number {
  const ratings = listConnectorsOf(gw.db, chargerId)
    .filter((connector) => connector.evse === evse)
    .map(
      ({ maxPower, maxVoltage, maxAmperage, powerType }) =>
        maxPower ?? maxVoltage * maxAmperage * (powerType === 'AC_3_PHASE' ? 3 : 1),
    );
  return Math.max(0, ...ratings);
}

/** Where the transaction began, as a reading. */
export function startPoint(t: Transaction): RegisterPoint {
  return { reportedAt: t.startReportedAt, receivedAt: t.startReceivedAt, energyWh: t.meterStart };
}

/** More resets than this in one transaction are noise that nobody can bill by. */
const MOST_FALLS = 100;

/**
 * Stores, inside the write at hand, the falls that became certain (Q52). One from a register that the EVSE could not have
 * reached by then was the end of a wrong reading, not of the register, and is left out.
 */
export function noteFalls(gw: Gateway, transaction: Transaction, watch: RegisterWatch | undefined): void {
  if (!watch || watch.falls.length === 0) return;
  const known = listFalls(gw.db, transaction.seq);
  for (const { high, low } of watch.falls) {
    const taken = high.energyWh + liftAt(known, high.reportedAt) - transaction.meterStart;
    const believable = taken >= 0 && taken <= mostEnergy(gw, transaction, span(startPoint(transaction), high));
    if (!believable || known.length >= MOST_FALLS) continue;
    // A meter that began anew at zero has counted what it shows; one that shows more than can be was at something else.
    const fromZero = low.energyWh >= 0 && low.energyWh <= mostEnergy(gw, transaction, span(high, low));
    const fall: RegisterFall = {
      reportedAt: low.reportedAt,
      highWh: high.energyWh,
      baseWh: fromZero ? 0 : low.energyWh,
    };
    insertFall(gw.db, transaction.seq, fall);
    known.push(fall);
    gw.diagnostics.deviation(transaction.chargerId, 'REGISTER_RESET', `${high.energyWh} -> ${low.energyWh}`);
  }
}

/** Time between two readings by the clock that saw more of it: chargers' clocks stand still, and replays come at once. */
function span(from: RegisterPoint, to: RegisterPoint): number {
  return Math.max(to.reportedAt - from.reportedAt, to.receivedAt - from.receivedAt);
}

/** A wrong unit is a factor of 1000; what is nearer may be a wrong description of the connector. */
const BEYOND_RATING = 3;
const APART = 20;

/** So many samples have to agree, over so long, before a contradiction counts, and over so much energy. */
const ENOUGH_SAMPLES = 3;
const ENOUGH_MILLIS = 60_000;
const ENOUGH_WH = 100;

/**
 * What the meter of an ended transaction contradicts, in words for its bill; null when nothing (Q51). The energy is billed
 * as reported all the same: only the operator knows which of two figures is wrong.
 */
export function contradiction(gw: Gateway, t: Transaction, energyWh: number): string | null {
  const millis = Math.max(
    (t.stopReportedAt ?? t.startReportedAt) - t.startReportedAt,
    (t.stopReceivedAt ?? t.startReceivedAt) - t.startReceivedAt,
  );
  if (millis < ENOUGH_MILLIS) return null;
  const watts = ratedWatts(gw, t);
  if (watts > 0 && energyWh > 100 + (BEYOND_RATING * watts * millis) / 3_600_000)
    return `${energyWh} Wh are more than a connector of ${Math.round(watts)} W gives in ${Math.round(millis / 60_000)} min`;
  const { samples, averageW, rise, millis: sampled } = sampleFigures(gw.db, t.seq);
  if (samples < ENOUGH_SAMPLES || averageW === null || rise === null || (sampled ?? 0) < ENOUGH_MILLIS) return null;
  const byPower = (averageW * (sampled ?? 0)) / 3_600_000;
  const power = `the reported power of ${Math.round(averageW)} W over ${Math.round((sampled ?? 0) / 60_000)} min`;
  // Samples may cover a part of the session: it can have taken more than they tell, not less.
  if (byPower >= ENOUGH_WH && energyWh * APART < byPower) return `${energyWh} Wh contradict ${power}`;
  return isApart(rise, byPower) ? `readings that differ by ${rise} Wh contradict ${power}` : null;
}

function isApart(measured: number, expected: number): boolean {
  return Math.max(measured, expected) >= ENOUGH_WH && (measured > APART * expected || expected > APART * measured);
}

/** What is odd about an ended transaction's meter, in words for its bill; noted with the charger too. */
export function meterRemarks(gw: Gateway, t: Transaction, energyWh: number): string[] {
  const falls = listFalls(gw.db, t.seq);
  const remarks: string[] = [];
  if (falls.length > 0)
    remarks.push('the meter began anew during the session: what it measured before and after is added');
  // With no fall known, a stop below the start tells nothing: the last reading does.
  else if (
    t.meterStop !== null &&
    finalRegister({ start: t.meterStart, last: null, stop: t.meterStop }, []) > t.meterStop
  )
    remarks.push(`the meter ended at ${t.meterStop} Wh, below its start: billed by the last reading above it`);
  const implausible = gw.settings.energyCheck ? contradiction(gw, t, energyWh) : null;
  if (implausible !== null) {
    gw.diagnostics.deviation(t.chargerId, 'ENERGY_IMPLAUSIBLE', `transaction ${t.wireId}: ${implausible}`);
    gw.log.warn({ charger: t.chargerId, transaction: t.seq }, `energy is implausible: ${implausible}`);
    remarks.push(`to be checked: ${implausible}`);
  }
  return remarks;
}
