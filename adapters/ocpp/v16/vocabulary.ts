import type { Vocabulary } from '../lenient.ts';

const UNITS = { '%': 'Percent', percentage: 'Percent', 'kw/h': 'kWh', watt: 'W', amp: 'A', ampere: 'A', volt: 'V' };

/** Words that 1.6 chargers use instead of the standard's (Q19). */
export const VOCABULARY: Vocabulary = {
  aliases: {
    'MeterValues.req/meterValue/sampledValue/unit': UNITS,
    'StopTransaction.req/transactionData/sampledValue/unit': UNITS,
  },
  otherwise: {
    // A fault by a name of the vendor's own is a fault.
    'StatusNotification.req/errorCode': 'OtherError',
  },
  json: new Set(['DataTransfer.req/data']),
};
