import type { MessageContext } from '../protocol.ts';
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

export interface Handler<A extends InboundAction> {
  handle(context: MessageContext, request: Requests[A]): Promise<Responses[A]>;
  /** Always acknowledged; unusable ones go to quarantine; not answered at all while nothing can be stored (laws 1, 2). */
  transactional?: true;
  /** Answer to one that is beyond reading; without it that is a CALLERROR. */
  fallback?: Responses[A];
  /** Handled also when required fields are missing. */
  partial?: true;
}

export type Handlers = { [A in InboundAction]: Handler<A> };

/** The part of the table that one functional block contributes. */
export type Block = Partial<Handlers>;
