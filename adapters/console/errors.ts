import { GatewayError } from '../../gateway/domain/errors.ts';
import type { ErrorCode } from '../../gateway/domain/errors.ts';
import type { ErrorBody } from './schemas.ts';

/** A refusal as it is sent. */
export interface Refusal {
  status: number;
  body: ErrorBody;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  TARIFF_UNPRICEABLE: 422,
  TARIFF_UNKNOWN: 404,
  TARIFF_READ_ONLY: 409,
  TARIFF_IN_USE: 409,
  CHARGER_UNKNOWN: 404,
  CHARGER_NOT_CONNECTED: 409,
  CHARGER_FROM_CONFIG: 409,
  CHARGER_HAS_HISTORY: 409,
  EVSE_UNKNOWN: 422,
  TRANSACTION_NOT_RUNNING: 409,
  TRANSACTION_UNCLEAR: 409,
  FILE_UNKNOWN: 404,
  FILE_EXISTS: 409,
  FILE_TOO_BIG: 413,
  PASSWORD_FROM_CONFIG: 409,
  SECURITY_PROFILE_REFUSED: 409,
  CALL_INVALID: 422,
  CALL_FAILED: 502,
  CALL_TIMEOUT: 504,
  CALL_QUEUE_FULL: 503,
  PEER_UNKNOWN: 404,
  PEER_EXISTS: 409,
  PEER_FROM_CONFIG: 409,
  PEER_UNUSABLE: 409,
  PEER_REFUSED: 502,
  PEER_UNREACHABLE: 504,
  SESSION_ENDED: 409,
  SESSION_FREE: 409,
  QUOTE_INVALID: 400,
  QUOTE_EXPIRED: 409,
  QUOTE_USED: 409,
  CDR_CREDITED: 409,
  CDR_IS_CREDIT: 409,
  CORRECTION_REFUSED: 422,
  TRANSACTION_ENDED: 409,
  TRANSACTION_RUNNING: 409,
  READER_UNKNOWN: 404,
  RESERVATION_REFUSED: 409,
  RESERVATION_ENDED: 409,
  BOOKING_REFUSED: 409,
  TOKEN_UNKNOWN: 404,
  TOKEN_FROM_CONFIG: 409,
  TOKEN_RANDOM: 422,
  TOKENS_REFUSED: 422,
  TOKEN_NOT_PREPAID: 409,
  AMOUNT_INVALID: 422,
  REQUEST_INVALID: 400,
  NOT_AUTHORIZED: 401,
  DRILL_RUNNING: 409,
  NOT_FOUND: 404,
  LIMIT_REACHED: 503,
  URL_REFUSED: 422,
  BACKUP_FAILED: 500,
  STORAGE_FULL: 507,
  STORAGE_FAILED: 503,
};

/** The answer that tells a refusal; the status follows its code unless another fits the case better. */
export function refusal(code: ErrorCode, message: string, status?: number): Refusal {
  return { status: status ?? STATUS[code] ?? 500, body: { code, message } };
}

/** The answer for anything thrown while a request was served; null for a fault of ours that the log has to see. */
export function refusalOf(error: unknown): Refusal | null {
  if (error instanceof GatewayError) return refusal(error.code, error.message);
  // Fastify's own: broken JSON, a body too large, a media type we do not read.
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (error instanceof Error && typeof status === 'number' && status >= 400 && status < 500)
    return refusal(status === 429 ? 'LIMIT_REACHED' : 'REQUEST_INVALID', error.message, status);
  return null;
}
