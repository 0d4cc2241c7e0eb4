import type { ConfigurationWords } from '../../../gateway/domain/capabilities.ts';
import { WANTED_MEASURANDS } from '../measurands.ts';

/** OCPP 1.6's names of configuration keys (§9, and the security whitepaper's §3). */
export const configuration16: ConfigurationWords = {
  standard: [
    'SupportedFeatureProfiles',
    'NumberOfConnectors',
    'GetConfigurationMaxKeys',
    'ConnectionTimeOut',
    'HeartbeatInterval',
    'MeterValueSampleInterval',
    'MeterValuesSampledData',
    'MeterValuesSampledDataMaxLength',
    'LocalAuthListEnabled',
    'LocalAuthListMaxLength',
    'SendLocalListMaxLength',
    'ReserveConnectorZeroSupported',
    'ChargeProfileMaxStackLevel',
    'ChargingScheduleAllowedChargingRateUnit',
    'ChargingScheduleMaxPeriods',
    'MaxChargingProfilesInstalled',
    'ConnectorSwitch3to1PhaseSupported',
    'SecurityProfile',
    'CpoName',
    'AdditionalRootCertificateCheck',
  ],
  security: ['SecurityProfile', 'CpoName', 'AdditionalRootCertificateCheck', 'CertificateStoreMaxLength'],
  secret: ['AuthorizationKey'],
  features: {
    list: 'SupportedFeatureProfiles',
    names: {
      core: 'core',
      firmwaremanagement: 'firmware',
      localauthlistmanagement: 'local-list',
      reservation: 'reservation',
      smartcharging: 'smart-charging',
      remotetrigger: 'trigger',
      security: 'security',
    },
  },
  evses: 'NumberOfConnectors',
  maxKeys: 'GetConfigurationMaxKeys',
  maxBytes: null,
  reported: false,
  isName: () => true,
  connectionTimeout: 'ConnectionTimeOut',
  reserveWholeCharger: 'ReserveConnectorZeroSupported',
  // Its list of features leaves out what many can all the same.
  reservations: [],
  localList: {
    enabled: 'LocalAuthListEnabled',
    maxEntries: 'LocalAuthListMaxLength',
    maxPerMessage: 'SendLocalListMaxLength',
    bytes: null,
  },
  smartCharging: {
    maxStackLevel: 'ChargeProfileMaxStackLevel',
    units: 'ChargingScheduleAllowedChargingRateUnit',
    maxPeriods: 'ChargingScheduleMaxPeriods',
    maxProfiles: 'MaxChargingProfilesInstalled',
    phaseSwitching: 'ConnectorSwitch3to1PhaseSupported',
  },
  // The standard's list says Current and Power; chargers also write the units themselves.
  unitNames: { current: 'A', power: 'W', a: 'A', w: 'W' },
  meterInterval: 'MeterValueSampleInterval',
  measurands: {
    key: 'MeterValuesSampledData',
    maxLength: 'MeterValuesSampledDataMaxLength',
    wanted: WANTED_MEASURANDS,
  },
};
