import { LEAST_FREE, diskSpace } from './disk.ts';
import type { Gateway } from './gateway.ts';
import { watchLoopLag } from './loop-lag.ts';
import { upkeepReasons } from './upkeep.ts';

/** A loop that was this late keeps chargers waiting, seconds. */
const MOST_LAG = 5;

/** Watches what readiness is judged by; gives what ends it, a drill that runs included. */
export function startHealth(gw: Gateway): () => void {
  const lag = watchLoopLag();
  gw.loopLag = lag;
  return () => {
    lag.close();
    gw.loopLag = null;
    gw.wanDrill?.close();
  };
}

/** Can the gateway do its work now? When not, why. */
export function readiness(gw: Gateway): { ready: boolean; reasons: string[] } {
  const reasons = [
    ...storageReasons(gw),
    ...doorReasons(gw),
    ...lagReasons(gw),
    ...diskReasons(gw),
    ...upkeepReasons(gw),
  ];
  return { ready: reasons.length === 0, reasons };
}

function storageReasons(gw: Gateway): string[] {
  const { fault } = gw.db.stats();
  return fault === null ? [] : [`storage: ${fault}`];
}

function doorReasons(gw: Gateway): string[] {
  return [...gw.doors].filter(([, isOpen]) => !isOpen()).map(([name]) => `listeners: ${name} is not open`);
}

function lagReasons(gw: Gateway): string[] {
  const worst = gw.loopLag?.worst() ?? 0;
  return worst < MOST_LAG ? [] : [`event loop: work waited ${worst.toFixed(1)} s for its turn lately`];
}

function diskReasons(gw: Gateway): string[] {
  const space = diskSpace(gw);
  if (space === null || space.free >= LEAST_FREE) return [];
  return [`disk: only ${Math.floor(space.free / 1e6)} MB are free where the data is`];
}
