import type { EvseStatus } from '../../gateway/domain/status.ts';
import { toUtc } from '../../gateway/domain/time.ts';
import type {
  ComponentType,
  ConnectorEnumType,
  ConnectorStatusEnumType,
  DataEnumType,
  VariableType,
} from '../ocpp/schemas/generated/v201.ts';
import { MOST_PROFILES } from './charging-limits.ts';
import type { Control } from './dialect.ts';
import type { ConnectorSpec, ConnectorState, Settings } from './model.ts';

/** A variable of the device model (OCPP 2.0.1 part 1 §4). */
export interface DeviceVariable {
  component: ComponentType;
  variable: VariableType;
  type: DataEnumType;
  unit?: string;
  most?: number;
  /** The words that it takes. */
  values?: string;
  /** Null: it is never told. */
  read: ((control: Control) => string) | null;
  /** Absent: read-only. False: the value is refused. */
  write?: (control: Control, value: string) => boolean;
}

/** Most things in one message, by what is asked; answered beyond it with an error. */
export const ITEMS_PER_MESSAGE = { GetVariables: 50, SetVariables: 50, GetReport: 50, SendLocalList: 100 };

/** Longest payload of those messages. */
export const BYTES_PER_MESSAGE = 60_000;

const MEASURANDS = ['Energy.Active.Import.Register', 'Power.Active.Import', 'Current.Import', 'SoC'];

/** How 2.x calls what a connector is at. */
export function connectorStatus(status: EvseStatus, plugged: boolean): ConnectorStatusEnumType {
  if (status === 'Reserved' || status === 'Unavailable' || status === 'Faulted') return status;
  return plugged ? 'Occupied' : 'Available';
}

/** How 2.x calls the outlet. */
export function connectorType({ dc }: ConnectorSpec): ConnectorEnumType {
  return dc ? 'cCCS2' : 'cType2';
}

function named(path: string): Pick<DeviceVariable, 'component' | 'variable'> {
  const [component = '', rest = ''] = path.split('.');
  const [name = '', instance] = rest.split('/');
  return { component: { name: component }, variable: { name, ...(instance !== undefined && { instance }) } };
}

function constant(path: string, value: string | number | boolean): DeviceVariable {
  const type = typeof value === 'number' ? 'integer' : typeof value === 'boolean' ? 'boolean' : 'string';
  return { ...named(path), type, read: () => String(value) };
}

function seconds(path: string, field: 'heartbeatSeconds' | 'sampleSeconds' | 'connectionTimeoutSeconds') {
  return {
    ...named(path),
    type: 'integer',
    unit: 's',
    read: ({ settings }: Control) => String(settings[field]),
    write({ settings }: Control, value: string) {
      if (!/^\d{1,9}$/.test(value)) return false;
      settings[field] = Number(value);
      return true;
    },
  } as const satisfies DeviceVariable;
}

type Switch = { [K in keyof Settings]: Settings[K] extends boolean ? K : never }[keyof Settings];

function yesNo(path: string, field: Switch): DeviceVariable {
  return {
    ...named(path),
    type: 'boolean',
    read: ({ settings }) => String(settings[field]),
    write({ settings }, value) {
      if (!/^(true|false)$/i.test(value)) return false;
      settings[field] = value.toLowerCase() === 'true';
      return true;
    },
  };
}

const list = (path: string, value: string): DeviceVariable => ({ ...constant(path, value), type: 'MemberList' });

