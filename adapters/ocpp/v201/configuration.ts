import type { ConfigurationWords } from '../../../gateway/domain/capabilities.ts';
import { parseName } from './variables.ts';

/** The variables of OCPP 2.x's device model that the core acts on (2.0.1 part 2, referenced components and variables). */
export const configuration201: ConfigurationWords = {
  standard: [
    'DeviceDataCtrlr.ItemsPerMessage[GetVariables]',
    'DeviceDataCtrlr.BytesPerMessage[GetVariables]',
    'OCPPCommCtrlr.HeartbeatInterval',
    'TxCtrlr.EVConnectionTimeOut',
    'TxCtrlr.TxStartPoint',
    'TxCtrlr.TxStopPoint',
    'TxCtrlr.StopTxOnInvalidId',
    'SampledDataCtrlr.TxUpdatedInterval',
    'SampledDataCtrlr.TxUpdatedMeasurands',
    'SampledDataCtrlr.TxStartedMeasurands',
    'SampledDataCtrlr.TxEndedMeasurands',
    'LocalAuthListCtrlr.Available',
    'LocalAuthListCtrlr.Enabled',
    'LocalAuthListCtrlr.Entries',
    'LocalAuthListCtrlr.ItemsPerMessage',
    'ReservationCtrlr.Available',
    'ReservationCtrlr.Enabled',
    'ReservationCtrlr.NonEvseSpecific',
    'SmartChargingCtrlr.Available',
    'SmartChargingCtrlr.ProfileStackLevel',
    'SmartChargingCtrlr.RateUnit',
    'SmartChargingCtrlr.PeriodsPerSchedule',
    'SmartChargingCtrlr.Phases3to1',
    'SecurityCtrlr.SecurityProfile',
    'SecurityCtrlr.OrganizationName',
  ],
  security: ['SecurityCtrlr.SecurityProfile', 'SecurityCtrlr.OrganizationName'],
  secret: ['SecurityCtrlr.BasicAuthPassword'],
  features: {
    // No charger of 2.x is without these.
    always: ['core', 'firmware', 'trigger', 'security'],
    flags: {
      'LocalAuthListCtrlr.Available': 'local-list',
      'ReservationCtrlr.Available': 'reservation',
      'SmartChargingCtrlr.Available': 'smart-charging',
    },
  },
  evses: null,
  maxKeys: 'DeviceDataCtrlr.ItemsPerMessage[GetVariables]',
  maxBytes: 'DeviceDataCtrlr.BytesPerMessage[GetVariables]',
  reported: true,
  isName: (key) => parseName(key) !== null,
  connectionTimeout: 'TxCtrlr.EVConnectionTimeOut',
  reserveWholeCharger: 'ReservationCtrlr.NonEvseSpecific',
  reservations: ['ReservationCtrlr.Available', 'ReservationCtrlr.Enabled'],
  localList: {
    enabled: 'LocalAuthListCtrlr.Enabled',
    // What it holds now; how many it can hold is in no value.
    maxEntries: null,
    maxPerMessage: 'LocalAuthListCtrlr.ItemsPerMessage',
  },
  smartCharging: {
    maxStackLevel: 'SmartChargingCtrlr.ProfileStackLevel',
    units: 'SmartChargingCtrlr.RateUnit',
    maxPeriods: 'SmartChargingCtrlr.PeriodsPerSchedule',
    maxProfiles: null,
    phaseSwitching: 'SmartChargingCtrlr.Phases3to1',
  },
  unitNames: { current: 'A', power: 'W', a: 'A', w: 'W' },
  meterInterval: 'SampledDataCtrlr.TxUpdatedInterval',
  measurands: {
    key: 'SampledDataCtrlr.TxUpdatedMeasurands',
    maxLength: null,
    wanted: [
      'Energy.Active.Import.Register',
      'Power.Active.Import',
      'Current.Import',
      'SoC',
      'Voltage',
      'Current.Offered',
    ],
  },
};
