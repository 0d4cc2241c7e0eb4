import { admission } from '../../gateway/chargers.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { quarantineMessage } from '../../gateway/quarantine.ts';
import { readLeniently, type Vocabulary } from './lenient.ts';
import type { Answer, MessageContext, Protocol } from './protocol.ts';
import { loadSchemas, type Problem, type SchemaFile } from './schemas/load.ts';
import { watchTime, type LiveTime } from './times.ts';

/** How one message that a charger sends is handled. */
export interface Handler<Request, Response extends object> {
  handle(context: MessageContext, request: Request): Promise<Response>;
  /** Always acknowledged; unusable ones go to quarantine; not answered at all while nothing can be stored (laws 1, 2). */
  transactional?: true;
  /** Answer to one that is beyond reading; without it that is a CALLERROR. */
  fallback?: Response;
  /** Handled also when required fields are missing. */
  partial?: true;
}

/** The messages of one OCPP version that chargers send, and what differs between versions in taking them in. */
export interface Inbound {
  schemas: SchemaFile;
  vocabulary: Vocabulary;
  handlers: Readonly<Record<string, Handler<never, object>>>;
  /** CALLERROR codes as this version spells them, by what is wrong; `unknown`: no message of this version. */
  codes: { required: string; type: string; other: string; unknown: string };
  /** CALLERROR code for what a charger may not say before it is accepted, and what it may; absent: it may say anything. */
  unaccepted?: { code: string; except: readonly string[] };
  /** Messages that nobody answers. */
  unanswered?: readonly string[];
  /** What a message says of the moment in which it was sent. */
  liveTime(action: string, request: unknown): LiveTime | undefined;
  /** What acknowledges a transactional message that was set aside. */
  acknowledge(context: MessageContext, action: string, payload: unknown): Promise<object>;
  /** Is this one that both sides send? */
  bothWays: readonly string[];
}