const STATION: DeviceVariable[] = [
  seconds('OCPPCommCtrlr.HeartbeatInterval', 'heartbeatSeconds'),
  constant('OCPPCommCtrlr.MessageAttempts/TransactionEvent', 3),
  constant('OCPPCommCtrlr.MessageAttemptInterval/TransactionEvent', 1),
  constant('OCPPCommCtrlr.MessageTimeout/Default', 30),
  constant('OCPPCommCtrlr.QueueAllMessages', false),
  constant('OCPPCommCtrlr.ResetRetries', 0),
  constant('OCPPCommCtrlr.UnlockOnEVSideDisconnect', true),
  constant('OCPPCommCtrlr.WebSocketPingInterval', 0),
  list('OCPPCommCtrlr.FileTransferProtocols', 'HTTP,HTTPS'),
  constant('AuthCtrlr.Enabled', true),
  yesNo('AuthCtrlr.AuthorizeRemoteStart', 'authorizeRemoteTx'),
  constant('AuthCtrlr.LocalAuthorizeOffline', true),
  yesNo('AuthCtrlr.LocalPreAuthorize', 'localPreAuthorize'),
  yesNo('AuthCtrlr.OfflineTxForUnknownIdEnabled', 'allowOfflineUnknown'),
  constant('AuthCacheCtrlr.Enabled', true),
  constant('LocalAuthListCtrlr.Available', true),
  yesNo('LocalAuthListCtrlr.Enabled', 'localList'),
  { ...constant('LocalAuthListCtrlr.Entries', 0), most: 1000, read: ({ cards }) => String(cards.count()) },
  constant('LocalAuthListCtrlr.ItemsPerMessage', ITEMS_PER_MESSAGE.SendLocalList),
  constant('LocalAuthListCtrlr.BytesPerMessage', BYTES_PER_MESSAGE),
  constant('ReservationCtrlr.Available', true),
  constant('ReservationCtrlr.Enabled', true),
  constant('ReservationCtrlr.NonEvseSpecific', true),
  constant('SmartChargingCtrlr.Available', true),
  constant('SmartChargingCtrlr.Enabled', true),
  {
    ...constant('SmartChargingCtrlr.Entries/ChargingProfiles', 0),
    most: MOST_PROFILES,
    read: ({ limits }) => String(limits.count()),
  },
  constant('SmartChargingCtrlr.PeriodsPerSchedule', 100),
  constant('SmartChargingCtrlr.ProfileStackLevel', 9),
  list('SmartChargingCtrlr.RateUnit', 'A,W'),
  constant('SampledDataCtrlr.Available', true),
  constant('SampledDataCtrlr.Enabled', true),
  seconds('SampledDataCtrlr.TxUpdatedInterval', 'sampleSeconds'),
  {
    ...list('SampledDataCtrlr.TxUpdatedMeasurands', ''),
    values: MEASURANDS.join(','),
    read: ({ settings }) => settings.measurands.join(','),
    write({ settings }, value) {
      const wanted = value.split(',').map((each) => each.trim());
      if (wanted.some((each) => !MEASURANDS.includes(each))) return false;
      settings.measurands = wanted;
      return true;
    },
  },
  list('SampledDataCtrlr.TxStartedMeasurands', 'Energy.Active.Import.Register'),
  list('SampledDataCtrlr.TxEndedMeasurands', 'Energy.Active.Import.Register'),
  constant('SampledDataCtrlr.TxEndedInterval', 0),
  constant('AlignedDataCtrlr.Available', false),
  seconds('TxCtrlr.EVConnectionTimeOut', 'connectionTimeoutSeconds'),
  {
    ...list('TxCtrlr.TxStartPoint', ''),
    values: 'Authorized,EVConnected,PowerPathClosed',
    read: ({ settings }) => settings.startPoint,
    write({ settings, startPoints }, value) {
      const wanted = startPoints.find((each) => each === value);
      settings.startPoint = wanted ?? settings.startPoint;
      return wanted !== undefined;
    },
  },
  list('TxCtrlr.TxStopPoint', 'Authorized,EVConnected'),
  constant('TxCtrlr.StopTxOnEVSideDisconnect', true),
  yesNo('TxCtrlr.StopTxOnInvalidId', 'stopOnInvalidId'),
  constant('DeviceDataCtrlr.ItemsPerMessage/GetReport', ITEMS_PER_MESSAGE.GetReport),
  constant('DeviceDataCtrlr.ItemsPerMessage/GetVariables', ITEMS_PER_MESSAGE.GetVariables),
  constant('DeviceDataCtrlr.ItemsPerMessage/SetVariables', ITEMS_PER_MESSAGE.SetVariables),
  constant('DeviceDataCtrlr.BytesPerMessage/GetReport', BYTES_PER_MESSAGE),
  constant('DeviceDataCtrlr.BytesPerMessage/GetVariables', BYTES_PER_MESSAGE),
  constant('DeviceDataCtrlr.BytesPerMessage/SetVariables', BYTES_PER_MESSAGE),
  constant('MonitoringCtrlr.Available', false),
  constant('DisplayMessageCtrlr.Available', false),
  constant('SecurityCtrlr.OrganizationName', 'chargegate simulator'),
  constant('SecurityCtrlr.SecurityProfile', 1),
  { ...constant('SecurityCtrlr.CertificateEntries', 0), read: ({ keys }) => String(keys.roots(null).length) },
  {
    ...constant('SecurityCtrlr.BasicAuthPassword', ''),
    read: null,
    write(control, value) {
      if (value.length < 16 || value.length > 40) return false;
      control.setPassword(value);
      return true;
    },
  },
  { ...constant('ClockCtrlr.DateTime', ''), type: 'dateTime', read: ({ clock }) => toUtc(clock()) },
  constant('ClockCtrlr.TimeSource', 'Heartbeat'),
  { ...constant('ChargingStation.Model', ''), read: ({ identity }) => identity.model },
  { ...constant('ChargingStation.VendorName', ''), read: ({ identity }) => identity.vendor },
  { ...constant('ChargingStation.SerialNumber', ''), read: ({ identity }) => identity.serial },
  { ...constant('ChargingStation.FirmwareVersion', ''), read: ({ identity }) => identity.firmware },
  constant('ChargingStation.Available', true),
  constant('ChargingStation.Problem', false),
  { ...constant('ChargingStation.AvailabilityState', ''), type: 'OptionList', read: () => 'Available' },
];

/** Everything that can be asked for of this box and its EVSEs. */
export function deviceVariables(control: Control): DeviceVariable[] {
  const states = control.connectors.map((number) => control.connector(number)).filter((state) => state !== null);
  return [...STATION, ...states.flatMap(evseVariables)];
}

function evseVariables({ connector, spec, ...state }: ConnectorState): DeviceVariable[] {
  const shared = (path: string): DeviceVariable[] => [
    constant(`${path}.Available`, true),
    constant(`${path}.SupplyPhases`, spec.dc ? 0 : spec.phases),
    {
      ...constant(`${path}.AvailabilityState`, connectorStatus(state.status, state.vehicle !== null)),
      type: 'OptionList',
      values: 'Available,Occupied,Reserved,Unavailable,Faulted',
    },
  ];
  const at = (variables: DeviceVariable[], evse: { id: number; connectorId?: number }): DeviceVariable[] =>
    variables.map((each) => ({ ...each, component: { ...each.component, evse } }));
  return [
    ...at([...shared('EVSE'), { ...constant('EVSE.Power', spec.maxW), unit: 'W', most: spec.maxW }], { id: connector }),
    ...at([...shared('Connector'), constant('Connector.ConnectorType', connectorType(spec))], {
      id: connector,
      connectorId: 1,
    }),
  ];
}
