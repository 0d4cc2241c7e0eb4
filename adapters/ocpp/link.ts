import type { RawData, WebSocket } from 'ws';
import { givePassword } from '../../gateway/charger-passwords.ts';
import { findCharger } from '../../gateway/chargers.ts';
import type { CallOptions, CallOutcome, Connection } from '../../gateway/connections.ts';
import { GatewayError } from '../../gateway/domain/errors.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { CallMeasure } from '../../gateway/measures.ts';
import { quirksOf } from '../../gateway/quirks.ts';
import { createCallQueue } from './calls.ts';
import { createIntake } from './intake.ts';
import { isRecord } from './lenient.ts';
import { createLiveness } from './liveness.ts';
import { complaint, createMalformedCount, MAX_MALFORMED } from './malformed.ts';
import type { Penalties } from './penalties.ts';
import type { Answer, Protocol } from './protocol.ts';
import { ERROR, errorFrame, parseFrame, RESULT, RESULT_ERROR, resultFrame, type Frame, type MessageId } from './rpc.ts';

/** Beyond these waiting messages the socket is not read until half of them are done. */
const MAX_INBOUND = 64;

/** After so many messages of one charger the others get a turn. */
const MESSAGES_PER_TURN = 16;

/** A charger that does not read what we send is let go. */
const MAX_BUFFERED = 1 << 20;

/** Seconds of silence after which a charger is gone, whatever its socket says (Q9). */
const SILENCE_FLOOR = 180;

export interface Link extends Connection {
  /** Resolves when everything received has been worked off. */
  drained(): Promise<void>;
  /** A newer socket of the same charger has taken over: nothing more is sent or read here. */
  supersede(): void;
}

export interface LinkOptions {
  gw: Gateway;
  chargerId: string;
  socket: WebSocket;
  protocol: Protocol;
  /** Under which it reaches us with plain HTTP; null: not known. */
  dialled: string | null;
  callTimeout: number;
  /** Seconds between pings where nothing else is known of the charger; 0: none. */
  pingInterval: number;
  penalties: Penalties;
  /** Messages of an earlier socket of this charger that are still worked off come first. */
  after: Promise<void>;
  onClose: (link: Link, reason: string) => void;
}

