import type { Vocabulary } from '../lenient.ts';

/** Words that 2.x chargers use instead of the standard's. */
export const VOCABULARY: Vocabulary = {
  aliases: {
    // As 1.6 spells it.
    'TransactionEvent.req/transactionInfo/stoppedReason': {
      deauthorized: 'DeAuthorized',
      evdisconnected: 'EVDisconnected',
    },
  },
  otherwise: {
    // A reason that the standard does not have does not make an event unreadable.
    'TransactionEvent.req/transactionInfo/stoppedReason': 'Other',
    'TransactionEvent.req/triggerReason': 'AbnormalCondition',
    'BootNotification.req/reason': 'Unknown',
    // However it says it, it keeps the bay no more.
    'ReservationStatusUpdate.req/reservationUpdateStatus': 'Removed',
  },
  json: new Set(),
  absent: {
    // What they say counts also where they leave out what kind of card it is, or a number that is told apart by the rest (Q48).
    'Authorize.req/idToken/type': 'Central',
    'TransactionEvent.req/idToken/type': 'Central',
    'TransactionEvent.req/seqNo': 0,
    'TransactionEvent.req/triggerReason': 'AbnormalCondition',
    // Of the moment of their message.
    'TransactionEvent.req/meterValue/timestamp': '',
    'MeterValues.req/meterValue/timestamp': '',
  },
};
