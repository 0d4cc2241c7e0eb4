/** When the last reading of power counts no longer. */
import { expect, it, onTestFinished } from 'vitest';
import { reportStatus } from '../../gateway/availability.ts';
import { disconnectCharger, findCharger } from '../../gateway/chargers.ts';
import type { EvseStatus } from '../../gateway/domain/status.ts';
import { liveEvse } from '../../gateway/live-evse.ts';
import { followDue, recordSamples } from '../../gateway/samples.ts';
import { charge, openSite, plugIn } from './harness.ts';

const NOON = Date.UTC(2026, 5, 1, 12);

it('a charger that vanished while charging: its last power counts no longer after its grace, its session goes on', async () => {
  let now = NOON;
  const { gw, api, url, close } = await openSite({ clock: () => now, settings: { disconnectedGrace: 60 } });
  onTestFinished(close);
  const connection = await plugIn(gw, 'BAY-1');
  await charge(gw, { chargerId: 'BAY-1', tokenUid: 'CARD1', startedAt: NOON, readings: [[2000, 11_000]] });
  const power = async () => {
    const running = await api<{ items: { powerW: number | null }[] }>('GET', '/api/sessions/running');
    const status = await api<{ running: unknown }>('GET', '/api/status');
    const metrics = await (await fetch(`${url}metrics`)).text();
    const drawn = /^chargegate_power_watts (\S+)$/m.exec(metrics)?.[1];
    return [running.body.items[0]?.powerW, status.body.running, drawn];
  };
  gw.connections.remove(connection, now);
  await disconnectCharger(gw, 'BAY-1', 'gone');
  now += 60_000;
  expect(await power()).toEqual([11_000, { sessions: 1, powerW: 11_000 }, '11000']);
  now += 1000;
  expect(await power()).toEqual([null, { sessions: 1, powerW: 0 }, '0']);
});

it('a charger that never tells power is not told to draw nothing because it is paused', async () => {
  const { gw, api, close } = await openSite({ clock: () => NOON });
  onTestFinished(close);
  await plugIn(gw, 'BAY-1');
  await charge(gw, { chargerId: 'BAY-1', tokenUid: 'CARD1', startedAt: NOON - 60_000, readings: [] });
  const paused = { evse: 1, status: 'SuspendedEV' as const, errorCode: null, reportedAt: NOON, receivedAt: NOON };
  await reportStatus(gw, { chargerId: 'BAY-1', ...paused });
  const { body } = await api<{ items: { powerW: number | null }[] }>('GET', '/api/sessions/running');
  const evse = findCharger(gw, 'BAY-1')?.evses[0];
  expect([body.items[0]?.powerW, evse && liveEvse(gw, evse).powerW]).toEqual([null, null]);
});

it.each(['SuspendedEV', 'SuspendedEVSE', 'Finishing'] as const)(
  '%s after the last reading: nothing flows, until a reading says otherwise',
  async (status) => {
    let now = NOON;
    const { gw, api, close } = await openSite({ clock: () => now });
    onTestFinished(close);
    await plugIn(gw, 'BAY-1');
    const wireId = await charge(gw, {
      chargerId: 'BAY-1',
      tokenUid: 'CARD1',
      startedAt: NOON,
      readings: [[2000, 11_000]],
    });
    const power = async () => {
      const { body } = await api<{ items: { powerW: number | null }[] }>('GET', '/api/sessions/running');
      const evse = findCharger(gw, 'BAY-1')?.evses[0];
      return [body.items[0]?.powerW, evse && liveEvse(gw, evse).powerW];
    };
    const say = (to: EvseStatus) =>
      reportStatus(gw, { chargerId: 'BAY-1', evse: 1, status: to, errorCode: null, reportedAt: now, receivedAt: now });
    await say('Charging');
    expect(await power()).toEqual([11_000, 11_000]);
    now += 61_000;
    await say(status);
    expect(await power()).toEqual([0, 0]);
    now += 1000;
    const reading = { context: null, energyWh: 2100, powerW: 500, currentMa: null, socPercent: null, values: [] };
    const samples = [{ ...reading, reportedAt: now }];
    await recordSamples(gw, { chargerId: 'BAY-1', evse: 1, wireId, samples, receivedAt: now });
    await followDue(gw);
    expect(await power()).toEqual([500, 500]);
  },
);
