import { splitList } from './domain/capabilities.ts';
import type { ConfigurationKey } from './domain/orders.ts';
import type { Desired } from './configuration.ts';
import { note, noteState, offer, type Run, type Taken } from './provisioning-run.ts';

/**
 * Writes the list of what is to be read from the meter. A charger that refuses it whole is offered one measurand after
 * the other, the best first, each beside those it took before, so that it never reads less than it did; what it took is
 * remembered for this firmware (Q54, Q56). Errors: RunEnded, RunFailed.
 */
export async function applyMeasurands(run: Run, desired: Desired): Promise<Taken> {
  const { wanted = [], chosen = [] } = desired.measurands ?? {};
  const whole = await offer(run, desired.key, chosen.join(','));
  if (whole === null || whole === 'accepted' || whole === 'reboot-required') return whole;
  const taken: string[] = [];
  for (const measurand of wanted) {
    const answer = await offer(run, desired.key, [...taken, measurand].join(','));
    if (answer === null) return null;
    // What comes after a reboot that is due, is no answer to the question (Q58).
    if (answer === 'reboot-required') return answer;
    if (answer === 'accepted') taken.push(measurand);
  }
  await remember(run, desired, taken);
  return taken.length > 0 ? 'accepted' : whole;
}

function remember(run: Run, desired: Desired, taken: string[]): Promise<void> {
  const wanted = [...(desired.measurands?.wanted ?? [])];
  return note(run, ({ findings }) => ({ findings: { ...findings, measurands: { wanted, taken } } }));
}

/** Keeps a part of the wanted list as the one that this charger can; false where it shows nothing of it. */
export async function keepMeasurands(run: Run, desired: Desired, told: ConfigurationKey | undefined): Promise<boolean> {
  const shown = new Set(splitList(told?.value ?? '').map((each) => each.toLowerCase()));
  const taken = (desired.measurands?.chosen ?? []).filter((each) => shown.has(each.toLowerCase()));
  if (taken.length === 0) return false;
  await remember(run, desired, taken);
  await noteState(run, desired, 'as-desired');
  return true;
}
