import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { doorOf, type Door } from './access-harness.ts';

/** Bytes that a reader of text would stumble over: a zero, a colon, no UTF-8. */
const KEY = '003a0102030405060708090a0b0c0d0eff3a4142';
const BYTES = Buffer.from(KEY, 'hex');

const CHARGERS = `
chargers:
  - { id: KEYED, password: ${KEY} }
  - { id: WORDY, password: "correct horse: battery" }
`;

let site: TestSite;
let door: Door;

async function open(yaml = CHARGERS): Promise<void> {
  site = await startTestSite({ yaml });
  door = doorOf(site);
}
afterEach(() => site.cleanUp());

describe('Q6: the form of a password', () => {
  test.each([
    ['hex text', KEY, 'hex'],
    ['hex text in capitals', KEY.toUpperCase(), 'hex'],
    ['raw bytes with a zero and a colon', BYTES, 'bytes'],
  ])('Q6: a key of the file is right as %s', async (_form, sent, form) => {
    await open();
    const charger = await door.plugIn('KEYED', sent);
    expect(await door.security('KEYED')).toMatchObject({
      passwordForm: form,
      profile: 1,
      floor: 1,
      password: 'config',
    });
    await charger.close();
  });

  test.each([
    ['text', 'correct horse: battery', 'text'],
    ['hex of its text', Buffer.from('correct horse: battery').toString('hex'), 'hex'],
  ])('Q6: a text of the file is right as %s', async (_form, sent, form) => {
    await open();
    expect(await door.status('WORDY', sent)).toBe(101);
    expect(await door.security('WORDY')).toMatchObject({ passwordForm: form });
  });

  test.each([
    ['hex text', KEY, 'hex'],
    ['raw bytes', BYTES, 'bytes'],
  ])('Q6: a key that the operator set, of which only a hash is left, is right as %s', async (_form, sent, form) => {
    await open();
    expect((await door.api('PUT', 'chargers/HAND/password', { password: KEY })).status).toBe(200);
    expect(await door.status('HAND', sent)).toBe(101);
    expect(await door.status('HAND', BYTES.subarray(1))).toBe(401);
    expect(await door.security('HAND')).toMatchObject({ passwordForm: form, password: 'own' });
  });

  test('Q6: hex text is counted as a deviation, bytes are as OCPP has them', async () => {
    await open();
    await door.status('KEYED', BYTES);
    expect(await door.deviations('KEYED')).toEqual({});
    await door.status('KEYED', KEY);
    expect(await door.deviations('KEYED')).toEqual({ PASSWORD_FORM: 1 });
  });

  test('Q6: another user name than the id is taken, and counted', async () => {
    await open();
    expect(await door.knock('KEYED', BYTES, { user: 'admin' })).toMatchObject({ status: 101 });
    expect(await door.deviations('KEYED')).toEqual({ BASIC_USER_NAME: 1 });
  });

  test.each([
    ['nothing after the colon', ''],
    ['more than any charger sends', 'x'.repeat(300)],
    ['half of it', KEY.slice(0, 20)],
    ['it with a blank', `${KEY} `],
  ])('Q6: %s is wrong', async (_what, sent) => {
    await open();
    expect(await door.status('KEYED', sent)).toBe(401);
  });
});

