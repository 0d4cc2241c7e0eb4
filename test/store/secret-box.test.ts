import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KEY_FILE, openSecretBox } from '../../gateway/store/secret-box.ts';
import { createPeer, outboundToken } from '../../gateway/peers.ts';
import { startTestSite } from '../harness/gateway.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'chargegate-secrets-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('what is sealed is read again, also by the next run, and never looks the same twice', () => {
  const box = openSecretBox(directory);
  const [once, twice] = [box.seal('a token: ö'), box.seal('a token: ö')];
  expect(once).not.toBe(twice);
  expect(once).not.toContain('token');
  expect(openSecretBox(directory).open(once)).toBe('a token: ö');
});

test('the key is for its owner only', () => {
  openSecretBox(directory);
  expect(statSync(join(directory, KEY_FILE)).mode & 0o777).toBe(0o600);
});

test('another key, or a changed text, is SECRETS_UNREADABLE', () => {
  const sealed = openSecretBox(directory).seal('a token');
  expect(() => openSecretBox(directory).open(sealed.slice(0, -6) + 'AAAA==')).toThrow(
    expect.objectContaining({ code: 'SECRETS_UNREADABLE' }),
  );
  writeFileSync(join(directory, KEY_FILE), Buffer.alloc(32, 7));
  expect(() => openSecretBox(directory).open(sealed)).toThrow(expect.objectContaining({ code: 'SECRETS_UNREADABLE' }));
  writeFileSync(join(directory, KEY_FILE), 'short');
  expect(() => openSecretBox(directory)).toThrow(expect.objectContaining({ code: 'SECRETS_UNREADABLE' }));
});

test('the token that we use with a peer stands nowhere in the data directory', async () => {
  const site = await startTestSite();
  const token = 'outbound-token-nobody-may-read';
  await createPeer(site.gateway, {
    name: 'p',
    visibility: 'own',
    inboundToken: 'in-bound-token',
    outboundToken: token,
  });
  expect(outboundToken(site.gateway, 'p')).toBe(token);
  for (const file of ['chargegate.db', 'chargegate.db-wal'])
    expect(readFileSync(join(site.directory, file)).includes(token)).toBe(false);
  await site.cleanUp();
});