/** The ways in and out that every version shares: reading leniently, answering always, checking what we send. */
export function createExchange(inbound: Inbound): Pick<Protocol, 'handle' | 'checkCall' | 'checkAnswer'> {
  const lenient = loadSchemas(inbound.schemas, 'lenient');
  const strict = loadSchemas(inbound.schemas, 'strict');
  const isInbound = (action: string): boolean => Object.hasOwn(inbound.handlers, action);

  async function handle(context: MessageContext, action: string, payload: unknown): Promise<Answer> {
    const handler = isInbound(action) ? (inbound.handlers[action] as Handler<unknown, object>) : undefined;
    if (!handler && context.unanswered && inbound.unanswered?.includes(action))
      return noticed(context, action, payload);
    if (!handler) {
      context.deviate(`UNKNOWN_ACTION:${action.slice(0, 40)}`, action);
      const description = `${action} is not a message that a charger sends`;
      // It is known where it is one that only we send (OCPP-J 1.6 §4.2.3).
      const known = lenient.schema(`${action}.req`) !== undefined;
      return { kind: 'error', code: known ? 'NotSupported' : inbound.codes.unknown, description };
    }
    if (!handler.transactional && !mayBeSaid(context, action)) {
      context.deviate(`BEFORE_ACCEPTED:${action}`, action);
      return { kind: 'error', code: inbound.unaccepted?.code ?? '', description: 'the charger is not accepted here' };
    }
    const reading = readLeniently(lenient, `${action}.req`, payload, context.deviate, inbound.vocabulary);
    const { payload: request, fatal, dropped } = reading;
    try {
      // What it says beside the matter can be unreadable: the matter counts, and the whole is kept for the operator.
      if (handler.transactional && fatal.length === 0 && dropped.length > 0)
        await keep(context, action, payload, `applied without ${dropped.join(', ')}, which cannot be read`);
      if (fatal.length > 0 && !handler.partial) return await unusable(context, action, handler, payload, fatal);
      const clock = fatal.length === 0 ? watchTime(context, inbound.liveTime(action, request)) : undefined;
      if (clock) await clock;
      return { kind: 'result', payload: await handler.handle(context, request) };
    } catch (error) {
      return failed(context, action, handler, payload, error);
    }
  }

  /** Before it is accepted a charger says what it is asked for (OCPP 2.0.1 part 2, B02 and B03); what is about money is taken in always. */
  function mayBeSaid({ gw, chargerId, asked }: MessageContext, action: string): boolean {
    const { unaccepted } = inbound;
    if (!unaccepted || unaccepted.except.includes(action) || asked.has(action)) return true;
    return admission(gw, chargerId) === 'accepted';
  }

  /** Taken note of, with the raw frames. */
  function noticed(context: MessageContext, action: string, payload: unknown): Answer {
    for (const { keyword, path } of lenient.problems(action, payload))
      context.deviate(`${keyword.toUpperCase()}:${action}${path.replace(/\/\d+(?=\/|$)/g, '')}`, action);
    return { kind: 'result', payload: {} };
  }

  async function unusable(
    context: MessageContext,
    action: string,
    handler: Handler<unknown, object>,
    payload: unknown,
    fatal: Problem[],
  ): Promise<Answer> {
    const reason = fatal.map((problem) => `${problem.path || 'payload'} ${problem.message}`).join('; ');
    if (handler.transactional) return setAside(context, action, payload, reason);
    if (handler.fallback) return { kind: 'result', payload: handler.fallback };
    return { kind: 'error', code: codeOf(fatal), description: reason };
  }

  function codeOf([first]: Problem[]): string {
    const { required, type, other } = inbound.codes;
    return first?.keyword === 'required' ? required : first?.keyword === 'type' ? type : other;
  }

  /** What is about money is acknowledged whatever it holds, and kept where the operator sees it (law 1). */
  async function setAside(context: MessageContext, action: string, payload: unknown, reason: string): Promise<Answer> {
    await keep(context, action, payload, reason);
    return { kind: 'result', payload: await inbound.acknowledge(context, action, payload) };
  }

  async function failed(
    context: MessageContext,
    action: string,
    handler: Handler<unknown, object>,
    payload: unknown,
    error: unknown,
  ): Promise<Answer> {
    // Said in the log once, when storing began to fail; where the file lies is not the charger's business.
    if (isStorage(error))
      return handler.transactional
        ? { kind: 'withhold', reason: error.code }
        : { kind: 'error', code: 'InternalError', description: 'nothing can be stored at the moment' };
    if (handler.transactional) {
      context.gw.log.error({ err: error, charger: context.chargerId, action }, 'message could not be applied');
      return setAside(context, action, payload, `the gateway failed on it: ${String(error)}`).catch(
        (fault: unknown): Answer => {
          if (isStorage(fault)) return { kind: 'withhold', reason: fault.code };
          throw fault;
        },
      );
    }
    context.gw.log.error({ err: error, charger: context.chargerId, action }, 'message could not be handled');
    return { kind: 'error', code: 'InternalError', description: 'the gateway failed on it' };
  }

  function checkCall(action: string, payload: unknown): string[] {
    if (isInbound(action) && !inbound.bothWays.includes(action))
      return [`${action} is a message that only a charger sends`];
    return strict
      .problems(`${action}.req`, payload)
      .map((problem) =>
        problem.keyword === 'action' ? problem.message : `${problem.path || 'payload'} ${problem.message}`,
      );
  }

  function checkAnswer(action: string, payload: unknown): { code: string; description: string } | null {
    const { fatal } = readLeniently(lenient, `${action}.conf`, payload, () => undefined);
    if (fatal.length === 0) return null;
    return {
      code: codeOf(fatal),
      description: fatal.map(({ path, message }) => `${path || 'payload'} ${message}`).join('; '),
    };
  }

  return { handle, checkCall, checkAnswer };
}

function keep(context: MessageContext, action: string, payload: unknown, reason: string): Promise<void> {
  const { gw, chargerId, receivedAt } = context;
  return quarantineMessage(gw, { chargerId, action, reason, payload, receivedAt });
}

function isStorage(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code.startsWith('STORAGE');
}
