/** The building need not know which OCPP a charger speaks. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSimulatedCharger, type SimulatedCharger } from '../../adapters/simulator/charger.ts';
import { hasMosquitto, type Json } from './broker.ts';
import { createRig, type Rig } from './rig.ts';

describe.skipIf(!hasMosquitto).each(['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'] as const)('MQTT with %s', (protocol) => {
  let rig: Rig;
  let charger: SimulatedCharger;
  const violations: string[] = [];

  beforeEach(async () => {
    rig = await createRig();
    await rig.start({ homeAssistant: true });
    charger = createSimulatedCharger({
      url: rig.site.urls.ocpp,
      id: 'BOX',
      protocol,
      speed: 100,
      // At once, as nobody waits for a car.
      power: () => () => 22_000,
      sampleInterval: 0,
      strict: true,
      onViolation: (problem) => void violations.push(problem),
    });
    await charger.connect();
    // Its EVSE is known to the gateway, and so to the building.
    await evse(({ status }) => status === 'Available');
  });
  afterEach(async () => {
    await charger.close();
    await rig.cleanUp();
    if (violations.length > 0) throw new Error(violations.splice(0).join('\n'));
  });

  async function ask(request: string, body: object): Promise<unknown> {
    const from = rig.watcher.seen.length;
    await rig.watcher.publish(`chargegate/request/${request}`, { charger: 'BOX', ...body });
    const { ok, answer, error } = await rig.watcher.json(`chargegate/response/${request}`, () => true, from);
    return ok === true ? answer : error;
  }
  const evse = (is: (state: Json) => boolean, from = 0): Promise<Json> =>
    rig.watcher.json('chargegate/charger/BOX/evse/1/state', is, from);

  test('a charge is begun, limited, followed and ended', async () => {
    await charger.plugIn(1);
    expect(await ask('start', { evse: 1, tokenUid: 'CARD1' })).toEqual({ status: 'Accepted' });
    await evse(({ session }) => session !== null);
    expect(await ask('limit', { evse: 1, limit: 10, seconds: 60 })).toEqual({ status: 'Accepted' });
    expect(await ask('limit', { limit: 7000, unit: 'W' })).toEqual({ status: 'Accepted' });
    await charger.sampleNow(1);
    const drawn = await evse(({ status, powerW }) => status === 'Charging' && powerW !== null);
    // 10 A on each of three phases of 230 V.
    expect(drawn).toMatchObject({ powerW: 6900, currentA: 30, session: { token: 'CA…D1', evse: 1 } });
    expect(await ask('limit', { limit: null })).toEqual({ status: 'Accepted' });
    expect(await ask('limit', { evse: 1, limit: null })).toEqual({ status: 'Accepted' });
    expect(await ask('stop', { evse: 1 })).toEqual({ status: 'Accepted' });
    await rig.watcher.json('chargegate/event/cdr', (cdr) => cdr['charger'] === 'BOX');
    expect(await evse(({ status }) => status === 'Finishing')).toMatchObject({ session: null, powerW: 0 });
  });

  test('a bay is reserved, taken out of service and back; any call is checked against its version', async () => {
    const kept = (await ask('reserve', { evse: 1, tokenUid: 'CARD1', minutes: 5 })) as { id: string };
    await evse(({ status }) => status === 'Reserved');
    const held = rig.watcher.seen.length;
    expect(await ask('cancel-reservation', { id: kept.id, charger: undefined })).toMatchObject({ status: 'cancelled' });
    await evse(({ status }) => status === 'Available', held);
    expect(await ask('availability', { operative: false })).toEqual({ status: 'Accepted' });
    await evse(({ operative }) => operative === false);
    const from = rig.watcher.seen.length;
    expect(await ask('availability', { operative: true })).toEqual({ status: 'Accepted' });
    await evse(({ operative }) => operative === true, from);
    expect(await ask('unlock', { evse: 1 })).toEqual({ status: 'Unlocked' });

    const [own, others] = ['GetVariables', 'GetConfiguration'];
    const known = protocol === 'ocpp1.6' ? others : own;
    const payload =
      protocol === 'ocpp1.6'
        ? {}
        : { getVariableData: [{ component: { name: 'OCPPCommCtrlr' }, variable: { name: 'HeartbeatInterval' } }] };
    expect(JSON.stringify(await ask('call', { action: known, payload }))).toContain('HeartbeatInterval');
    expect(await ask('call', { action: known === own ? others : own, payload })).toMatchObject({
      code: 'CALL_INVALID',
    });
  });

  test('Home Assistant is told of the same things', async () => {
    const device = await rig.watcher.json('homeassistant/device/chargegate_L1_charger_BOX/config', ({ components }) =>
      Object.keys(components ?? {}).includes('evse1_energy'),
    );
    expect(device).toMatchObject({ device: { manufacturer: 'Chargegate', model: 'Simulator' } });
    expect(Object.keys(device['components'] ?? {})).toEqual([
      'connected',
      'reset',
      ...['energy', 'session_energy', 'power', 'current', 'soc', 'status', 'stop', 'unlock', 'operative'].map(
        (key) => `evse1_${key}`,
      ),
    ]);
  });
});
