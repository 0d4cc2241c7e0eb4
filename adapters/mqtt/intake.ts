import { GatewayError, type ErrorCode } from '../../gateway/domain/errors.ts';
import { parseTime } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { BrokerLink, Incoming } from './broker.ts';
import { REQUESTS, type Request } from './requests.ts';
import { topicOf } from './topics.ts';

/** Takes requests from the broker, has them done and answers them. */
export interface Intake {
  take(link: BrokerLink, message: Incoming): void;
  /** Settles when nothing that was begun is under way any more. */
  idle(): Promise<void>;
}

/** Under way at a time; more are refused. */
const MOST_UNDER_WAY = 32;
/** Older ones are not done any more, milliseconds. */
const STALE = 30_000;
/** Whoever asked has this long to fetch the response, seconds. */
const RESPONSE_KEPT = 60;
/** More of a charger's words than this goes into no response, characters. */
const LONGEST_RESPONSE = 200_000;

export function createIntake(gw: Gateway, base: string): Intake {
  /** The last request of each charger: one at a time, in order. */
  const tails = new Map<string, Promise<void>>();
  const underWay = new Set<Promise<void>>();
  const prefix = `${base}/request/`;

  function take(link: BrokerLink, message: Incoming): void {
    if (!message.topic.startsWith(prefix) || message.payload.length === 0) return;
    const name = message.topic.slice(prefix.length);
    const arrived = performance.now();
    const responseTopic = responseTopicOf(message, name);
    if (responseTopic === null) {
      gw.log.warn({ request: name }, 'MQTT request with a response topic that nothing may be sent to: not done');
      return;
    }
    const reply = (body: object): void => {
      // Whoever asks faster than the broker takes our answers gets none.
      if (!link.hasRoom()) return;
      void link.publish(response(responseTopic, message, name, body)).then((outcome) => {
        if (outcome === 'refused')
          gw.log.warn({ request: name, responseTopic }, 'the MQTT broker refuses the response: see its access control');
      });
    };
    try {
      const { request, body, chargerId } = read(gw, name, message);
      if (underWay.size >= MOST_UNDER_WAY)
        throw new GatewayError('LIMIT_REACHED', `${MOST_UNDER_WAY} requests are under way already: try again later`);
      const patience = Math.min(STALE, (message.expiresIn ?? Number.POSITIVE_INFINITY) * 1000);
      const before = tails.get(chargerId) ?? Promise.resolve();
      const done = before
        .then(() => {
          if (performance.now() - arrived >= patience)
            throw new GatewayError('REQUEST_STALE', 'it waited too long for those before it: nothing was done');
          return request.run(gw, body);
        })
        .then(
          (answer) => reply({ ok: true, answer: answer ?? null }),
          (error: unknown) => reply(refusal(gw, name, error)),
        )
        .finally(() => {
          underWay.delete(done);
          if (tails.get(chargerId) === done) tails.delete(chargerId);
        });
      underWay.add(done);
      tails.set(chargerId, done);
      gw.log.info({ request: name, charger: chargerId === '' ? null : chargerId }, 'MQTT request');
    } catch (error) {
      reply(refusal(gw, name, error));
    }
  }

  return {
    take,
    async idle() {
      await Promise.all(underWay);
    },
  };

  /** Never one of our own topics, or whoever may ask could say what the gateway says, or have it ask itself. */
  function responseTopicOf({ responseTopic }: Incoming, name: string): string | null {
    if (responseTopic === null) return topicOf(base, 'response', name);
    if (responseTopic === '' || /[+#\0]|^\$/.test(responseTopic) || responseTopic.length > 512) return null;
    const own = responseTopic === base || responseTopic.startsWith(`${base}/`);
    return own && !responseTopic.startsWith(`${base}/response/`) ? null : responseTopic;
  }
}

/** What is asked for. Errors: NOT_FOUND, REQUEST_INVALID, REQUEST_STALE. */
function read(gw: Gateway, name: string, message: Incoming): { request: Request; body: unknown; chargerId: string } {
  if (message.retained)
    throw new GatewayError('REQUEST_STALE', 'it is retained, so nobody knows when it was meant: publish it without');
  if (message.expiresIn === 0) throw new GatewayError('REQUEST_STALE', 'it has expired: nothing was done');
  const request = REQUESTS.get(name);
  if (!request)
    throw new GatewayError('NOT_FOUND', `there is no request ${name}: there are ${[...REQUESTS.keys()].join(', ')}`);
  const body = parse(message.payload);
  const problem = request.problem(body);
  if (problem !== null) throw new GatewayError('REQUEST_INVALID', problem);
  const said = textAt(body, 'at');
  const at = said === null ? null : parseTime(said);
  if (said !== null && at === null)
    throw new GatewayError('REQUEST_INVALID', 'at is no time: write 2027-01-31T00:00:00Z');
  if (at && Math.abs(gw.clock() - at.at) > STALE)
    throw new GatewayError(
      'REQUEST_STALE',
      `it was said more than ${STALE / 1000} seconds ago, or the clocks differ: nothing was done`,
    );
  return { request, body, chargerId: textAt(body, 'charger') ?? '' };
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (error) {
    throw new GatewayError('REQUEST_INVALID', 'the payload is no JSON in UTF-8', { cause: error });
  }
}

function textAt(body: unknown, key: string): string | null {
  if (typeof body !== 'object' || body === null) return null;
  const value: unknown = Reflect.get(body, key);
  return typeof value === 'string' ? value : null;
}

function refusal(gw: Gateway, name: string, error: unknown): object {
  if (error instanceof GatewayError) return failed(error.code, error.message);
  gw.log.error({ err: error, request: name }, 'MQTT request failed');
  return failed('INTERNAL_FAULT', 'the gateway failed at it: its log says how');
}

function failed(code: ErrorCode, message: string): object {
  return { ok: false, error: { code, message } };
}

function response(topic: string, { correlation }: Incoming, name: string, body: object) {
  const whole = JSON.stringify({ request: name, ...body });
  const payload =
    whole.length <= LONGEST_RESPONSE
      ? whole
      : JSON.stringify({
          request: name,
          ...failed('LIMIT_REACHED', 'it is done, but its answer is too long for MQTT'),
        });
  return { topic, payload, retain: false, expiresIn: RESPONSE_KEPT, ...(correlation && { correlation }) };
}
