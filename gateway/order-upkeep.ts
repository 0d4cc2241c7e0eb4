import { followAvailability } from './change-availability.ts';
import { forgetDecisions } from './decisions.ts';
import type { Gateway } from './gateway.ts';
import { expirePendingStarts, watchUnfulfilled } from './pending-starts.ts';
import { expireStarts, watchStarts } from './remote-start.ts';
import { followLimits } from './session-profiles.ts';
import { clearEnded } from './smart-charging.ts';
import { expireArmed, watchPlugs } from './taps.ts';

const EVERY_SECOND = 1000;
const EVERY_FIVE_SECONDS = 5000;
const EVERY_MINUTE = 60_000;
const EVERY_FIVE_MINUTES = 300_000;

/** Looks after orders beyond the charger's answer: what it accepted, scheduled or was lent. Gives what ends that. */
export function startOrderUpkeep(gw: Gateway): () => void {
  const guarded = (what: string, work: Promise<void>): void => {
    work.catch((error: unknown) => gw.log.error({ err: error }, `${what} failed`));
  };
  let following = false;
  const follow = async (): Promise<void> => {
    if (following) return;
    following = true;
    await followAvailability(gw).finally(() => (following = false));
  };
  const clear =
    (booting: boolean) =>
    ({ chargerId }: { chargerId: string }): void =>
      guarded('clearing profiles of ended transactions', clearEnded(gw, chargerId, booting));
  const ends = [
    watchStarts(gw),
    watchUnfulfilled(gw),
    watchPlugs(gw),
    gw.bus.on('transaction.stopped', clear(false)),
    gw.bus.on('charger.booted', clear(true)),
  ];
  const timers = [
    setInterval(() => expireStarts(gw), EVERY_SECOND),
    setInterval(() => expireArmed(gw), EVERY_SECOND),
    setInterval(() => guarded('forgetting old decisions on cards', forgetDecisions(gw)), EVERY_MINUTE),
    setInterval(() => guarded('giving up starts that peers ordered', expirePendingStarts(gw)), EVERY_SECOND),
    setInterval(() => guarded('following the limits that peers set', followLimits(gw)), EVERY_FIVE_MINUTES),
    setInterval(() => guarded('following changes of availability', follow()), EVERY_FIVE_SECONDS),
  ];
  for (const timer of timers) timer.unref();
  return () => {
    for (const timer of timers) clearInterval(timer);
    for (const end of ends) end();
  };
}
