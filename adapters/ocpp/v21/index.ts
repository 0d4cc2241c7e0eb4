import { createExchange } from '../dispatch.ts';
import type { Protocol } from '../protocol.ts';
import { inbound201, v201 } from '../v201/index.ts';
import { passwordIn } from './passwords.ts';
import { encode, signCertificate } from './security.ts';

/** OCPP 2.1: as 2.0.1 in all that is used here, with schemas of its own. */
export const v21: Protocol = {
  ...v201,
  name: 'ocpp2.1',
  // OCPP-J 2.1 §4.4: what is of no known type is passed over.
  unknownTypeCode: null,
  unconfirmed: true,
  ...createExchange({
    ...inbound201,
    schemas: 'ocpp2_1.json',
    handlers: { ...inbound201.handlers, SignCertificate: signCertificate },
    unanswered: ['NotifyPeriodicEventStream'],
  }),
  encode,
  passwordIn,
};
