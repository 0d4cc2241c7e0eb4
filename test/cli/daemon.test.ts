import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createSimulatedCharger } from '../../adapters/simulator/charger.ts';
import type { SimulatedCharger } from '../../adapters/simulator/charger.ts';
import { chargegate, chargegateStarted, daemon, place } from './harness.ts';
import type { Daemon, Done, Place } from './harness.ts';

const OLD_NODE = '/usr/bin/node';
const oldNode = existsSync(OLD_NODE) && Number(execFileSync(OLD_NODE, ['-p', 'process.versions.napi'])) < 10;

describe('a running daemon', () => {
  let site: Place;
  let running: Daemon;
  let charger: SimulatedCharger;

  beforeAll(async () => {
    site = place();
    running = await daemon(site);
    const url = running.urls.ocpp.replace(/\/\/[^:/]+/, '//127.0.0.1').replace('<charger id>', '');
    charger = createSimulatedCharger({ url, id: 'BAY-01', sampleInterval: 0 });
    await charger.connect();
    await charger.whenOnline();
  }, 20_000);

  afterAll(async () => {
    await charger.close();
    running.child.kill('SIGTERM');
    await running.done;
    site.remove();
  });

  const ask = (...args: string[]): Promise<Done> => chargegate([...args, '--url', running.urls.console], site.env);
  const json = async <Body>(...args: string[]): Promise<Body> => {
    const { code, out, err } = await ask(...args, '--json');
    expect([code, err]).toEqual([0, '']);
    return JSON.parse(out) as Body;
  };

  it('names the address of this machine in its network, not the one it listens on', () => {
    expect(running.urls.ocpp).toMatch(/^ws:\/\/[^/]+:\d+\/ocpp\/<charger id>$/);
    expect(running.urls.ocpi).toMatch(/^http:\/\/[^/]+:\d+\/ocpi\/versions$/);
    expect(running.urls.console).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(running.urls.ocpp + running.urls.ocpi).not.toMatch(/0\.0\.0\.0|127\.0\.0\.1/);
  });

  it('tells its state, for people and for programs', async () => {
    const { code, out } = await ask('status');
    expect(code).toBe(0);
    expect(out).toMatch(/^site\s+Example depot/m);
    expect(out).toMatch(/^chargers\s+1 of 1 connected/m);
    expect(out).toContain('WARNING: Unknown chargers are accepted');
    expect(await json('status')).toMatchObject({ ready: true, counts: { connected: 1 } });
  });

  it('lists chargers', async () => {
    expect((await ask('chargers')).out).toMatch(/^CHARGER +CONNECTED[^]*^BAY-01 +yes +accepted +ocpp1\.6/m);
    expect(await json('chargers')).toMatchObject({ items: [{ id: 'BAY-01', connected: true }] });
    expect((await ask('chargers', 'accept', 'nobody')).err).toContain('[CHARGER_UNKNOWN]');
  });

  it('calls a charger and prints its answer', async () => {
    const { code, out } = await ask('call', 'BAY-01', 'GetConfiguration', '{"key": ["HeartbeatInterval"]}');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ configurationKey: [{ key: 'HeartbeatInterval' }] });
  });

  it.each([
    [['BAY-01', 'Bogus'], 'CALL_INVALID'],
    [['BAY-01', 'Reset', '{"type": "Gentle"}'], 'CALL_INVALID'],
    [['nobody', 'Reset', '{"type": "Soft"}'], 'CHARGER_UNKNOWN'],
  ])('call %j is refused with %s: exit code 1', async (args, expected) => {
    const { code, out, err } = await ask('call', ...args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(new RegExp(`^chargegate: \\[${expected}\\] `));
  });

  it('puts a card on the list, blocks it, takes it off', async () => {
    expect((await ask('tokens')).out).toContain('chargegate tokens add UID');
    expect(
      await json('tokens', 'add', '04AABBCC', '--group', 'fleet', '--expires', '2030-01-01T00:00:00Z'),
    ).toMatchObject({
      valid: true,
      groupId: 'fleet',
      expiresAt: '2030-01-01T00:00:00Z',
    });
    expect(await json('tokens', 'block', '04AABBCC')).toMatchObject({ valid: false });
    expect((await ask('tokens', 'list')).out).toMatch(/^04AABBCC +RFID +site +no/m);
    expect(await json('tokens', 'add', '04AABBCC')).toMatchObject({ valid: true, groupId: 'fleet' });
    expect((await ask('tokens', 'remove', '04AABBCC')).code).toBe(0);
    const again = await ask('tokens', 'remove', '04AABBCC');
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('[TOKEN_UNKNOWN]')]);
  });

  it('follows a charge from the card to the bill', async () => {
    await json('tokens', 'add', '04C0FFEE');
    await charger.plugIn(1);
    expect(await charger.tap('04C0FFEE', 1)).toBe('started');
    await charger.advance(1, 600);
    expect(await json('sessions', '--running')).toMatchObject({ items: [{ tokenUid: '04C0FFEE', status: 'ACTIVE' }] });
    await charger.unplug(1);
    await charger.idle();
    expect((await ask('sessions', '--running')).out).toBe('nobody is charging\n');
    const { items } = await json<{ items: { kwh: number; status: string }[] }>('sessions');
    expect(items).toMatchObject([{ status: 'COMPLETED' }]);
    expect(items[0]?.kwh).toBeGreaterThan(1);
    expect((await ask('sessions')).out).toMatch(/COMPLETED +BAY-01 +1 +04C0FFEE/);
    expect((await ask('cdrs')).out).toMatch(/BAY-01 +04C0FFEE/);
  });

  it('adds and invites peers', async () => {
    const added = await json<{ inboundToken: string }>('peers', 'add', 'cloud', '--visibility', 'all');
    expect(added.inboundToken.length).toBeGreaterThan(30);
    const answer = await fetch(running.urls.ocpi.replace(/\/\/[^:/]+/, '//127.0.0.1'), {
      headers: { authorization: `Token ${Buffer.from(added.inboundToken).toString('base64')}` },
    });
    expect(answer.status).toBe(200);
    const invited = await ask('peers', 'invite', 'roaming-hub');
    expect(invited.out).toMatch(/^token +\S{20,}$/m);
    expect((await ask('peers')).out).toMatch(/^cloud +registered +all[^]*^roaming-hub +invited +own/m);
    expect((await ask('peers', 'add', 'cloud')).err).toContain('[PEER_EXISTS]');
  });

  it('is not mistaken for another of its ports: exit code 1', async () => {
    const { code, err } = await chargegate(['status', '--url', new URL(running.urls.ocpi).origin], site.env);
    expect([code, err]).toEqual([1, expect.stringContaining('is it the URL of the console?')]);
  });

  it('keeps its data directory to itself', async () => {
    const { code, err } = await chargegateStarted(['run'], site.env);
    expect(code).toBe(2);
    expect(err).toMatch(/^chargegate: \[DATA_DIR_LOCKED\] /m);
  });
});

