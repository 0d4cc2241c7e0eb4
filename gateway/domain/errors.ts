/**
 * A fault that a person meets: what happened, where, and what to do. The code is explained in docs/errors.md.
 * Expected outcomes (a refused card) are return values, not errors.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GatewayError';
    this.code = code;
  }
}

/** Every code a person can meet; docs/errors.md explains each, and a test holds the two together. */
export const ERROR_CODES = [
  'CONFIG_UNREADABLE',
  'CONFIG_INVALID',
  'NODE_TOO_OLD',
  'PORT_IN_USE',
  'TLS_UNUSABLE',
  'DATA_DIR_LOCKED',
  'DATABASE_TOO_NEW',
  'DATABASE_CORRUPT',
  'STORAGE_FULL',
  'STORAGE_FAILED',
  'SECRETS_UNREADABLE',
  'BACKUP_FAILED',
  'BACKUP_UNUSABLE',
  'TARIFF_UNPRICEABLE',
  'CDR_UNUSABLE',
  'TARIFF_UNKNOWN',
  'TARIFF_READ_ONLY',
  'TARIFF_IN_USE',
  'CHARGER_UNKNOWN',
  'CHARGER_NOT_CONNECTED',
  'CHARGER_FROM_CONFIG',
  'CHARGER_HAS_HISTORY',
  'EVSE_UNKNOWN',
  'TRANSACTION_NOT_RUNNING',
  'TRANSACTION_UNCLEAR',
  'FILE_UNKNOWN',
  'FILE_EXISTS',
  'FILE_TOO_BIG',
  'PASSWORD_FROM_CONFIG',
  'SECURITY_PROFILE_REFUSED',
  'CALL_INVALID',
  'CALL_FAILED',
  'CALL_TIMEOUT',
  'CALL_QUEUE_FULL',
  'PEER_UNKNOWN',
  'PEER_EXISTS',
  'PEER_FROM_CONFIG',
  'CDR_CREDITED',
  'CDR_IS_CREDIT',
  'CORRECTION_REFUSED',
  'SESSION_ENDED',
  'SESSION_FREE',
  'QUOTE_INVALID',
  'QUOTE_EXPIRED',
  'QUOTE_USED',
  'TRANSACTION_ENDED',
  'TRANSACTION_RUNNING',
  'READER_UNKNOWN',
  'RESERVATION_REFUSED',
  'RESERVATION_ENDED',
  'BOOKING_REFUSED',
  'TOKEN_UNKNOWN',
  'TOKEN_FROM_CONFIG',
  'TOKEN_RANDOM',
  'TOKENS_REFUSED',
  'TOKEN_NOT_PREPAID',
  'AMOUNT_INVALID',
  'REQUEST_INVALID',
  'REQUEST_STALE',
  'NOT_AUTHORIZED',
  'DAEMON_UNREACHABLE',
  'URL_REFUSED',
  'PEER_UNUSABLE',
  'PEER_REFUSED',
  'PEER_UNREACHABLE',
  'DRILL_RUNNING',
  'NOT_FOUND',
  'LIMIT_REACHED',
  'INTERNAL_FAULT',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];
