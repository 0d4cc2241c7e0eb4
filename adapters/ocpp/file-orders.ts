import type { OrderOf } from '../../gateway/domain/orders.ts';
import type { TimeFormat } from '../../gateway/domain/time.ts';
import { given, maybe, status, text } from './order-words.ts';

/** GetLog, alike in 1.6's security extension and in 2.x (OCPP 2.0.1 part 2, N01). */
export function logRequest(order: OrderOf<'get-log'>, time: TimeFormat) {
  const { log, requestId, url, retries, retryInterval, from, to } = order;
  return {
    logType: log === 'security' ? ('SecurityLog' as const) : ('DiagnosticsLog' as const),
    requestId,
    log: {
      remoteLocation: url,
      ...given({ oldestTimestamp: maybe(time, from), latestTimestamp: maybe(time, to) }),
    },
    ...given({ retries, retryInterval }),
  };
}

/** Firmware with its signature, likewise (L01). */
export function signedFirmware(order: OrderOf<'update-signed-firmware'>, time: TimeFormat) {
  const { requestId, url, retries, retryInterval, retrieveAt, installAt, signingCertificate, signature } = order;
  return {
    requestId,
    firmware: {
      location: url,
      retrieveDateTime: time(retrieveAt),
      signingCertificate,
      signature,
      ...given({ installDateTime: maybe(time, installAt) }),
    },
    ...given({ retries, retryInterval }),
  };
}

/** What the answer to GetLog says. */
export const logAnswer = (payload: Record<string, unknown>) => ({
  ...status(payload),
  fileName: text(payload['filename']),
});
