import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authorizeLocally } from '../gateway/authorization.ts';
import type { Whitelist } from '../gateway/domain/types.ts';
import { createPeer, unregisterPeer } from '../gateway/peers.ts';
import { putPeerToken, putSiteToken } from '../gateway/tokens.ts';
import { startTestSite, type TestSite } from './harness/gateway.ts';

let site: TestSite;
beforeEach(async () => {
  site = await startTestSite();
  await createPeer(site.gateway, { name: 'msp', visibility: 'own', inboundToken: 'secret-of-the-msp' });
});
afterEach(() => site.cleanUp());

const roaming = (uid: string, whitelist: Whitelist, valid = true): Promise<unknown> =>
  putPeerToken(site.gateway, 'msp', {
    countryCode: 'NL',
    partyId: 'MSP',
    uid,
    type: 'RFID',
    contractId: 'NL-MSP-C1',
    visualNumber: null,
    issuer: 'MSP',
    groupId: null,
    valid,
    whitelist,
    language: null,
    expiresAt: null,
    payment: null,
    body: {},
    updatedAt: 1,
  });

const verdict = (uid: string): string => authorizeLocally(site.gateway, 'BAY-1', uid, Date.now()).verdict;

describe("peers' tokens", () => {
  test.each([
    ['ALWAYS', 'accepted'],
    ['ALLOWED', 'accepted'],
    ['ALLOWED_OFFLINE', 'accepted'],
    ['NEVER', 'invalid'],
  ] as const)('whitelist %s is %s while nobody is asked', async (whitelist, expected) => {
    await roaming('ROAMER', whitelist);
    expect(verdict('ROAMER')).toBe(expected);
  });

  test('one that is no longer valid is blocked', async () => {
    await roaming('ROAMER', 'ALWAYS', false);
    expect(verdict('ROAMER')).toBe('blocked');
  });

  test('are worth nothing once their peer has left: nobody would pay', async () => {
    await roaming('ROAMER', 'ALWAYS');
    await unregisterPeer(site.gateway, 'msp');
    expect(verdict('ROAMER')).toBe('invalid');
  });
});

describe('a card that several know', () => {
  test('charges where one of them lets it', async () => {
    await roaming('BOTH', 'ALWAYS', false);
    await putSiteToken(site.gateway, 'BOTH', {});
    expect(verdict('BOTH')).toBe('accepted');
  });
});
