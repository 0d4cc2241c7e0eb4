import type { RawData, WebSocket } from 'ws';
import type { CallOutcome, Connection } from '../../gateway/connections.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { createCallQueue } from './calls.ts';
import type { Answer, Protocol } from './protocol.ts';
import { errorFrame, parseFrame, resultFrame, type Frame, type MessageId } from './rpc.ts';

/** Beyond these waiting messages the socket is not read until half of them are done. */
const MAX_INBOUND = 64;

/** A charger that does not read what we send is let go. */
const MAX_BUFFERED = 1 << 20;

/** So many unreadable frames within ten seconds are an attack or a broken charger: it is let go. */
const MAX_MALFORMED = 50;

export interface Link extends Connection {
  /** Resolves when everything received has been worked off. */
  drained(): Promise<void>;
  /** A newer socket of the same charger has taken over: nothing more is sent or read here. */
  supersede(): void;
  /** Pings, and lets go of a charger that gave no sign of life since so many probes. */
  probe(limit: number): void;
}

export interface LinkOptions {
  gw: Gateway;
  chargerId: string;
  socket: WebSocket;
  protocol: Protocol;
  callTimeout: number;
  /** Messages of an earlier socket of this charger that are still worked off come first. */
  after: Promise<void>;
  onClose: (link: Link, reason: string) => void;
}

/** Runs one charger's socket: frames in, strictly one after the other, answers and our own calls out. */
export function createLink(options: LinkOptions): Link {
  const { gw, chargerId, socket, protocol } = options;
  const since = gw.clock();
  const inbound: { id: MessageId; action: string; payload: unknown; receivedAt: Millis }[] = [];
  const calls = createCallQueue(send, options.callTimeout);
  let lastSeen = since;
  let working = false;
  let idle: (() => void)[] = [];
  let superseded = false;
  let withheld = false;
  let unanswered = 0;
  let malformed = { since, count: 0 };

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
    unanswered = 0;
  }

  function deviate(code: string, sample: string): void {
    gw.diagnostics.deviation(chargerId, code, sample);
  }

  function receive(data: RawData): void {
    // After an answer that was withheld nothing more counts: the charger will say it all again.
    if (superseded || withheld) return;
    seen();
    // ws hands a Buffer unless binaryType is changed.
    const text = (data as Buffer).toString('utf8');
    gw.diagnostics.frame(chargerId, 'in', text);
    dispatch(parseFrame(text), text);
  }

  function dispatch(frame: Frame, text: string): void {
    switch (frame.kind) {
      case 'empty':
        return deviate('EMPTY_FRAME', '');
      case 'malformed':
        return refuse(frame, text);
      case 'result':
        if (!calls.answer(frame.id, { kind: 'result', payload: frame.payload })) deviate('LATE_ANSWER', text);
        return;
      case 'error': {
        const { code, description, details } = frame;
        if (!calls.answer(frame.id, { kind: 'error', code, description, details })) deviate('LATE_ANSWER', text);
        return;
      }
      case 'call':
        inbound.push({ id: frame.id, action: frame.action, payload: frame.payload, receivedAt: lastSeen });
        if (inbound.length >= MAX_INBOUND) socket.pause();
        if (!working) void work();
        return;
    }
  }

  function refuse(frame: { id: MessageId; problem: string }, text: string): void {
    deviate('MALFORMED_FRAME', text);
    if (lastSeen - malformed.since > 10_000) malformed = { since: lastSeen, count: 0 };
    malformed.count += 1;
    if (malformed.count > MAX_MALFORMED) {
      gw.log.warn({ charger: chargerId }, `charger sent ${MAX_MALFORMED} unreadable frames in 10 s: let go`);
      socket.terminate();
      return;
    }
    send(errorFrame(frame.id, protocol.malformedCode, frame.problem));
  }

  async function work(): Promise<void> {
    working = true;
    await options.after;
    for (let next = inbound.shift(); next; next = inbound.shift()) {
      if (socket.isPaused && inbound.length < MAX_INBOUND / 2) socket.resume();
      answer(next.id, await handle(next));
    }
    working = false;
    for (const resolve of idle) resolve();
    idle = [];
  }

  async function handle({ action, payload, receivedAt }: (typeof inbound)[number]): Promise<Answer> {
    try {
      return await protocol.handle({ gw, chargerId, receivedAt, deviate }, action, payload);
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
    withheld = true;
    socket.close(1013, 'storage unavailable, come back');
  }

  function call(action: string, payload: unknown): Promise<CallOutcome> {
    const problems = protocol.checkCall(action, payload);
    if (problems.length > 0) return Promise.resolve({ kind: 'invalid', problems });
    return calls.call(action, payload);
  }

  const link: Link = {
    chargerId,
    protocol: protocol.name,
    since,
    lastSeenAt: () => lastSeen,
    call,
    async order(order) {
      const wire = protocol.encode(order);
      const outcome = await call(wire.action, wire.payload);
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
    probe(limit) {
      unanswered += 1;
      if (unanswered > limit) {
        gw.log.warn({ charger: chargerId }, 'no sign of life from charger: let go');
        socket.terminate();
      } else if (socket.readyState === socket.OPEN) socket.ping();
    },
  };

  socket.on('message', receive);
  socket.on('pong', seen);
  socket.on('ping', seen);
  socket.on('error', (error) => {
    deviate(error.message.includes('Max payload') ? 'FRAME_TOO_BIG' : 'SOCKET_ERROR', error.message);
    gw.log.warn({ charger: chargerId, problem: error.message }, 'charger socket failed');
  });
  socket.on('close', (code, reason) => {
    calls.end({ kind: 'disconnected' });
    options.onClose(link, superseded ? 'superseded by a newer socket' : `${code} ${reason.toString('utf8')}`.trim());
  });
  return link;
}
