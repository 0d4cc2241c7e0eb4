import { toUtc } from '../../gateway/domain/time.ts';
import type { Dialect } from './dialect.ts';
import type { Grant, Reading, SimTransaction } from './model.ts';
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
  status: ({ connector, status, at }) => ({
    action: 'StatusNotification',
    payload: {
      connectorId: connector,
      errorCode: status === 'Faulted' ? 'OtherError' : 'NoError',
      status,
      timestamp: toUtc(at),
    },
  }),
  authorize: (uid) => ({ action: 'Authorize', payload: { idTag: uid } }),
  readAuthorize: readGrant,
  start: (transaction) => ({
    action: 'StartTransaction',
    payload: {
      connectorId: transaction.connector,
      idTag: transaction.uid,
      meterStart: transaction.meterStart,
      timestamp: toUtc(transaction.startedAt),
      ...(transaction.reservationId === null ? {} : { reservationId: transaction.reservationId }),
    },
  }),
  readStart: (payload) => ({ wireId: asWhole(asRecord(payload)['transactionId']), grant: readGrant(payload) }),
  sample: (transaction, reading, measurands) => ({
    action: 'MeterValues',
    payload: {
      connectorId: reading.connector,
      ...(transaction ? { transactionId: idOf(transaction) } : {}),
      meterValue: [{ timestamp: toUtc(reading.at), sampledValue: sampledValues(reading, measurands) }],
    },
  }),
  stop: (transaction, stop) => ({
    action: 'StopTransaction',
    payload: {
      transactionId: idOf(transaction),
      ...(stop.uid === null ? {} : { idTag: stop.uid }),
      meterStop: stop.meterStop,
      timestamp: toUtc(stop.at),
      reason: stop.reason,
    },
  }),
  answer: answer16,
};

// where the start was never answered the charger's own negative id goes out, as real ones do (Q36)
function idOf(transaction: SimTransaction): number {
  return transaction.wireId ?? transaction.localId;
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
