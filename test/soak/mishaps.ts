import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import type { Wire } from '../mqtt/wire.ts';
import type { Box } from './boxes.ts';
import type { Depot } from './depot.ts';
import { wait, type Dice } from './dice.ts';

/** Something that goes wrong in a depot, and is over when it resolves; all but the gateway's own share comes back by itself. */
export interface Mishap {
  name: string;
  /** How often, beside the others. */
  weight: number;
  happen(): Promise<void>;
}

/** What goes wrong. `slow`: takes the seconds of each orderly stop. */
export function createMishaps(
  depot: Depot,
  boxes: Box[],
  peer: SimulatedPeer,
  wire: Wire,
  dice: Dice,
  slow: (seconds: number) => void,
): Mishap[] {
  const away = async (from: number, to: number): Promise<void> => {
    await depot.kill();
    await wait(dice.between(from, to) * 1000);
    await depot.start();
  };
  return [
    { name: 'kill -9 of the gateway', weight: 3, happen: () => away(0, 0) },
    { name: 'the gateway is away for a while', weight: 1, happen: () => away(3, 15) },
    {
      name: 'stop and start of the gateway',
      weight: 2,
      async happen() {
        slow(await depot.stop());
        await depot.start();
      },
    },
    { name: 'a reload', weight: 1, happen: async () => depot.reload() },
    { name: 'a lost socket', weight: 6, happen: async () => dice.pick(boxes).charger.dropSocket() },
    {
      name: 'a power cut at a charger',
      weight: 4,
      async happen() {
        const { charger } = dice.pick(boxes);
        charger.powerCut();
        await wait(dice.between(100, 4_000));
        void charger.reboot();
      },
    },
    {
      name: 'a power cut of the whole depot',
      weight: 1,
      async happen() {
        for (const { charger } of boxes) charger.powerCut();
        await away(0.5, 5);
        for (const { charger } of boxes) void charger.reboot();
      },
    },
    {
      name: 'the cloud is down, mute, slow or broken',
      weight: 3,
      async happen() {
        peer.setCondition(
          dice.pick([
            { kind: 'down' },
            { kind: 'mute' },
            { kind: 'slow', ms: 3_000 },
            { kind: 'answering', http: 500, status: 3000 },
          ]),
        );
        await wait(dice.between(2_000, 15_000));
        peer.setCondition({ kind: 'up' });
      },
    },
    { name: 'the wire to the broker is cut', weight: 2, happen: async () => wire.cut() },
    {
      name: 'the broker is out of reach for a while',
      weight: 1,
      async happen() {
        wire.hold();
        await wait(dice.between(2_000, 10_000));
        wire.mend();
      },
    },
  ];
}
