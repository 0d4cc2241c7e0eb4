import { toUtc } from '../../gateway/domain/time.ts';
import type { MeterValueType, SampledValueType, TransactionEventRequest } from '../ocpp/schemas/generated/v201.ts';
import type { Card, Cause, Fact, Reading, StopReason } from './model.ts';

type Trigger = TransactionEventRequest['triggerReason'];
type StoppedReason = NonNullable<TransactionEventRequest['transactionInfo']['stoppedReason']>;
type TokenKind = NonNullable<TransactionEventRequest['idToken']>['type'];

const TRIGGERS: Record<Exclude<Cause, 'stop'>, Trigger> = {
  cableIn: 'CablePluggedIn',
  card: 'Authorized',
  remoteStart: 'RemoteStart',
  stateChange: 'ChargingStateChanged',
  periodic: 'MeterValuePeriodic',
  trigger: 'Trigger',
  deauthorized: 'Deauthorized',
  unlock: 'UnlockCommand',
};

/** A cable pulled at the car is a loss of communication; EVDeparted is for bays with a sensor (E09). */
const ENDS: Record<StopReason, { trigger: Trigger; reason: StoppedReason }> = {
  Local: { trigger: 'StopAuthorized', reason: 'Local' },
  EVDisconnected: { trigger: 'EVCommunicationLost', reason: 'EVDisconnected' },
  Remote: { trigger: 'RemoteStop', reason: 'Remote' },
  SoftReset: { trigger: 'ResetCommand', reason: 'ImmediateReset' },
  HardReset: { trigger: 'ResetCommand', reason: 'ImmediateReset' },
  Reboot: { trigger: 'AbnormalCondition', reason: 'Reboot' },
  PowerLoss: { trigger: 'AbnormalCondition', reason: 'PowerLoss' },
  DeAuthorized: { trigger: 'Deauthorized', reason: 'DeAuthorized' },
  UnlockCommand: { trigger: 'UnlockCommand', reason: 'Other' },
  Timeout: { trigger: 'EVConnectTimeout', reason: 'Timeout' },
};

const STAGES = { started: 'Started', updated: 'Updated', ended: 'Ended' } as const;

/** TransactionEvent (OCPP 2.0.1 E01 to E15). */
export function transactionEvent(fact: Fact): TransactionEventRequest {
  const { transaction, cause, card, reading, stop } = fact;
  const end = stop && ENDS[stop.reason];
  return {
    eventType: STAGES[fact.stage],
    timestamp: toUtc(fact.at),
    triggerReason: end ? end.trigger : TRIGGERS[cause === 'stop' ? 'stateChange' : cause],
    seqNo: fact.seq,
    ...(fact.offline && { offline: true }),
    ...(fact.reservationId !== null && { reservationId: fact.reservationId }),
    transactionInfo: {
      transactionId: String(transaction.id),
      chargingState: fact.chargingState,
      ...(fact.remoteStartId !== null && { remoteStartId: fact.remoteStartId }),
      ...(end && { stoppedReason: end.reason }),
    },
    evse: { id: transaction.connector, connectorId: 1 },
    ...(card && { idToken: idToken(card) }),
    ...(reading && { meterValue: [meterValue(reading, fact.measurands)] }),
  };
}

/** A card as 2.x words it. */
export function idToken({ uid, type }: Card): { idToken: string; type: TokenKind } {
  // whoever taps with another kind says so; a name that 2.0.1 lacks is his own doing (2.1 takes any)
  return { idToken: uid, type: (type ?? 'ISO14443') as TokenKind };
}

/** One instant's readings; a transaction's first and last tell the register alone. */
export function meterValue(reading: Reading, measurands: string[]): MeterValueType {
  const edge = reading.context === 'Transaction.Begin' || reading.context === 'Transaction.End';
  const all = sampledValues(reading);
  const wanted = all.filter(({ measurand }) => !edge && measurands.includes(measurand ?? ''));
  // a MeterValue must hold at least one value
  return { timestamp: toUtc(reading.at), sampledValue: wanted.length > 0 ? wanted : all.slice(0, 1) };
}

function sampledValues({ context, spec, registerWh, powerW, amperes, soc }: Reading): SampledValueType[] {
  const one = (
    measurand: NonNullable<SampledValueType['measurand']>,
    value: number,
    unit: string,
    location: 'Outlet' | 'EV' = 'Outlet',
  ): SampledValueType => ({ value, context, measurand, location, unitOfMeasure: { unit } });
  const current = one('Current.Import', Math.round(amperes * 10) / 10, 'A');
  const phases = (['L1', 'L2', 'L3'] as const).slice(0, spec.phases);
  return [
    one('Energy.Active.Import.Register', registerWh, 'Wh'),
    one('Power.Active.Import', Math.round(powerW), 'W'),
    ...(spec.dc ? [current] : phases.map((phase) => ({ ...current, phase }))),
    ...(soc === null ? [] : [one('SoC', soc, 'Percent', 'EV')]),
  ];
}
