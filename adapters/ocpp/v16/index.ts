import { GatewayError } from '../../../gateway/domain/errors.ts';
import { quarantineMessage } from '../../../gateway/quarantine.ts';
import { refuseStart } from '../../../gateway/transactions.ts';
import { readLeniently } from '../lenient.ts';
import type { Answer, MessageContext, Protocol } from '../protocol.ts';
import { loadSchemas, type Problem } from '../schemas/load.ts';
import { authorization } from './authorization.ts';
import { availability } from './availability.ts';
import { firmware } from './firmware.ts';
import { decodeAnswer, encodeOrder } from './orders.ts';
import { passwordIn } from './passwords.ts';
import { provisioning } from './provisioning.ts';
import { security } from './security.ts';
import type { Handler, Handlers, InboundAction } from './table.ts';
import { timeFormat, watchTimes } from './times.ts';
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

const INBOUND = loadSchemas('ocpp1_6.json', 'lenient');
const OUTBOUND = loadSchemas('ocpp1_6.json', 'strict');

/** CALLERROR codes as OCPP-J 1.6 §4.2.3 spells them. */
const CODE: Record<string, string> = {
  required: 'OccurenceConstraintViolation',
  type: 'TypeConstraintViolation',
};

async function handle(context: MessageContext, action: string, payload: unknown): Promise<Answer> {
  if (!isInbound(action)) {
    context.deviate(`UNKNOWN_ACTION:${action.slice(0, 40)}`, action);
    return { kind: 'error', code: 'NotImplemented', description: `${action} is not a message that a charger sends` };
  }
  // The table's key and the handler's type agree; the compiler cannot follow that through a union.
  const handler = HANDLERS[action] as Handler<typeof action>;
  const reading = readLeniently(INBOUND, `${action}.req`, payload, context.deviate, VOCABULARY);
  const { payload: request, fatal, dropped } = reading;
  try {
    // What it says beside the matter can be unreadable: the matter counts, and the whole is kept for the operator.
    if (handler.transactional && fatal.length === 0 && dropped.length > 0)
      await keep(context, action, payload, `applied without ${dropped.join(', ')}, which cannot be read`);
    if (fatal.length > 0 && !handler.partial) return await unusable(context, action, handler, payload, fatal);
    const clock = fatal.length === 0 ? watchTimes(context, action, request as never) : undefined;
    if (clock) await clock;
    return { kind: 'result', payload: await handler.handle(context, request as never) };
  } catch (error) {
    return failed(context, action, handler, payload, error);
  }
}

function isInbound(action: string): action is InboundAction {
  return Object.hasOwn(HANDLERS, action);
}

async function unusable(
  context: MessageContext,
  action: InboundAction,
  handler: Handler<InboundAction>,
  payload: unknown,
  fatal: Problem[],
): Promise<Answer> {
  const reason = fatal.map((problem) => `${problem.path || 'payload'} ${problem.message}`).join('; ');
  if (handler.transactional) return setAside(context, action, payload, reason);
  if (handler.fallback) return { kind: 'result', payload: handler.fallback };
  return { kind: 'error', code: CODE[fatal[0]?.keyword ?? ''] ?? 'FormationViolation', description: reason };
}

/** What is about money is acknowledged whatever it holds, and kept where the operator sees it (law 1). */
async function setAside(
  context: MessageContext,
  action: InboundAction,
  payload: unknown,
  reason: string,
): Promise<Answer> {
  await keep(context, action, payload, reason);
  if (action !== 'StartTransaction') return { kind: 'result', payload: {} };
  const transactionId = Number(await refuseStart(context.gw));
  return { kind: 'result', payload: { transactionId, idTagInfo: { status: 'Invalid' } } };
}

function keep(context: MessageContext, action: string, payload: unknown, reason: string): Promise<void> {
  const { gw, chargerId, receivedAt } = context;
  return quarantineMessage(gw, { chargerId, action, reason, payload, receivedAt });
}

async function failed(
  context: MessageContext,
  action: InboundAction,
  handler: Handler<InboundAction>,
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

function isStorage(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code.startsWith('STORAGE');
}

/** OCPP 1.6: connector n is EVSE n, transactions carry our integer, times are without fractions. */
export const v16: Protocol = {
  name: 'ocpp1.6',
  malformedCode: 'FormationViolation',
  // OCPP 1.6 IdToken: CiString20.
  tokenLimit: 20,
  handle,
  checkCall(action, payload) {
    if (isInbound(action) && action !== 'DataTransfer') return [`${action} is a message that only a charger sends`];
    return OUTBOUND.problems(`${action}.req`, payload).map((problem) =>
      problem.keyword === 'action' ? problem.message : `${problem.path || 'payload'} ${problem.message}`,
    );
  },
  passwordIn,
  encode: (order, quirks) => encodeOrder(order, timeFormat(quirks)),
  decode: decodeAnswer,
};
