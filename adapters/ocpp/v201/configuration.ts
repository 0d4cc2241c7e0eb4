import type { ConfigurationWords } from '../../../gateway/domain/capabilities.ts';
import { parseName } from './variables.ts';
import { WANTED_MEASURANDS } from '../measurands.ts';

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
    'LocalAuthListCtrlr.BytesPerMessage',
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
    // `Available` is no variable that it must have; the others of its component are.
    others: [
      {
        feature: 'local-list',
        flag: 'LocalAuthListCtrlr.Available',
        signs: ['LocalAuthListCtrlr.ItemsPerMessage', 'LocalAuthListCtrlr.Entries', 'LocalAuthListCtrlr.Enabled'],
      },
      {
        feature: 'reservation',
        flag: 'ReservationCtrlr.Available',
        signs: ['ReservationCtrlr.Enabled', 'ReservationCtrlr.NonEvseSpecific'],
      },
      {
        feature: 'smart-charging',
        flag: 'SmartChargingCtrlr.Available',
        signs: ['SmartChargingCtrlr.ProfileStackLevel', 'SmartChargingCtrlr.RateUnit'],
      },
    ],
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
    maxEntries: 'LocalAuthListCtrlr.Entries',
    maxPerMessage: 'LocalAuthListCtrlr.ItemsPerMessage',
    // An entry with the longest number and group, and an instant.
    bytes: { max: 'LocalAuthListCtrlr.BytesPerMessage', entry: 260 },
  },
  smartCharging: {
    maxStackLevel: 'SmartChargingCtrlr.ProfileStackLevel',
    units: 'SmartChargingCtrlr.RateUnit',
    maxPeriods: 'SmartChargingCtrlr.PeriodsPerSchedule',
    maxProfiles: 'SmartChargingCtrlr.Entries[ChargingProfiles]',
    phaseSwitching: 'SmartChargingCtrlr.Phases3to1',
  },
  unitNames: { current: 'A', power: 'W', a: 'A', w: 'W' },
  meterInterval: 'SampledDataCtrlr.TxUpdatedInterval',
  measurands: {
    key: 'SampledDataCtrlr.TxUpdatedMeasurands',
    maxLength: null,
    wanted: WANTED_MEASURANDS,
  },
};
