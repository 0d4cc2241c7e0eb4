import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SecurityBody } from '../../adapters/console/routes/charger-access.ts';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { chargegate, chargegateReading, place } from './harness.ts';
import type { Done, Place } from './harness.ts';

let site: TestSite;
let home: Place;
let charger: RawCharger;
let answer = { status: 'Accepted' };

beforeAll(async () => {
  home = place();
  site = await startTestSite();
  charger = await createRawCharger(`${site.urls.ocpp}LOCKED`, {
    protocols: ['ocpp1.6'],
    headers: { authorization: `Basic ${Buffer.from('LOCKED:correct horse battery').toString('base64')}` },
    onText(text) {
      const [type, id] = JSON.parse(text) as [number, string];
      if (type === 2) charger.send(JSON.stringify([3, id, answer]));
    },
  });
  await charger.call('Heartbeat', {});
});
afterAll(async () => {
  await charger.close();
  await site.cleanUp();
  home.remove();
});

const cli = (args: string[], input?: string): Promise<Done> => {
  const all = ['chargers', ...args, '--url', site.urls.console];
  return input === undefined ? chargegate(all, home.env) : chargegateReading(input, all, home.env);
};

it('shows how a charger proves who it is', async () => {
  const { code, out } = await cli(['security', 'LOCKED']);
  expect(code).toBe(0);
  expect(out).toMatch(/^profile +1$/m);
  expect(out).toMatch(/^password +as in the configuration, sent as it was given$/m);
});

it('gives a charger a new password without showing it', async () => {
  const { code, out, err } = await cli(['rotate-password', 'LOCKED']);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('LOCKED answers Accepted to the new password');
  const sent = charger.texts.map((text) => (JSON.parse(text) as unknown[])[3] as { value?: string } | undefined);
  const password = sent.find((payload) => payload?.value)?.value ?? '';
  expect(password).toMatch(/^[0-9a-f]{40}$/);
  expect(out).not.toContain(password);
});

it('ends with 1 where the charger declines', async () => {
  answer = { status: 'Rejected' };
  const { code, out } = await cli(['rotate-password', 'LOCKED']);
  expect(code).toBe(1);
  expect(out).toContain('The old one stays.');
});

it('sets a password from stdin, and clears it', async () => {
  expect(await cli(['set-password', 'NEW', '-'], 'sixteen letters or more\n')).toMatchObject({ code: 0 });
  const shown = await cli(['security', 'NEW', '--json']);
  expect(JSON.parse(shown.out) as SecurityBody).toMatchObject({ password: 'own', floor: 1 });
  expect((await cli(['set-password', 'NEW'], '\n')).err).toContain('[REQUEST_INVALID]');
  expect((await cli(['clear-password', 'NEW'])).out).toMatch(/^password +none is asked$/m);
});

it('sets the lowest security profile, and says why not', async () => {
  expect(await cli(['security-profile', 'LOCKED', '1'])).toMatchObject({ code: 0 });
  const refused = await cli(['security-profile', 'LOCKED', '2']);
  expect(refused.code).toBe(1);
  expect(refused.err).toMatch(/^chargegate: \[SECURITY_PROFILE_REFUSED\] .*serves no TLS/);
  expect((await cli(['security-profile', 'LOCKED', '4'])).code).toBe(2);
});
