import type { Control } from './dialect.ts';
import type { Settings } from './model.ts';
import { asList } from './wire.ts';

interface Key {
  read: (control: Control) => string;
  /** Absent: read-only. False: the value is refused. */
  write?: (settings: Settings, value: string, control: Control) => boolean;
}

function seconds(field: 'heartbeatSeconds' | 'sampleSeconds' | 'connectionTimeoutSeconds'): Key {
  return {
    read: ({ settings }) => String(settings[field]),
    write(settings, value) {
      if (!/^\d{1,9}$/.test(value)) return false;
      settings[field] = Number(value);
      return true;
    },
  };
}

function yesNo(field: 'authorizeRemoteTx' | 'stopOnInvalidId' | 'allowOfflineUnknown' | 'localPreAuthorize'): Key {
  return {
    read: ({ settings }) => String(settings[field]),
    write(settings, value) {
      if (!/^(true|false)$/i.test(value)) return false;
      settings[field] = value.toLowerCase() === 'true';
      return true;
    },
  };
}

const constant = (value: string): Key => ({ read: () => value });

const MEASURANDS = ['Energy.Active.Import.Register', 'Power.Active.Import', 'Current.Import', 'SoC'];

/** OCPP 1.6 §9: the keys this charger has. */
const KEYS: Record<string, Key> = {
  HeartbeatInterval: seconds('heartbeatSeconds'),
  MeterValueSampleInterval: seconds('sampleSeconds'),
  ConnectionTimeOut: seconds('connectionTimeoutSeconds'),
  AuthorizeRemoteTxRequests: yesNo('authorizeRemoteTx'),
  StopTransactionOnInvalidId: yesNo('stopOnInvalidId'),
  AllowOfflineTxForUnknownId: yesNo('allowOfflineUnknown'),
  MeterValuesSampledData: {
    read: ({ settings }) => settings.measurands.join(','),
    write(settings, value) {
      const wanted = value.split(',').map((each) => each.trim());
      if (wanted.some((each) => !MEASURANDS.includes(each))) return false;
      settings.measurands = wanted;
      return true;
    },
  },
  NumberOfConnectors: { read: ({ connectors }) => String(connectors.length) },
  SupportedFeatureProfiles: constant(
    'Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger',
  ),
  LocalPreAuthorize: yesNo('localPreAuthorize'),
  AuthorizationKey: {
    // write-only: it is never told
    read: () => '',
    write(_settings, value, control) {
      if (value.length < 16 || value.length > 40) return false;
      control.setPassword(value);
      return true;
    },
  },
  CpoName: constant('chargegate simulator'),
  SecurityProfile: constant('1'),
  LocalAuthListEnabled: constant('true'),
  LocalAuthListMaxLength: constant('1000'),
  SendLocalListMaxLength: constant('100'),
  ReserveConnectorZeroSupported: constant('true'),
  ChargeProfileMaxStackLevel: constant('9'),
  ChargingScheduleAllowedChargingRateUnit: constant('Current,Power'),
  ChargingScheduleMaxPeriods: constant('100'),
  MaxChargingProfilesInstalled: constant('50'),
  LocalAuthorizeOffline: constant('true'),
  StopTransactionOnEVSideDisconnect: constant('true'),
  UnlockConnectorOnEVSideDisconnect: constant('true'),
  ClockAlignedDataInterval: constant('0'),
  MeterValuesAlignedData: constant(''),
  StopTxnAlignedData: constant(''),
  StopTxnSampledData: constant(''),
  GetConfigurationMaxKeys: constant('50'),
  ConnectorPhaseRotation: constant('NotApplicable'),
  ResetRetries: constant('0'),
  TransactionMessageAttempts: constant('3'),
  TransactionMessageRetryInterval: constant('60'),
  WebSocketPingInterval: constant('0'),
};

function findKey(wanted: string): string | undefined {
  return Object.keys(KEYS).find((name) => name.toLowerCase() === wanted.toLowerCase());
}

/** GetConfiguration: all keys, or the wanted ones and which of them are unknown. */
export function readKeys(control: Control, wanted: unknown): Record<string, unknown> {
  const asked = asList(wanted).map(String);
  const names = asked.length > 0 ? asked : Object.keys(KEYS);
  const configurationKey: { key: string; readonly: boolean; value: string }[] = [];
  const unknownKey: string[] = [];
  for (const name of names) {
    const key = KEYS[findKey(name) ?? ''];
    if (key) configurationKey.push({ key: name, readonly: !key.write, value: key.read(control) });
    else unknownKey.push(name);
  }
  return { configurationKey, ...(unknownKey.length > 0 ? { unknownKey } : {}) };
}

/** ChangeConfiguration: its status. */
export function changeKey(control: Control, name: string, value: string): 'Accepted' | 'Rejected' | 'NotSupported' {
  const key = KEYS[findKey(name) ?? ''];
  if (!key) return 'NotSupported';
  if (!key.write?.(control.settings, value, control)) return 'Rejected';
  control.settingsChanged();
  return 'Accepted';
}
