import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSimulatedPeer, type SimulatedPeer } from '../../adapters/simulator/peer.ts';
import type { OutageMessage, OutageOrder } from './outage-child.ts';
import { callsByObject } from './outage-site.ts';
import { captureOutput, end, spawnNode } from './process.ts';
import { table } from './report.ts';

const CHILD = fileURLToPath(new URL('outage-child.ts', import.meta.url));
const HOURS = 24;
const EVSES = 20;
const LONGEST = 600_000;

export interface OutageSummary {
  sessions: number;
  evses: number;
  /** Milliseconds that the 24 hours took here. */
  livedMs: number;
  /** Calls that were tried while the peer was away. */
  tried: number;
  waiting: number;
  drainedMs: number;
  /** Calls after the peer was back, and how many objects they were about. */
  calls: number;
  objects: number;
  /** Objects that were told more than once. */
  repeated: number;
  cdrsHeld: number;
  restingRss: number;
  drainingRss: number;
}

/** A peer away for 24 hours of sessions, then back: what it is told, how often and how fast. */
export async function runOutage(scratch: string, sessions: number): Promise<OutageSummary> {
  const directory = mkdtempSync(join(scratch, 'outage-'));
  const peer = await createSimulatedPeer({ requestsKept: 1_000_000 });
  const child = spawnNode(0, [CHILD], { ipc: true });
  const output = captureOutput(child);
  const order = (next: OutageOrder): Promise<OutageMessage> => answerTo(child, next, output);
  try {
    const job = {
      directory,
      peer: { versionsUrl: peer.url, token: peer.inboundToken },
      evses: EVSES,
      sessions,
      hours: HOURS,
    };
    await order({ type: 'begin', job });
    await untilTold(peer);
    peer.setCondition({ kind: 'down' });
    peer.requests.length = 0;
    const lived = await order({ type: 'live' });
    const tried = peer.requests.length;
    peer.requests.length = 0;
    peer.setCondition({ kind: 'up' });
    const told = await order({ type: 'resume' });
    if (lived.type !== 'lived' || told.type !== 'told') throw new Error('the gateway answered out of turn');
    const calls = callsByObject(peer.requests);
    return {
      sessions,
      evses: EVSES,
      livedMs: lived.ms,
      tried,
      waiting: lived.waiting,
      drainedMs: told.ms,
      calls: [...calls.values()].reduce((sum, times) => sum + times, 0),
      objects: calls.size,
      repeated: [...calls.values()].filter((times) => times > 1).length,
      cdrsHeld: peer.told('cdrs').length,
      restingRss: lived.rss,
      drainingRss: told.rss,
    };
  } finally {
    await end(child, 'SIGKILL');
    await peer.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function answerTo(child: ChildProcess, order: OutageOrder, output: () => string): Promise<OutageMessage> {
  const told = new Promise<OutageMessage>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no answer to "${order.type}"\n${output()}`)), LONGEST);
    child.once('message', (message) => {
      clearTimeout(late);
      resolve(message as OutageMessage);
    });
  });
  child.send(order);
  const message = await told;
  if (message.type === 'failed') throw new Error(message.reason);
  return message;
}

async function untilTold(peer: SimulatedPeer): Promise<void> {
  while (peer.told('locations').length === 0 || peer.told('tariffs').length === 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
}

/** For people. */
export function outageTable(one: OutageSummary): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(1);
  return table([
    [
      'waited to be told',
      'tried meanwhile',
      'drained s',
      'objects/s',
      'calls',
      'objects',
      'told twice',
      'CDRs held',
      'RSS MB',
      'draining',
    ],
    [
      String(one.waiting),
      String(one.tried),
      seconds(one.drainedMs),
      (one.objects / (one.drainedMs / 1000)).toFixed(0),
      String(one.calls),
      String(one.objects),
      String(one.repeated),
      `${one.cdrsHeld} of ${one.sessions}`,
      one.restingRss.toFixed(0),
      one.drainingRss.toFixed(0),
    ],
  ]);
}
