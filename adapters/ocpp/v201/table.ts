import type { Handler } from '../dispatch.ts';
import type { Requests, Responses } from '../schemas/generated/v201.ts';

/** Messages that a charger sends; the compiler holds the table to it. */
export type InboundAction =
  | 'Authorize'
  | 'BootNotification'
  | 'ClearedChargingLimit'
  | 'DataTransfer'
  | 'FirmwareStatusNotification'
  | 'Get15118EVCertificate'
  | 'GetCertificateStatus'
  | 'Heartbeat'
  | 'LogStatusNotification'
  | 'MeterValues'
  | 'NotifyChargingLimit'
  | 'NotifyCustomerInformation'
  | 'NotifyDisplayMessages'
  | 'NotifyEVChargingNeeds'
  | 'NotifyEVChargingSchedule'
  | 'NotifyEvent'
  | 'NotifyMonitoringReport'
  | 'NotifyReport'
  | 'PublishFirmwareStatusNotification'
  | 'ReportChargingProfiles'
  | 'ReservationStatusUpdate'
  | 'SecurityEventNotification'
  | 'SignCertificate'
  | 'StatusNotification'
  | 'TransactionEvent';

export type Handlers = { [A in InboundAction]: Handler<Requests[A], Responses[A]> };

/** The part of the table that one functional block contributes. */
export type Block = Partial<Handlers>;