describe('stopping', () => {
  const made: Place[] = [];
  const aPlace = (): Place => {
    const site = place();
    made.push(site);
    return site;
  };
  afterEach(() => made.splice(0).forEach((site) => site.remove()));

  it('SIGTERM ends it in order', async () => {
    const { child, done } = await daemon(aPlace());
    child.kill('SIGTERM');
    expect(await done).toMatchObject({ code: 0, signal: null, err: '' });
  });

  it('a Ctrl-C that npm passes on once more is still one', async () => {
    const { child, done } = await daemon(aPlace());
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await done).toMatchObject({ code: 0, signal: null });
  });
});

describe.skipIf(!oldNode)('the launcher on a Node too old', () => {
  it('goes on with the Node that npm ci brought', async () => {
    const site = place();
    expect(await chargegateStarted(['version'], {}, OLD_NODE)).toMatchObject({ code: 0 });
    const { child, done } = await daemon(site, OLD_NODE);
    child.kill('SIGTERM');
    expect(await done).toMatchObject({ code: 0, signal: null });
    site.remove();
  });

  it('says what to do where there is none: exit code 78', async () => {
    const { code, err } = await chargegateStarted(['version'], { CHARGEGATE_NODE_TRIED: '1' }, OLD_NODE);
    expect(code).toBe(78);
    expect(err).toMatch(/^chargegate: \[NODE_TOO_OLD\] this is Node v20.*Install Node 24/);
  });
});
