/** What a charger draws is nobody's knowledge once it has been away for its grace. */
import { expect, it, onTestFinished } from 'vitest';
import { disconnectCharger } from '../../gateway/chargers.ts';
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
