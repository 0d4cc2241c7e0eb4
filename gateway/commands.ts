import { randomUUID } from 'node:crypto';
import type { CommandAnswer, Command, CommandKind, CommandResult, Sender } from './domain/commands.ts';
import type { Gateway } from './gateway.ts';
import * as store from './store/commands.ts';
import type { Tx } from './store/db.ts';

/** Beyond the time that a charger has to answer, seconds: until then the result is told, and told again where it has to be. */
const MARGIN = 15;

/** More commands of one peer under way than these are refused (law 13). */
const MOST_PENDING = 200;

/** Commands are remembered so long, for people who ask what became of one. */
const KEPT = 7 * 24 * 3_600_000;

/** Where a peer's command comes from, and where its result goes. */
export interface CommandOrigin {
  peer: string;
  responseUrl: string;
  sender: Sender | null;
}

/** What there is to do for a command. */
export interface CommandWork {
  kind: CommandKind;
  /** The session that it is about. */
  sessionId?: string;
  /** Seconds that doing it takes at most. */
  within: number;
  /** Done in the write that stores the command. */
  prepare?: (tx: Tx) => void;
  run(): Promise<CommandResult>;
  /** Done in the write that stores the result. */
  settle?: (tx: Tx, result: CommandResult) => void;
}

/**
 * Takes a command on: it is on disk when this resolves, is then carried out, and its result is told by `command.finished`.
 * Where a peer has too many under way it is rejected.
 */
export async function takeCommand(gw: Gateway, origin: CommandOrigin, work: CommandWork): Promise<CommandAnswer> {
  if (store.countPending(gw.db, origin.peer) >= MOST_PENDING)
    return { kind: 'rejected', message: `more than ${MOST_PENDING} commands are under way: try again later` };
  const timeout = Math.ceil(work.within) + MARGIN;
  const command = await gw.db.write((tx) => {
    const made: Command = {
      ...origin,
      id: randomUUID(),
      kind: work.kind,
      sessionId: work.sessionId ?? null,
      createdAt: tx.now,
      deadline: tx.now + timeout * 1000,
      state: 'pending',
      result: null,
      finishedAt: null,
    };
    store.insertCommand(gw.db, made);
    work.prepare?.(tx);
    return made;
  });
  carryOut(gw, command, work).catch((error: unknown) =>
    gw.log.error(
      { err: error, peer: command.peer, command: command.id },
      'the result of a command could not be stored',
    ),
  );
  return { kind: 'accepted', timeout };
}

async function carryOut(gw: Gateway, command: Command, work: CommandWork): Promise<void> {
  const overdue = Promise.withResolvers<CommandResult>();
  const timer = setTimeout(
    () => overdue.resolve({ outcome: 'timeout', message: 'the charger did not answer in time' }),
    work.within * 1000,
  ).unref();
  const result = await Promise.race([attempt(gw, command, work), overdue.promise]);
  clearTimeout(timer);
  await gw.db.write((tx) => {
    if (!store.setFinished(gw.db, command.id, result, tx.now)) return;
    work.settle?.(tx, result);
    tx.emit({ name: 'command.finished', data: { commandId: command.id, peer: command.peer } });
  });
}

async function attempt(gw: Gateway, command: Command, work: CommandWork): Promise<CommandResult> {
  try {
    return await work.run();
  } catch (error) {
    gw.log.error({ err: error, peer: command.peer, command: command.id }, 'a command could not be carried out');
    return { outcome: 'failed', message: 'this gateway could not do it; its log says why' };
  }
}

/**
 * Ends, at start-up and before anybody connects, the commands that the last run left: nobody knows what became of them.
 * Their results are told where there is still time.
 */
export async function recoverCommands(gw: Gateway): Promise<void> {
  await gw.db.write((tx) => {
    for (const { id, deadline } of store.listCommands(gw.db, 'pending')) {
      const message = 'the gateway was restarted meanwhile: nobody knows what became of it';
      store.setFinished(gw.db, id, { outcome: deadline > tx.now ? 'failed' : 'timeout', message }, tx.now);
    }
    store.deleteCommandsBefore(gw.db, tx.now - KEPT);
  });
}

/** Commands whose result the peer has not been told, eldest first. */
export function listUntold(gw: Gateway): Command[] {
  return store.listCommands(gw.db, 'finished');
}

/** One command; null when there is none of this id. */
export function findCommand(gw: Gateway, id: string): Command | null {
  return store.findCommand(gw.db, id) ?? null;
}

/** Notes whether the peer has its result: one that it could not be told in time it is never told. */
export async function settleResult(gw: Gateway, id: string, state: 'delivered' | 'dropped'): Promise<void> {
  await gw.db.write((tx) => {
    store.setState(gw.db, id, state);
    store.deleteCommandsBefore(gw.db, tx.now - KEPT);
  });
}
