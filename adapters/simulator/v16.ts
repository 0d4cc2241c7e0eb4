import { toUtc } from '../../gateway/domain/time.ts';
import type { Dialect, WireCall } from './dialect.ts';
import type { Fact, Grant, Reading, SimStop, TransactionId } from './model.ts';
import { answer16 } from './v16-orders.ts';
import { asRecord, asText, asWhole } from './wire.ts';

interface SampledValue {
  value: string;
  context: string;
  measurand: string;
  unit: string;
  location: string;
  phase?: string;
}

/** A charger's side of OCPP 1.6J. */
export const v16: Dialect = {
  protocol: 'ocpp1.6',
  startPoints: ['PowerPathClosed'],
  // below zero until the gateway's answer gives one: what never gets an answer goes out so, as real ones do (Q36)
  transactionId: (serial) => -serial,
  boot: (identity) => ({
    action: 'BootNotification',
    payload: {
      chargePointVendor: identity.vendor,
      chargePointModel: identity.model,
      chargePointSerialNumber: identity.serial,
      firmwareVersion: identity.firmware,
    },
  }),
  readBoot(payload) {
    const { status, interval } = asRecord(payload);
    const registration = status === 'Accepted' || status === 'Pending' ? status : 'Rejected';
    return { registration, interval: asWhole(interval) ?? 0 };
  },
  heartbeat: () => ({ action: 'Heartbeat', payload: {} }),
  statusWord: ({ status }) => status,
  status: ({ connector, status, at }) => ({
    action: 'StatusNotification',
    payload: {
      connectorId: connector,
      errorCode: status === 'Faulted' ? 'OtherError' : 'NoError',
      status,
      timestamp: toUtc(at),
    },
  }),
  authorize: ({ uid }) => ({ action: 'Authorize', payload: { idTag: uid } }),
  readAuthorize: readGrant,
  tell(fact) {
    if (fact.stage === 'started') return start(fact);
    if (fact.stop) return stop(fact, fact.stop);
    return fact.reading && meterValues(fact.reading, fact.measurands, fact.transaction.id);
  },
  readTold(fact, payload) {
    if (fact.stage !== 'started') return { id: null, grant: null };
    return { id: asWhole(asRecord(payload)['transactionId']), grant: readGrant(payload) };
  },
  meterValues: (reading, measurands) => meterValues(reading, measurands, null),
  reservationOver: () => null,
  answer: answer16,
};

function start({ transaction, reservationId }: Fact): WireCall {
  return {
    action: 'StartTransaction',
    payload: {
      connectorId: transaction.connector,
      idTag: transaction.card?.uid ?? '',
      meterStart: transaction.meterStart,
      timestamp: toUtc(transaction.startedAt),
      ...(reservationId === null ? {} : { reservationId }),
    },
  };
}

function stop({ transaction }: Fact, { at, card, meterStop, reason }: SimStop): WireCall {
  return {
    action: 'StopTransaction',
    payload: {
      transactionId: transaction.id,
      ...(card === null ? {} : { idTag: card.uid }),
      meterStop,
      timestamp: toUtc(at),
      reason: reason === 'Timeout' ? 'Other' : reason,
    },
  };
}

function meterValues(reading: Reading, measurands: string[], transactionId: TransactionId | null): WireCall {
  return {
    action: 'MeterValues',
    payload: {
      connectorId: reading.connector,
      ...(transactionId === null ? {} : { transactionId }),
      meterValue: [{ timestamp: toUtc(reading.at), sampledValue: sampledValues(reading, measurands) }],
    },
  };
}

function readGrant(payload: unknown): Grant {
  const info = asRecord(asRecord(payload)['idTagInfo']);
  const verdict = asText(info['status']) ?? 'Invalid';
  return { accepted: verdict === 'Accepted', verdict, parent: asText(info['parentIdTag']) };
}

function sampledValues(reading: Reading, measurands: string[]): SampledValue[] {
  const { context, spec } = reading;
  const one = (measurand: string, value: string, unit: string, location = 'Outlet'): SampledValue => ({
    value,
    context,
    measurand,
    unit,
    location,
  });
  const current = one('Current.Import', reading.amperes.toFixed(1), 'A');
  const phases = ['L1', 'L2', 'L3'].slice(0, spec.phases);
  const all: SampledValue[] = [
    one('Energy.Active.Import.Register', String(reading.registerWh), 'Wh'),
    one('Power.Active.Import', reading.powerW.toFixed(0), 'W'),
    ...(spec.dc ? [current] : phases.map((phase) => ({ ...current, phase }))),
    ...(reading.soc === null ? [] : [one('SoC', String(reading.soc), 'Percent', 'EV')]),
  ];
  const wanted = all.filter((each) => measurands.includes(each.measurand));
  // a MeterValue must hold at least one value
  return wanted.length > 0 ? wanted : all.slice(0, 1);
}
