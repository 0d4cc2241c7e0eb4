import type { Handler } from '../dispatch.ts';
import type { Requests, Responses } from '../schemas/generated/v16.ts';

/** Messages that a charger sends; the compiler holds the table to it. */
export type InboundAction =
  | 'Authorize'
  | 'BootNotification'
  | 'DataTransfer'
  | 'DiagnosticsStatusNotification'
  | 'FirmwareStatusNotification'
  | 'Heartbeat'
  | 'LogStatusNotification'
  | 'MeterValues'
  | 'SecurityEventNotification'
  | 'SignCertificate'
  | 'SignedFirmwareStatusNotification'
  | 'StartTransaction'
  | 'StatusNotification'
  | 'StopTransaction';

export type Handlers = { [A in InboundAction]: Handler<Requests[A], Responses[A]> };

/** The part of the table that one functional block contributes. */
export type Block = Partial<Handlers>;