describe('passwords that the operator sets', () => {
  test('a charger commissioned by hand is asked for it at once', async () => {
    await open();
    expect(await door.status('NEW')).toBe(101);
    const set = await door.api('PUT', 'chargers/NEW/password', { password: 'put in by a spanner' });
    expect(set).toMatchObject({ status: 200, body: { password: 'own', floor: 1 } });
    expect(await door.status('NEW')).toBe(401);
    expect(await door.status('NEW', 'put in by a hammer!')).toBe(401);
    expect(await door.status('NEW', 'put in by a spanner')).toBe(101);
  });

  test('a charger that was never seen is taken in with it, also where strangers are refused', async () => {
    await open(`${CHARGERS}\nocpp: { host: 127.0.0.1, port: 0, unknown-chargers: reject, provisioning: false }`);
    expect(await door.status('AHEAD', KEY)).toBe(404);
    await door.api('PUT', 'chargers/AHEAD/password', { password: KEY });
    expect(await door.status('AHEAD')).toBe(401);
    expect(await door.status('AHEAD', KEY)).toBe(101);
  });

  test('clearing it ends the asking, and what was set is worthless', async () => {
    await open();
    await door.api('PUT', 'chargers/NEW/password', { password: KEY });
    expect(await door.api('DELETE', 'chargers/NEW/password')).toMatchObject({
      status: 200,
      body: { password: 'none' },
    });
    expect(await door.status('NEW')).toBe(101);
    expect(await door.security('NEW')).toMatchObject({ floor: 0, profile: null });
  });

  test.each([
    ['too short', { password: 'only 15 letters' }, 400, 'REQUEST_INVALID'],
    ['too long', { password: 'x'.repeat(65) }, 400, 'REQUEST_INVALID'],
    ['of several lines', { password: 'sixteen letters\nand more' }, 400, 'REQUEST_INVALID'],
    ['left out', {}, 400, 'REQUEST_INVALID'],
  ])('one that is %s is refused', async (_what, body, status, code) => {
    await open();
    expect(await door.api('PUT', 'chargers/NEW/password', body)).toMatchObject({ status, body: { code } });
  });

  test("the file's password is changed in the file alone", async () => {
    await open();
    expect(await door.api('PUT', 'chargers/KEYED/password', { password: 'sixteen letters!' })).toMatchObject({
      status: 409,
      body: { code: 'PASSWORD_FROM_CONFIG' },
    });
    expect(await door.status('KEYED', KEY)).toBe(101);
  });

  test('nobody is told of a charger that is not known', async () => {
    await open();
    for (const [method, path] of [
      ['GET', 'security'],
      ['DELETE', 'password'],
      ['POST', 'password/rotation'],
    ] as const)
      expect(await door.api(method, `chargers/NOBODY/${path}`)).toMatchObject({
        status: 404,
        body: { code: 'CHARGER_UNKNOWN' },
      });
  });

  test('no password is on disk, in the log or in an answer', async () => {
    await open();
    const secret = 'never to be seen';
    const answer = await door.api('PUT', 'chargers/NEW/password', { password: secret });
    await door.status('NEW', secret);
    await door.status('WORDY', 'correct horse: battery');
    await site.stop();
    const files = readdirSync(site.directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name: file }) => readFileSync(join(site.directory, file)).toString('latin1'));
    const everything = [...files, JSON.stringify(site.logged), JSON.stringify(answer)].join('\n');
    expect(everything).toContain('$scrypt$ln=12,r=8,p=1$');
    for (const word of [secret, 'correct horse: battery', KEY]) expect(everything.includes(word)).toBe(false);
  });
});

describe('keys that a charger tells', () => {
  test.each([
    ['{"key":"AuthorizationKey","readonly":false,"value":"told to everybody"}'],
    ['{"value":"told to everybody","readonly":false,"key":"AuthorizationKey"}'],
    ['{"key": "authorizationkey", "value": "told to everybody"}'],
  ])('Q59: %s is masked in frames and in samples of deviations', async (key) => {
    await open();
    const charger = await door.plugIn('WORDY', 'correct horse: battery');
    charger.send(`[3,"nobody asked",{"configurationKey":[${key}]}]`);
    charger.send(`[2,"broken",{"configurationKey":[${key}]`);
    await charger.waitFor((frame) => frame[0] === 4);
    const frames = await door.api('GET', 'frames?charger=WORDY&limit=100');
    const { body } = await door.api('GET', 'chargers/WORDY');
    expect(JSON.stringify(frames)).toMatch(/authorizationkey/i);
    expect(JSON.stringify(body)).toMatch(/authorizationkey/i);
    expect(JSON.stringify([frames, body])).not.toContain('told to everybody');
    await charger.close();
  });
});
