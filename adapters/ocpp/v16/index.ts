import { refuseStart } from '../../../gateway/transactions.ts';
import { createExchange } from '../dispatch.ts';
import type { Protocol } from '../protocol.ts';
import { timeFormat } from '../times.ts';
import { authorization } from './authorization.ts';
import { availability } from './availability.ts';
import { firmware } from './firmware.ts';
import { liveTime } from './live-times.ts';
import { decodeAnswer, encodeOrder } from './orders.ts';
import { passwordIn } from './passwords.ts';
import { provisioning } from './provisioning.ts';
import { security } from './security.ts';
import type { Handlers } from './table.ts';
import { transactions } from './transactions.ts';
import { vendorData } from './vendor-data.ts';
import { VOCABULARY } from './vocabulary.ts';

const HANDLERS: Handlers = {
  ...provisioning,
  ...authorization,
  ...availability,
  ...transactions,
  ...firmware,
  ...security,
  ...vendorData,
};

/** OCPP 1.6: connector n is EVSE n, transactions carry our integer, times are without fractions. */
export const v16: Protocol = {
  name: 'ocpp1.6',
  malformedCode: 'FormationViolation',
  unknownTypeCode: 'FormationViolation',
  unconfirmed: false,
  // OCPP 1.6 IdToken: CiString20.
  tokenLimit: 20,
  tellsReservationEnds: false,
  tellsWholeStatus: true,
  clearsAllLimits: true,
  ...createExchange({
    schemas: 'ocpp1_6.json',
    vocabulary: VOCABULARY,
    handlers: HANDLERS,
    // As OCPP-J 1.6 §4.2.3 spells them.
    codes: {
      required: 'OccurenceConstraintViolation',
      type: 'TypeConstraintViolation',
      other: 'FormationViolation',
      unknown: 'NotImplemented',
    },
    liveTime,
    async acknowledge({ gw }, action) {
      if (action !== 'StartTransaction') return {};
      return { transactionId: Number(await refuseStart(gw)), idTagInfo: { status: 'Invalid' } };
    },
    bothWays: ['DataTransfer'],
  }),
  // The bytes of AuthorizationKey (security whitepaper ed. 3).
  keyForm: 'bytes',
  // Whoever it is may say anything.
  asksFor: () => null,
  passwordIn,
  encode: (order, quirks) => encodeOrder(order, timeFormat(quirks)),
  decode: decodeAnswer,
};
