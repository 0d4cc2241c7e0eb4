import type { Clock } from '../../gateway/domain/time.ts';
import { toUtc } from '../../gateway/domain/time.ts';
import { clip } from './present/text.ts';

/** OCPI status codes that we send (OCPI 2.3.0 status_codes). */
export const STATUS = {
  success: 1000,
  clientError: 2000,
  invalidParameters: 2001,
  unknownLocation: 2003,
  unknownToken: 2004,
  serverError: 3000,
  cannotUseApi: 3001,
  unsupportedVersion: 3002,
  missingEndpoints: 3003,
} as const;

export type StatusCode = (typeof STATUS)[keyof typeof STATUS];

/** What a handler answers. `http` is 200 unless the object was created, is absent or the method does not fit. */
export interface Answer {
  http: number;
  status: StatusCode;
  message?: string;
  data?: unknown;
  headers?: Record<string, string>;
}

/** The wire form of every answer (OCPI 2.3.0 transport_and_format, response format). */
export interface Envelope {
  data?: unknown;
  status_code: number;
  status_message?: string;
  timestamp: string;
}

/** An answer that ends a request early: what the peer did wrong, or what we could not do for it. */
export class OcpiFault extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(answer.message ?? `OCPI status ${answer.status}`);
    this.name = 'OcpiFault';
    this.answer = answer;
  }
}

/** Success, with data where the specification names some. */
export function success(data?: unknown, headers?: Record<string, string>): Answer {
  return {
    http: 200,
    status: STATUS.success,
    message: 'Success',
    ...(data === undefined ? {} : { data }),
    ...(headers === undefined ? {} : { headers }),
  };
}

/** Success of a PUT that made a new object. */
export function created(): Answer {
  return { http: 201, status: STATUS.success, message: 'Created' };
}

/** 2001 with HTTP 200: the request arrived, its content is at fault (OCPI 2.3.0 status_codes). */
export function invalid(message: string): OcpiFault {
  return new OcpiFault({ http: 200, status: STATUS.invalidParameters, message });
}

/** HTTP 404 for an object or address that does not exist. */
export function notFound(message: string, status: StatusCode = STATUS.clientError): OcpiFault {
  return new OcpiFault({ http: 404, status, message });
}

/** HTTP 405; `allow` names the methods that fit. */
export function methodNotAllowed(message: string, allow: string): OcpiFault {
  return new OcpiFault({ http: 405, status: STATUS.clientError, message, headers: { allow } });
}

/** An answer in its wire form. */
export function toEnvelope(answer: Answer, clock: Clock): Envelope {
  return {
    ...(answer.data === undefined ? {} : { data: answer.data }),
    status_code: answer.status,
    ...(answer.message === undefined ? {} : { status_message: clip(answer.message, 500) }),
    timestamp: toUtc(clock()),
  };
}
