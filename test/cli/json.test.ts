import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTree, flatten } from '../../gateway/cli/command-tree.ts';
import { createProgram } from '../../gateway/cli/program.ts';
import { startTestSite } from '../harness/gateway.ts';
import type { TestSite } from '../harness/gateway.ts';
import { dialScripted } from '../harness/scripted-charger.ts';
import type { ScriptedCharger } from '../harness/scripted-charger.ts';
import { chargegate } from './harness.ts';

/** Commands that read or ask, some of them in vain. */
const READING = `
  status
  version
  check-config
  chargers
  sessions
  sessions --running
  transactions
  cdrs
  tokens
  peers
  readers
  outbox
  outbox check nobody
  reservations
  bookings
  tariffs list
  tariffs lint
  firmware
  logs
  transfers
  certificates list BAY-1
  open-data check
  chargers configuration BAY-1
  chargers local-list BAY-1
  chargers profile show BAY-1 --evse 1
  drill wan-down --status
  drill ocpi --peer cloud
  completion fish
  call BAY-1 ClearCache
  chargers trigger BAY-1 status
  chargers stop NOBODY
  tokens show CARD1
  bogus
`
  .trim()
  .split('\n')
  .map((line) => line.trim());

let site: TestSite;
let charger: ScriptedCharger;
beforeAll(async () => {
  site = await startTestSite();
  charger = await dialScripted(site.urls.ocpp, 'BAY-1');
  await charger.boot();
  await charger.stop(await charger.start(1));
});
afterAll(async () => {
  await charger.raw.close();
  await site.cleanUp();
});

describe('the whole command line', () => {
  it.each(READING)('%s --json says one JSON document, also when it fails', async (words) => {
    const { code, out, err } = await chargegate([...words.split(' '), '--json', '--url', site.urls.console]);
    const [said, other] = out === '' ? [err, out] : [out, err];
    const failed: unknown = code === 0 || out !== '' ? null : (JSON.parse(said) as { code: unknown }).code;
    expect([typeof JSON.parse(said), other, typeof failed]).toEqual(['object', '', out === '' ? 'string' : 'object']);
  });

  it('has the verbs of the contract, each with a sentence of its own', () => {
    const nodes = flatten(commandTree(createProgram(() => undefined, false)));
    const verbs = nodes.map(({ path }) => path.join(' '));
    const contract =
      'run check-config status chargers sessions tokens peers readers outbox call price simulate demo drill backup restore support version';
    expect(contract.split(' ').filter((verb) => !verbs.includes(verb))).toEqual([]);
    expect(nodes.filter(({ summary }) => summary.length < 10).map(({ path }) => path.join(' '))).toEqual([]);
    const silent = nodes.flatMap(({ path, options }) =>
      options.filter(({ summary }) => summary === '').map(({ flags }) => `${path.join(' ')} ${flags}`),
    );
    expect(silent).toEqual([]);
  });
});