/** Runs one charger's socket: frames in, strictly one after the other, answers and our own calls out. */
export function createLink(options: LinkOptions): Link {
  const { gw, chargerId, socket, protocol } = options;
  const since = gw.clock();
  const inbound: {
    id: MessageId;
    action: string;
    payload: unknown;
    unanswered: boolean;
    receivedAt: Millis;
    began: number;
  }[] = [];
  const asked = new Set<string>();
  const over = Promise.withResolvers<void>();
  let lastSeen = since;
  let framesIn = 0;
  let framesAtCall = 0;
  let working = false;
  let booting = false;
  let idle: (() => void)[] = [];
  let superseded = false;
  let letGo = false;
  const countMalformed = createMalformedCount();

  const intake = createIntake({
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    onFlood: () => deviate('FLOOD', 'more messages or bytes a second than a charger has to say: read more slowly'),
  });
  const calls = createCallQueue({
    send(text) {
      framesAtCall = framesIn;
      send(text);
    },
    timeout: options.callTimeout,
    // Who is about to be told whether it is accepted has to hear that first (OCPP 2.0.1 part 2, B01).
    ready: () => !booting && !(working && quirksOf(gw, chargerId).halfDuplex === true),
    pause: () => quirksOf(gw, chargerId).callPause ?? 0,
    onEnd: listen,
  });
  const liveness = createLiveness({
    interval: () => quirksOf(gw, chargerId).pingInterval ?? options.pingInterval,
    silence: () => Math.max(SILENCE_FLOOR, 3 * gw.settings.heartbeatInterval),
    deafened: () => socket.isPaused,
    ping() {
      if (socket.readyState === socket.OPEN) socket.ping();
    },
    onLost() {
      gw.log.warn({ charger: chargerId }, 'no sign of life from charger: let go');
      socket.terminate();
    },
  });

  function send(text: string): void {
    if (socket.readyState !== socket.OPEN) return;
    gw.diagnostics.frame(chargerId, 'out', text);
    socket.send(text);
    if (socket.bufferedAmount > MAX_BUFFERED) {
      gw.log.warn({ charger: chargerId }, 'charger does not read its answers: let go');
      socket.terminate();
    }
  }

  function seen(): void {
    lastSeen = gw.clock();
    liveness.heard();
  }

  /** Also a ping costs us its pong. */
  function signOfLife(): void {
    intake.take(0);
    seen();
  }

  function deviate(code: string, sample: string): void {
    gw.diagnostics.deviation(chargerId, code, sample);
  }

  function receive(data: RawData): void {
    // After an answer that was withheld nothing more counts: the charger will say it all again.
    if (superseded || letGo) return;
    // ws hands a Buffer unless binaryType is changed.
    const bytes = data as Buffer;
    intake.take(bytes.length);
    seen();
    framesIn += 1;
    const text = bytes.toString('utf8');
    gw.diagnostics.frame(chargerId, 'in', text);
    dispatch(parseFrame(text, deviate, protocol), text);
  }

  function dispatch(frame: Frame, text: string): void {
    switch (frame.kind) {
      case 'empty':
        return deviate('EMPTY_FRAME', '');
      case 'malformed':
        return refuse(frame, text, protocol.malformedCode);
      case 'unknown':
        return refuse(frame, text, protocol.unknownTypeCode);
      case 'refusal':
        return deviate('ANSWER_REFUSED', text);
      case 'result':
        return hear(frame.id, { kind: 'result', payload: frame.payload }, text);
      case 'error': {
        const { code, description, details } = frame;
        return hear(frame.id, { kind: 'error', code, description, details }, text);
      }
      case 'call':
      case 'send':
        inbound.push({
          id: frame.id,
          action: frame.action,
          payload: frame.payload,
          unanswered: frame.kind === 'send',
          receivedAt: lastSeen,
          began: performance.now(),
        });
        if (inbound.length >= MAX_INBOUND) intake.crowd(true);
        if (!working) void work();
        return;
    }
  }

  function hear(id: MessageId, outcome: CallOutcome, text: string): void {
    const heard = calls.answer(id, outcome);
    if (heard.kind === 'awaited') return judge(id, heard.action, outcome, text);
    deviate('LATE_ANSWER', text);
    if (heard.kind !== 'late') return;
    const status = outcome.kind === 'result' && isRecord(outcome.payload) ? outcome.payload['status'] : null;
    gw.bus.publish({
      name: 'call.answered-late',
      data: { chargerId, action: heard.action, status: typeof status === 'string' ? status : null },
    });
  }

  /** An answer that cannot be read is told to be so where the version has words for it (OCPP 2.1 part 2, generic FR.06). */
  function judge(id: MessageId, action: string, outcome: CallOutcome, text: string): void {
    const problem =
      protocol.unconfirmed && outcome.kind === 'result' ? protocol.checkAnswer(action, outcome.payload) : null;
    if (!problem) return;
    deviate(`ANSWER_UNREADABLE:${action}`, text);
    send(errorFrame(id, problem.code, problem.description, RESULT_ERROR));
  }

  /** `code` null: this version passes over what is such. */
  function refuse(frame: Frame & { kind: 'malformed' | 'unknown' }, text: string, code: string | null): void {
    deviate('MALFORMED_FRAME', text);
    const { id, type, problem } = frame;
    // Nobody has to wait for what will not come any more.
    if (type === RESULT || type === ERROR)
      calls.answer(id, { kind: 'error', code: protocol.malformedCode, description: problem, details: {} });
    const verdict = countMalformed();
    const answer = verdict === 'answer' ? complaint(frame, code, protocol.unconfirmed) : null;
    if (answer !== null) send(answer);
    if (verdict !== 'too-many') return;
    letGo = true;
    const wait = options.penalties.strike(chargerId);
    gw.log.warn(
      { charger: chargerId, wait },
      `charger sent ${MAX_MALFORMED} unreadable frames in 10 s: let go, and refused for ${wait} s`,
    );
    socket.terminate();
  }

  async function work(): Promise<void> {
    working = true;
    await options.after;
    let turn = 0;
    for (let next = inbound.shift(); next; next = inbound.shift()) {
      if (inbound.length < MAX_INBOUND / 2) intake.crowd(false);
      booting = next.action === 'BootNotification';
      const outcome = await handle(next);
      if (!next.unanswered || outcome.kind === 'withhold') answer(next.id, outcome);
      if (booting) {
        booting = false;
        calls.wake();
      }
      gw.measures.call(measureIn(next, outcome));
      turn += 1;
      if (turn % MESSAGES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    working = false;
    calls.wake();
    for (const resolve of idle) resolve();
    idle = [];
  }

  async function handle({ action, payload, unanswered, receivedAt }: (typeof inbound)[number]): Promise<Answer> {
    try {
      const context = { gw, chargerId, protocol: protocol.name, receivedAt, asked, unanswered, deviate };
      return await protocol.handle(context, action, payload);
    } catch (error) {
      gw.log.error({ err: error, charger: chargerId, action }, 'message could not be handled');
      return { kind: 'error', code: 'InternalError', description: 'the gateway could not handle this message' };
    }
  }

  function answer(id: MessageId, outcome: Answer): void {
    if (superseded) return;
    if (outcome.kind === 'result') return send(resultFrame(id, outcome.payload));
    if (outcome.kind === 'error') return send(errorFrame(id, outcome.code, outcome.description));
    gw.log.warn({ charger: chargerId, reason: outcome.reason }, 'answer withheld: the charger keeps its message');
    inbound.length = 0;
    letGo = true;
    socket.close(1013, 'storage unavailable, come back');
  }

  async function call(
    action: string,
    payload: unknown,
    { background = false }: CallOptions = {},
  ): Promise<CallOutcome> {
    const problems = protocol.checkCall(action, payload);
    if (problems.length > 0) return { kind: 'invalid', problems };
    const began = performance.now();
    const outcome = await callNow(action, payload, background);
    const seconds = (performance.now() - began) / 1000;
    gw.measures.call({ direction: 'out', action, outcome: outcome.kind, seconds });
    return outcome;
  }

  async function callNow(action: string, payload: unknown, background: boolean): Promise<CallOutcome> {
    const quiet = background ? quietMillis() : 0;
    if (quiet > 0) await untilOver(quiet);
    const wanted = protocol.asksFor(action, payload);
    // Already now: it may come along with the answer.
    if (wanted !== null) asked.add(wanted);
    const password = protocol.passwordIn(action, payload);
    if (password === null) return calls.call(action, payload, background);
    return give(password, () => calls.call(action, payload, background));
  }

  /** A password is noted before it is sent; what cannot be noted is not sent. */
  async function give(password: string, send: () => Promise<CallOutcome>): Promise<CallOutcome> {
    const order = { kind: 'change-password' as const, password };
    try {
      return await givePassword(gw, chargerId, password, send, (answer) => protocol.decode(order, answer).status);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return { kind: 'invalid', problems: [`the password could not be noted (${error.message})`] };
    }
  }

  /** Some cannot be talked to right after they booted or connected (Q12, Q29): what is in no hurry waits. */
  function quietMillis(): number {
    const millis = (quirksOf(gw, chargerId).quietAfterBoot ?? 0) * 1000;
    if (millis === 0) return 0;
    const from = Math.max(since, findCharger(gw, chargerId)?.bootedAt ?? since);
    // Never longer than it was told to be, whatever the clock does.
    return Math.min(millis, from + millis - gw.clock());
  }

  /** Waits, at the longest until the socket ends. */
  async function untilOver(millis: number): Promise<void> {
    const waited = Promise.withResolvers<void>();
    const timer = setTimeout(waited.resolve, millis).unref();
    await Promise.race([waited.promise, over.promise]);
    clearTimeout(timer);
  }

  /** Follows whether the charger hears us. Nothing to tell when it is silent altogether: then its pings tell. */
  function listen(answered: boolean): void {
    if (!answered && framesIn === framesAtCall) return;
    const verdict = options.penalties.called(chargerId, answered);
    if (verdict === 'fine') return;
    deviate('DEAF', 'talks to us and answers no call');
    if (verdict !== 'part') return;
    gw.log.warn({ charger: chargerId }, 'charger talks but answers no call: its socket is closed once, for a new one');
    link.close(1001, 'calls are not answered, come back');
  }

  const link: Link = {
    chargerId,
    protocol: protocol.name,
    since,
    dialled: options.dialled,
    tokenLimit: protocol.tokenLimit,
    tellsReservationEnds: protocol.tellsReservationEnds,
    tellsWholeStatus: protocol.tellsWholeStatus,
    clearsAllLimits: protocol.clearsAllLimits,
    callTimeout: options.callTimeout,
    lastSeenAt: () => lastSeen,
    call,
    async order(order, how) {
      const wire = protocol.encode(order, quirksOf(gw, chargerId));
      if (!wire)
        return {
          kind: 'error',
          code: 'NotSupported',
          description: `${protocol.name} has no words for it`,
          details: {},
        };
      const outcome = await call(wire.action, wire.payload, how);
      if (outcome.kind !== 'result') return outcome;
      const { payload } = outcome;
      return { kind: 'answered', answer: protocol.decode(order, payload), payload };
    },
    close(code, reason) {
      socket.close(code, reason);
      setTimeout(() => socket.terminate(), 5000).unref();
    },
    drained: () => (working ? new Promise((resolve) => idle.push(resolve)) : options.after),
    supersede() {
      superseded = true;
      calls.end({ kind: 'disconnected' });
      socket.terminate();
    },
  };

  socket.on('message', receive);
  socket.on('pong', signOfLife);
  socket.on('ping', signOfLife);
  socket.on('error', (error) => {
    deviate(error.message.includes('Max payload') ? 'FRAME_TOO_BIG' : 'SOCKET_ERROR', error.message);
    gw.log.warn({ charger: chargerId, problem: error.message }, 'charger socket failed');
  });
  socket.on('close', (code, reason) => {
    intake.stop();
    liveness.stop();
    over.resolve();
    calls.end({ kind: 'disconnected' });
    options.onClose(link, superseded ? 'superseded by a newer socket' : `${code} ${reason.toString('utf8')}`.trim());
  });
  return link;
}

/** What no protocol knows is counted under one name. */
function measureIn({ action, began }: { action: string; began: number }, answer: Answer): CallMeasure {
  const unknown = answer.kind === 'error' && ['NotImplemented', 'NotSupported'].includes(answer.code);
  return {
    direction: 'in',
    action: unknown ? 'other' : action,
    outcome: answer.kind === 'withhold' ? 'withheld' : answer.kind,
    seconds: (performance.now() - began) / 1000,
  };
}
