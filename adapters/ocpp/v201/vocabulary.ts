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
};
