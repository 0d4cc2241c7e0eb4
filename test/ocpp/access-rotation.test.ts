import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RotationBody } from '../../adapters/console/routes/charger-access.ts';
import type { FrameBody } from '../../adapters/console/schemas.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { doorOf, type Door } from './access-harness.ts';

const OLD = 'the old password of it';
const GRACE = 3600;

const yaml = (password: string | null): string => `
chargers:
  - { id: CP${password === null ? '' : `, password: "${password}"`} }
ocpp: { host: 127.0.0.1, port: 0, unknown-chargers: accept, provisioning: false, password-grace: ${GRACE} }
`;

let site: TestSite;
let door: Door;
let directory: string;
let now: number;

beforeEach(async () => {
  now = Date.UTC(2026, 10, 21, 8);
  directory = mkdtempSync(join(tmpdir(), 'chargegate-access-'));
  await start(OLD);
});
afterEach(() => site.cleanUp());

async function start(password: string | null): Promise<void> {
  site = await startTestSite({ yaml: yaml(password), directory, clock: () => now });
  door = doorOf(site);
}

async function restart(password: string | null = OLD): Promise<void> {
  await site.stop();
  await start(password);
}

/** What a charger says to a new password; null: nothing, and its socket ends. */
type Reaction = object | null;

/** Gives charger CP a new password; it reacts like this. Yields the password as the charger got it. */
async function rotate(
  reaction: Reaction,
  present: string | Buffer | null = OLD,
): Promise<{ key: string; reply: { status: number; body: RotationBody } }> {
  let key = '';
  const charger = await door.plugIn('CP', present, (action, payload) => {
    expect([action, payload['key']]).toEqual(['ChangeConfiguration', 'AuthorizationKey']);
    key = String(payload['value']);
    if (reaction === null) charger.destroy();
    return reaction;
  });
  const reply = await door.api<RotationBody>('POST', 'chargers/CP/password/rotation');
  charger.destroy();
  await charger.closed;
  expect(key).toMatch(/^[0-9a-f]{40}$/);
  return { key, reply };
}

const opens = (password: string | Buffer): Promise<boolean> =>
  door.status('CP', password).then((status) => {
    expect([101, 401]).toContain(status);
    return status === 101;
  });

const TAKEN = { status: 'Accepted' };

describe('a charger that takes its new password', () => {
  test.each([['Accepted'], ['RebootRequired']])(
    'Q7: %s: the old one is good until the new one is used',
    async (status) => {
      const { key, reply } = await rotate({ status });
      expect(reply).toMatchObject({ status: 200, body: { result: 'taken', answer: { status } } });
      expect(reply.body.security).toMatchObject({ password: 'own', rotation: 'grace' });
      expect(await opens(OLD)).toBe(true);
      expect(await door.deviations('CP')).toMatchObject({ EARLIER_PASSWORD: 1 });
      expect(await opens(Buffer.from(key, 'hex'))).toBe(true);
      expect(await door.security('CP')).toMatchObject({ rotation: 'none', graceUntil: null, passwordForm: 'bytes' });
      expect(await opens(OLD)).toBe(false);
      expect(await opens(key)).toBe(true);
    },
  );

  test('Q7: the old one is good no longer than the grace', async () => {
    const { key, reply } = await rotate(TAKEN);
    expect(reply.body.security.graceUntil).toBe('2026-11-21T09:00:00Z');
    now += GRACE * 1000 - 1;
    expect(await opens(OLD)).toBe(true);
    now += 1;
    expect(await opens(OLD)).toBe(false);
    expect(await opens(key)).toBe(true);
  });

  test('Q7: two new ones in a row: what it used before the first is good until it uses one', async () => {
    const first = await rotate(TAKEN);
    const second = await rotate(TAKEN);
    expect(await opens(OLD)).toBe(true);
    expect(await opens(second.key)).toBe(true);
    for (const gone of [OLD, first.key]) expect(await opens(gone)).toBe(false);
  });

  test('the new one survives a restart, and the old one its grace', async () => {
    const { key } = await rotate(TAKEN);
    await restart();
    expect(await opens(OLD)).toBe(true);
    expect(await opens(key)).toBe(true);
    await restart();
    expect(await opens(OLD)).toBe(false);
    expect(await opens(key)).toBe(true);
  });

  test('nobody is shown the new one', async () => {
    const { key, reply } = await rotate(TAKEN);
    const frames = await door.api<{ items: FrameBody[] }>('GET', 'frames?charger=CP&limit=100');
    const sent = frames.body.items.filter(({ text }) => text.includes('AuthorizationKey'));
    expect(sent.map(({ text }) => (JSON.parse(text) as unknown[])[3])).toEqual([
      { key: 'AuthorizationKey', value: '***' },
    ]);
    expect(JSON.stringify([site.logged, reply, frames])).not.toContain(key);
  });
});

describe('a charger that does not take it', () => {
  test.each([['Rejected'], ['NotSupported']])('%s: the old one stays, the new one is worthless', async (status) => {
    const { key, reply } = await rotate({ status });
    expect(reply).toMatchObject({ status: 200, body: { result: 'refused', answer: { status } } });
    expect(reply.body.security).toMatchObject({ password: 'config', rotation: 'none' });
    expect(await opens(key)).toBe(false);
    expect(await opens(OLD)).toBe(true);
  });

  test('one that is not connected is told nothing, and nothing changes', async () => {
    expect(await door.api('POST', 'chargers/CP/password/rotation')).toMatchObject({
      status: 409,
      body: { code: 'CHARGER_NOT_CONNECTED' },
    });
    expect(await door.security('CP')).toMatchObject({ password: 'config', rotation: 'none' });
  });
});

