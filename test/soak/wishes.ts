import { OcpiCallFailed } from '../../adapters/simulator/peer-client.ts';
import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import type { Box } from './boxes.ts';
import { nowAndThen, type Dice } from './dice.ts';
import { count, type Tally } from './tally.ts';

/** What a cloud wanted, and what came of it; `results` by what was said at last. */
export interface Wishes {
  results: Tally;
  /** Accepted commands whose result has not come. */
  awaited(): number;
}

type Item = Record<string, unknown>;

/** Lets drivers with apps start, stop, reserve and slow down charges until the signal. */
export function makeWishes(peer: SimulatedPeer, boxes: Box[], dice: Dice, signal: AbortSignal): Wishes {
  const results: Tally = new Map();
  const reserved: string[] = [];
  let awaited = 0;
  let reservations = 0;

  const token = (): Item => {
    const uid = `APP-${Math.floor(dice.between(1, 20))}`;
    const party = { country_code: 'NL', party_id: 'EMS' };
    const contract = { contract_id: `NL-EMS-${uid}`, issuer: 'A provider', valid: true, whitelist: 'NEVER' };
    return { ...party, uid, type: 'APP_USER', ...contract, last_updated: new Date().toISOString() };
  };
  const place = (): Item => ({ location_id: 'L1', evse_uid: `${dice.pick(boxes).charger.id}-1` });
  const sessionId = (): string | undefined => {
    const active = peer.told('sessions').filter(({ status }) => status === 'ACTIVE');
    return active.length === 0 ? undefined : String(dice.pick(active)['id']);
  };

  async function wish(): Promise<void> {
    const [name, send] = dice.pick([
      ['START_SESSION', () => peer.commands.send('START_SESSION', { token: token(), ...place() })],
      ['START_SESSION', () => peer.commands.send('START_SESSION', { token: token(), ...place() })],
      ['STOP_SESSION', () => peer.commands.send('STOP_SESSION', { session_id: sessionId() ?? 'none' })],
      ['RESERVE_NOW', reserve],
      [
        'CANCEL_RESERVATION',
        () => peer.commands.send('CANCEL_RESERVATION', { reservation_id: dice.pick(reserved) ?? 'none' }),
      ],
      ['UNLOCK_CONNECTOR', () => peer.commands.send('UNLOCK_CONNECTOR', { ...place(), connector_id: '1' })],
      ['limit', limit],
    ]);
    const note = (what: string): void => count(results, `${name} ${what}`);
    try {
      const { response, result } = await send();
      note(String(response['result']));
      if (response['result'] !== 'ACCEPTED') return;
      awaited += 1;
      void result.then((said) => {
        awaited -= 1;
        note(`ACCEPTED, then ${String(said['result'])}`);
      });
    } catch (error) {
      note(error instanceof OcpiCallFailed ? `refused with ${error.http}/${error.status}` : 'not heard');
    }
  }

  function reserve() {
    reservations += 1;
    const id = `R${reservations}`;
    reserved.push(id);
    const expiry_date = new Date(Date.now() + dice.between(3, 40) * 1000).toISOString();
    return peer.commands.send('RESERVE_NOW', { token: token(), expiry_date, reservation_id: id, ...place() });
  }

  function limit() {
    const id = sessionId() ?? 'none';
    if (dice.between(0, 1) < 0.3) return peer.commands.clearProfile(id);
    const charging_profile_period = [{ start_period: 0, limit: Math.round(dice.between(0, 16)) }];
    return peer.commands.setProfile(id, { charging_rate_unit: 'A', charging_profile_period });
  }

  void nowAndThen([300, 2_000], dice, signal, wish);
  return { results, awaited: () => awaited };
}
