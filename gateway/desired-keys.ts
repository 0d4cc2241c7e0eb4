import { sameKey } from './domain/capabilities.ts';
import type { KeyState } from './domain/configuration.ts';
import type { ConfigurationKey } from './domain/orders.ts';
import { desiredKeys, judge, judgeReadBack, type Desired } from './configuration.ts';
import { readAgain } from './discovery.ts';
import { applyMeasurands, keepMeasurands } from './measurands.ts';
import { noteState, offer, writeState, type Run } from './provisioning-run.ts';
import { deleteKey, listKeys } from './store/configuration.ts';

/**
 * Writes what differs from what is wanted, one key after the other, and looks afterwards whether it is so. `told`: what
 * the charger has just told. Errors: RunEnded, RunFailed.
 */
export async function applyDesired(run: Run, told: readonly ConfigurationKey[]): Promise<void> {
  const taken: Desired[] = [];
  let reboot = false;
  for (const desired of await due(run, told)) {
    const answer = desired.measurands
      ? await applyMeasurands(run, desired)
      : await offer(run, desired.key, desired.value);
    if (answer === null) continue;
    // Some refuse everything until they have rebooted: what is left has its turn then (Q58).
    if (reboot && (answer === 'rejected' || answer === 'not-supported')) break;
    await noteState(run, desired, answer);
    if (answer === 'reboot-required') reboot = true;
    if (answer === 'accepted') taken.push(desired);
  }
  await verify(run, taken, reboot);
}

/** Notes how every wanted value stands, and gives those that are to be written. */
async function due(run: Run, told: readonly ConfigurationKey[]): Promise<Desired[]> {
  const { gw, chargerId, words } = run;
  const before = listKeys(gw.db, chargerId);
  const all = desiredKeys(gw, chargerId, words).map((desired) => {
    const here = told.find(({ key }) => sameKey(key, desired.key));
    const noted = before.find(({ key }) => sameKey(key, desired.key));
    return { desired, state: afterReboot(run, judge(desired, here, noted)) };
  });
  await gw.db.write((tx) => {
    for (const { desired, state } of all) writeState(gw, tx, chargerId, desired, state);
    for (const { key, known } of before)
      if (!known && !all.some(({ desired }) => sameKey(desired.key, key))) deleteKey(gw.db, chargerId, key);
  });
  return (
    all
      .filter(({ state }) => state === 'waiting' || state === 'rejected')
      .map(({ desired }) => desired)
      // One that refused every single measurand will do so again.
      .filter(({ measurands }) => measurands === null || measurands.chosen.length > 0)
  );
}

/** What a reboot was to bring and did not. Where we did not order that reboot, the value is written once more. */
function afterReboot(run: Run, state: KeyState): KeyState {
  if (state !== 'reboot-required') return state;
  if (run.rebooted) return 'differs';
  return run.whole ? 'waiting' : state;
}

/** Reads back what was taken. Before a reboot that is due, many still show what was. */
async function verify(run: Run, taken: readonly Desired[], reboot: boolean): Promise<void> {
  if (taken.length === 0 || reboot) return;
  const { gw, chargerId } = run;
  const told = await readAgain(
    run,
    taken.map(({ key }) => key),
  );
  if (!told) return;
  for (const desired of taken) {
    const here = told.find(({ key }) => sameKey(key, desired.key));
    const state = judgeReadBack(desired, here);
    const kept = state === 'differs' && desired.measurands && (await keepMeasurands(run, desired, here));
    if (kept) continue;
    await gw.db.write((tx) => writeState(gw, tx, chargerId, desired, state));
  }
}
