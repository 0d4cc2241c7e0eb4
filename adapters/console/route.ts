import type { IncomingMessage } from 'node:http';
import Type from 'typebox';
import type { Static, TObject, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Gateway } from '../../gateway/gateway.ts';

/** What the operator API tells of this process beside the gateway's state. */
export interface ConsoleInfo {
  version: string;
  urls: { ocpp: string | null; ocpps: string | null; ocpi: string | null };
  /** Epoch milliseconds. */
  startedAt: number;
  uptimeSeconds(): number;
}

export interface Answer {
  status: number;
  body: unknown;
  /** Of a body that is text or a stream of it; absent: it is sent as JSON. */
  headers?: { 'content-type': string } & Record<string, string>;
}

/** One operation as the OpenAPI document tells it. */
export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: string;
  summary: string;
  params: TObject;
  query: TObject;
  body: TSchema | null;
  responses: Record<number, TSchema>;
}

/** One operation of the operator API: what it takes, what it answers, how. */
export interface Route extends Operation {
  handle(gw: Gateway, info: ConsoleInfo, request: RawRequest): Answer | Promise<Answer>;
}

export interface RawRequest {
  /** Whose connection tells when nobody waits for the answer any more. */
  raw: IncomingMessage;
  params: unknown;
  query: unknown;
  body: unknown;
}

interface RouteSpec<P extends TObject, Q extends TObject, B extends TSchema> {
  method: Operation['method'];
  url: string;
  summary: string;
  params?: P;
  query?: Q;
  body?: B;
  responses: Record<number, TSchema>;
  handle(
    gw: Gateway,
    request: { params: Static<P>; query: Static<Q>; body: Static<B>; info: ConsoleInfo },
  ): Answer | Promise<Answer>;
}

const NOTHING = Type.Object({}, { additionalProperties: false });

/** Makes a route whose handler sees only checked input. Errors: REQUEST_INVALID. */
export function route<P extends TObject, Q extends TObject, B extends TSchema>(spec: RouteSpec<P, Q, B>): Route {
  const params = reader(spec.params ?? NOTHING, 'path');
  const query = reader(spec.query ?? NOTHING, 'query');
  const body = spec.body ? reader(spec.body, 'body') : null;
  return {
    method: spec.method,
    url: spec.url,
    summary: spec.summary,
    params: spec.params ?? NOTHING,
    query: spec.query ?? NOTHING,
    body: spec.body ?? null,
    responses: spec.responses,
    handle: (gw, info, request) =>
      spec.handle(gw, {
        info,
        params: params(request.params) as Static<P>,
        query: query(request.query) as Static<Q>,
        // An operation that needs nothing may be sent nothing.
        body: body?.(request.body ?? {}) as Static<B>,
      }),
  };
}

/** An answer with status 200. */
export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** Reads input by its schema. Compiled at first use: most of a run never needs most of them. Errors: REQUEST_INVALID. */
export function reader(schema: TSchema, where: string): (value: unknown) => unknown {
  let validator: ReturnType<typeof Compile> | undefined;
  return (value) => {
    validator ??= Compile(schema);
    // Path and query are text; `50` has to become a number before it is checked.
    const given = where === 'body' ? value : validator.Convert(value);
    if (validator.Check(given)) return given;
    const [first] = validator.Errors(given).toReversed();
    throw new GatewayError('REQUEST_INVALID', `${where}${first?.instancePath ?? ''} ${explain(first)}`);
  };
}

function explain(error: { message: string; params: object } | undefined): string {
  if (!error) return 'is not what this operation takes; /api/openapi.json describes it';
  const names = Object.values(error.params)
    .flat()
    .filter((value) => typeof value === 'string');
  const hint = error.message.includes('additional') || error.message.includes('one of') ? `: ${names.join(', ')}` : '';
  return `${error.message}${hint}; /api/openapi.json describes this operation`;
}
