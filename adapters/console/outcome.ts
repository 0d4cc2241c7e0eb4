import Type from 'typebox';
import type { CallOutcome, OrderOutcome } from '../../gateway/connections.ts';
import type { OrderKind } from '../../gateway/domain/orders.ts';
import type { Unreached } from '../../gateway/remote-control.ts';
import { refusal } from './errors.ts';
import { ok } from './route.ts';
import type { Answer } from './route.ts';
import { ErrorBody } from './schemas.ts';

/** A charger's error answer (CALLERROR), as it gave it. */
export const RefusedCallBody = Type.Object({
  code: Type.String({ description: "the charger's CALLERROR code" }),
  description: Type.String(),
  details: Type.Unknown(),
  message: Type.String(),
});

/** Every answer that a call or an order to a charger can lead to, for the OpenAPI document. */
export const OUTCOME_RESPONSES = {
  200: Type.Unknown({ description: "the charger's answer, as it gave it" }),
  404: ErrorBody,
  409: ErrorBody,
  422: ErrorBody,
  502: RefusedCallBody,
  503: ErrorBody,
  504: ErrorBody,
};

/** How a call or an order ended, or why it was not sent. */
export type Outcome = CallOutcome | OrderOutcome<OrderKind> | Unreached;

/**
 * The HTTP answer to what became of a call or an order: 200 the charger's own answer to the letter, 404 no such charger,
 * 409 not connected, 422 not valid in its OCPP version, 502 its CALLERROR, 503 too many waiting, 504 no answer. `what`
 * names the call or order in the refusals: `RemoteStartTransaction`, `start`.
 */
export function answerOutcome(outcome: Outcome, chargerId: string, what: string): Answer {
  return outcome.kind === 'result' || outcome.kind === 'answered'
    ? ok(outcome.payload)
    : refuseOutcome(outcome, chargerId, what);
}

/** The same for everything but an answer: for routes that say more than the charger's own words. */
export function refuseOutcome(
  outcome: Exclude<Outcome, { kind: 'result' | 'answered' }>,
  chargerId: string,
  what: string,
): Answer {
  const who = `charger ${chargerId}`;
  switch (outcome.kind) {
    case 'error': {
      const { code, description, details } = outcome;
      const message = `${who} refused ${what} with ${code}${description === '' ? '' : `: ${description}`}`;
      return { status: 502, body: { code, description, details, message } };
    }
    case 'invalid': {
      const { status, body } = refusal('CALL_INVALID', `${what} was not sent: ${outcome.problems.join('; ')}`);
      return { status, body: { ...body, problems: outcome.problems } };
    }
    case 'timeout':
      return refusal('CALL_TIMEOUT', `${who} did not answer ${what} in time; whether it acted on it is not known`);
    case 'disconnected':
      return refusal(
        'CALL_TIMEOUT',
        `${who} went away before it answered ${what}; whether it acted on it is not known`,
      );
    case 'queue-full':
      return refusal('CALL_QUEUE_FULL', `too many calls wait for ${who} already: try again when they are answered`);
    case 'not-connected':
      return refusal('CHARGER_NOT_CONNECTED', `${who} is not connected: ${what} was not sent`);
    case 'unknown-charger':
      return refusal('CHARGER_UNKNOWN', unknownCharger(chargerId));
  }
}

/** What to say of a charger that nobody knows. */
export function unknownCharger(chargerId: string): string {
  return `no charger ${chargerId} has ever been seen or configured here: check the id, case counts`;
}
