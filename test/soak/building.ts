import { startBroker, watchBroker } from '../mqtt/broker.ts';
import { startWire, type Wire } from '../mqtt/wire.ts';
import type { Box } from './boxes.ts';
import { CARDS } from './depot.ts';
import { nowAndThen, type Dice } from './dice.ts';
import { count, type Tally } from './tally.ts';

type Item = Record<string, unknown>;

/** The building's side: a broker behind a wire that is cut now and then, and somebody who listens and asks for things. */
export interface Building {
  wire: Wire;
  /** How often what was asked for, and whether it was done. */
  results: Tally;
  /** Asks for something every while until the signal. */
  makeWishes(boxes: Box[], dice: Dice, signal: AbortSignal): void;
  /** Bill lines that the building was told of, each once. */
  billed(): Set<string>;
  /** What it shows of the chargers at last that is not so. */
  problems(boxes: Box[]): string[];
  close(): Promise<void>;
}

export async function openBuilding(): Promise<Building> {
  const broker = await startBroker({ lines: ['allow_anonymous true', 'max_queued_messages 0'] });
  const wire = await startWire(broker.port);
  const watcher = await watchBroker(broker.url);
  const results: Tally = new Map();
  const said = watcher.seen;
  watcher.client.on('message', (topic, payload) => {
    if (!topic.startsWith('chargegate/response/')) return;
    const { request, ok } = JSON.parse(payload.toString()) as Item;
    count(results, `by MQTT: ${String(request)} ${ok === true ? 'done' : 'not done'}`);
  });
  const shown = (topic: string): Item => JSON.parse(watcher.last(`chargegate/${topic}`) ?? '{}') as Item;

  return {
    wire,
    results,
    makeWishes(boxes, dice, signal) {
      const at = (): Item => ({ charger: dice.pick(boxes).charger.id, evse: 1 });
      const soon = (): string => new Date(Date.now() + dice.between(3_000, 40_000)).toISOString();
      const wish = (): [string, Item] =>
        dice.pick([
          ['start', { ...at(), tokenUid: dice.pick(CARDS) }],
          ['stop', at()],
          ['limit', { ...at(), limit: Math.round(dice.between(0, 32)), seconds: 20 }],
          ['reserve', { ...at(), tokenUid: dice.pick(CARDS), expiresAt: soon() }],
          ['reset', { charger: at()['charger'], hard: dice.pick([true, false]) }],
        ]);
      void nowAndThen([1_000, 4_000], dice, signal, async () => {
        const [what, body] = wish();
        await watcher.publish(`chargegate/request/${what}`, body);
      });
    },
    billed: () =>
      new Set(
        said
          .filter(({ topic }) => topic === 'chargegate/event/cdr')
          .map(({ text }) => String((JSON.parse(text) as Item)['id'])),
      ),
    problems: (boxes) =>
      boxes.flatMap(({ charger }) => {
        const evse = shown(`charger/${charger.id}/evse/1/state`);
        const availability = watcher.last(`chargegate/charger/${charger.id}/availability`);
        const wrong = [
          evse['session'] !== null && `a session ${JSON.stringify(evse['session'])}`,
          (evse['energyWh'] ?? 0) !== charger.registerWh(1) && `${String(evse['energyWh'])} Wh`,
          availability !== 'online' && availability,
        ].filter((text) => text !== false);
        return wrong.map(
          (text) => `${charger.id} is shown to the building with ${text}, its meter says ${charger.registerWh(1)}`,
        );
      }),
    async close() {
      await watcher.close();
      await wire.close();
      await broker.cleanUp();
    },
  };
}