describe('a charger that does not answer', () => {
  test('Q7: the new one is stored before it is sent', async () => {
    const seen: unknown[] = [];
    const charger = await door.plugIn('CP', OLD, () => {
      seen.push(door.security('CP'));
      return TAKEN;
    });
    await door.api('POST', 'chargers/CP/password/rotation');
    expect(await seen[0]).toMatchObject({ rotation: expect.stringMatching(/open|grace/) });
    await charger.close();
  });

  test('Q7: both are good until one of them is used; using the new one ends the old', async () => {
    const { key, reply } = await rotate(null);
    expect(reply).toMatchObject({ status: 504, body: { code: 'CALL_TIMEOUT' } });
    expect(await door.security('CP')).toMatchObject({ password: 'config', rotation: 'open', graceUntil: null });
    expect(await opens(OLD)).toBe(true);
    expect(await opens(key)).toBe(true);
    expect(await opens(OLD)).toBe(false);
  });

  test('Q7: once it used the old one, the new one is good for the grace only', async () => {
    const { key } = await rotate(null);
    expect(await opens(OLD)).toBe(true);
    expect(await door.security('CP')).toMatchObject({ rotation: 'open', graceUntil: '2026-11-21T09:00:00Z' });
    now += GRACE * 1000;
    expect(await opens(key)).toBe(false);
    expect(await opens(OLD)).toBe(true);
    expect(await door.security('CP')).toMatchObject({ rotation: 'none' });
  });

  test('Q7: one that was away all through the grace gets in with either', async () => {
    const { key } = await rotate(null);
    now += 10 * GRACE * 1000;
    await restart();
    expect(await opens(key)).toBe(true);
    expect(await opens(OLD)).toBe(false);
  });

  test('Q7: asked again and again, each of the new ones is good until one is used', async () => {
    const first = await rotate(null);
    const second = await rotate(null, OLD);
    const third = await rotate(null, OLD);
    expect(await opens(second.key)).toBe(true);
    expect(await opens(first.key)).toBe(false);
    expect(await opens(OLD)).toBe(false);
    // It may be in the charger, waiting for a reboot.
    expect(await opens(third.key)).toBe(true);
    expect(await opens(second.key)).toBe(false);
  });

  test('an answer that holds no status leaves both good', async () => {
    const { key, reply } = await rotate({});
    expect(reply).toMatchObject({ status: 200, body: { result: 'open', answer: {} } });
    expect(await opens(OLD)).toBe(true);
    expect(await opens(key)).toBe(true);
  });
});

describe('the file and the passwords that were given since', () => {
  test('a file that says the same as before leaves the new one in force', async () => {
    const { key } = await rotate(TAKEN);
    expect(await opens(key)).toBe(true);
    await restart(OLD);
    expect(await door.security('CP')).toMatchObject({ password: 'own' });
    expect(await opens(OLD)).toBe(false);
  });

  test('a file that says another wins', async () => {
    const { key } = await rotate(TAKEN);
    await restart('written anew into the file');
    expect(await door.security('CP')).toMatchObject({ password: 'config', rotation: 'none' });
    for (const gone of [key, OLD]) expect(await opens(gone)).toBe(false);
    expect(await opens('written anew into the file')).toBe(true);
  });

  test('a file that no longer says one does not open the door', async () => {
    const { key } = await rotate(TAKEN);
    expect(await opens(key)).toBe(true);
    await restart(null);
    expect(await door.status('CP')).toBe(401);
    expect(await opens(key)).toBe(true);
  });

  test('clearing brings the one of the file back', async () => {
    const { key } = await rotate(TAKEN);
    await opens(key);
    expect(await door.api('DELETE', 'chargers/CP/password')).toMatchObject({ body: { password: 'config' } });
    expect(await opens(key)).toBe(false);
    expect(await opens(OLD)).toBe(true);
  });
});

test('a charger without a password is not locked out by its first: it shows it once its profile has it do so', async () => {
  await restart(null);
  const { key, reply } = await rotate(TAKEN, null);
  expect(reply.body).toMatchObject({ result: 'taken', security: { password: 'none', rotation: 'open' } });
  expect(await door.status('CP')).toBe(101);
  expect(await opens(key)).toBe(true);
  expect(await door.security('CP')).toMatchObject({ password: 'own', floor: 1 });
  expect(await door.status('CP')).toBe(401);
});

describe('a password that the operator sends by a plain call', () => {
  async function write(answer: { status: string }, key: string, value: string): Promise<unknown> {
    const charger = await door.plugIn('CP', OLD, () => answer);
    const call = { action: 'ChangeConfiguration', payload: { key, value } };
    const reply = await door.api('POST', 'chargers/CP/calls', call);
    await charger.close();
    return reply;
  }

  test.each([['AuthorizationKey'], ['authorizationkey']])('%s: counts as one that the gateway made', async (key) => {
    const chosen = 'chosen by the operator';
    expect(await write(TAKEN, key, chosen)).toEqual({ status: 200, body: TAKEN });
    expect(await opens(OLD)).toBe(true);
    expect(await opens(chosen)).toBe(true);
    expect(await opens(OLD)).toBe(false);
    await restart();
    expect(await opens(chosen)).toBe(true);
  });

  test('refused by the charger, it is worthless', async () => {
    await write({ status: 'Rejected' }, 'AuthorizationKey', 'chosen by the operator');
    expect(await opens('chosen by the operator')).toBe(false);
    expect(await opens(OLD)).toBe(true);
  });

  test('another key is no password', async () => {
    await write(TAKEN, 'HeartbeatInterval', '12345678901234567890');
    expect(await opens('12345678901234567890')).toBe(false);
    expect(await door.security('CP')).toMatchObject({ rotation: 'none', password: 'config' });
  });
});
