/** Cards whose owner is asked while the driver waits (OCPI 2.3.0 mod_tokens), from a charger's socket to a peer's server. */
import { afterEach, describe, expect, test } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { createSimulatedPeer, type OcpiVersion, type SimulatedPeer } from '../../adapters/simulator/peer.ts';
import { listDecisions } from '../../gateway/decisions.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { invitePeer } from '../../gateway/peers.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { findPeerToken } from '../../gateway/tokens.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

const ALL = { offset: 0, limit: 100 };
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

interface Setting {
  site: TestSite;
  peer: SimulatedPeer;
  charger: RawCharger;
}

async function setUp(rules = '{}', version?: OcpiVersion): Promise<Setting> {
  const site = await startTestSite({ yaml: `authorization: ${rules}\n` });
  cleanups.push(() => site.cleanUp());
  const peer = await createSimulatedPeer(version ? { versions: [version] } : {});
  cleanups.push(() => peer.close());
  const { token } = await invitePeer(site.gateway, 'emsp');
  await peer.register(site.urls.ocpi, token);
  const charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, { protocols: ['ocpp1.6'] });
  cleanups.push(() => charger.close());
  return { site, peer, charger };
}

async function give({ site, peer }: Setting, uid: string, whitelist: string, valid = true): Promise<void> {
  const token = { uid, whitelist, valid };
  peer.setTokens([token]);
  await peer.putToken(token);
  const key = { countryCode: 'NL', partyId: 'EMS', uid, type: 'RFID' };
  await expect.poll(() => findPeerToken(site.gateway, key) !== null, { interval: 5 }).toBe(true);
  peer.requests.length = 0;
}

const authorize = async ({ charger }: Setting, idTag: string): Promise<string> =>
  ((await charger.call('Authorize', { idTag }))[2] as { idTagInfo: { status: string } }).idTagInfo.status;

const asked = ({ peer }: Setting): number => peer.requests.filter(({ path }) => path.includes('/authorize')).length;

describe('whitelist', () => {
  test.each([
    // whitelist, order: asked while its owner answers; verdict; verdict while its owner is away
    ['ALWAYS', 'upstream-first', 0, 'Accepted', 'Accepted'],
    ['ALLOWED', 'local-first', 0, 'Accepted', 'Accepted'],
    ['ALLOWED', 'upstream-first', 1, 'Accepted', 'Accepted'],
    ['ALLOWED_OFFLINE', 'local-first', 1, 'Accepted', 'Accepted'],
    ['ALLOWED_OFFLINE', 'local-only', 0, 'Accepted', 'Accepted'],
    ['NEVER', 'local-first', 1, 'Accepted', 'Invalid'],
    ['NEVER', 'local-only', 0, 'Invalid', 'Invalid'],
  ] as const)(
    '%s, %s: asked %i times; %s, and %s while its owner is away',
    async (whitelist, order, calls, up, down) => {
      const setting = await setUp(`{ order: ${order} }`);
      await give(setting, 'ROAMER1', whitelist);
      expect(await authorize(setting, 'ROAMER1')).toBe(up);
      expect(asked(setting)).toBe(calls);
      setting.peer.setCondition({ kind: 'down' });
      expect(await authorize(setting, 'ROAMER1')).toBe(down);
    },
  );

  test('a token that is not valid any more is blocked, asked or not', async () => {
    const setting = await setUp();
    await give(setting, 'ROAMER1', 'NEVER', false);
    expect(await authorize(setting, 'ROAMER1')).toBe('Blocked');
    setting.peer.setCondition({ kind: 'down' });
    expect(await authorize(setting, 'ROAMER1')).toBe('Blocked');
  });
});

describe('what an owner says', () => {
  test.each([
    ['BLOCKED', 'Blocked'],
    ['EXPIRED', 'Expired'],
    ['NO_CREDIT', 'Blocked'],
    ['NOT_ALLOWED', 'Invalid'],
  ])('%s: the charger is told %s', async (allowed, status) => {
    const setting = await setUp();
    await give(setting, 'ROAMER1', 'NEVER');
    setting.peer.setAuthorizer(() => ({ allowed, info: { language: 'en', text: 'call us' } }));
    expect(await authorize(setting, 'ROAMER1')).toBe(status);
    expect(listDecisions(setting.site.gateway, 1)[0]).toMatchObject({ source: 'real-time', reason: 'call us' });
  });

  test.each(['2.3.0', '2.2.1', '2.1.1'] as const)(
    'in %s a card that nobody told of charges when its owner vouches for it; session and CDR bear its decision',
    async (version) => {
      const setting = await setUp('{}', version);
      setting.peer.setAuthorizer((uid) => ({
        allowed: 'ALLOWED',
        token: {
          country_code: 'NL',
          party_id: 'EMS',
          uid,
          type: 'RFID',
          ...(version === '2.1.1' ? { auth_id: 'NL-EMS-C77' } : { contract_id: 'NL-EMS-C77' }),
          issuer: 'EMS',
          valid: true,
          whitelist: 'NEVER',
          last_updated: '2026-01-01T00:00:00Z',
        },
        ...(version !== '2.1.1' && { authorization_reference: 'REF-7' }),
      }));
      expect(await authorize(setting, 'STRANGER1')).toBe('Accepted');
      const begun = await setting.charger.call('StartTransaction', {
        connectorId: 1,
        idTag: 'STRANGER1',
        meterStart: 0,
        timestamp: new Date().toISOString(),
      });
      const { transactionId, idTagInfo } = begun[2] as { transactionId: number; idTagInfo: { status: string } };
      expect(idTagInfo.status).toBe('Accepted');
      // What it said a moment ago goes for the start: it is not asked twice.
      expect(asked(setting)).toBe(1);
      await setting.charger.call('StopTransaction', {
        transactionId,
        meterStop: 5000,
        timestamp: new Date().toISOString(),
      });
      const whose = {
        peer: 'emsp',
        authMethod: 'AUTH_REQUEST',
        authorizationReference: version === '2.1.1' ? null : 'REF-7',
        token: { countryCode: 'NL', partyId: 'EMS', uid: 'STRANGER1', contractId: 'NL-EMS-C77' },
      };
      expect(listSessions(setting.site.gateway, ALL).items[0]).toMatchObject(whose);
      expect(listCdrs(setting.site.gateway, ALL).items[0]).toMatchObject(whose);
    },
  );

  test('a card that no owner knows is refused, with the reason', async () => {
    const setting = await setUp();
    expect(await authorize(setting, 'STRANGER1')).toBe('Invalid');
    expect(asked(setting)).toBe(1);
    expect(listDecisions(setting.site.gateway, 1)[0]).toMatchObject({
      verdict: 'invalid',
      source: 'real-time',
      reason: 'its owner does not know it',
    });
  });

  test('it may let a card charge at some EVSEs only', async () => {
    const setting = await setUp();
    const [one] = setting.site.gateway.db.all<{ uid: string }>(
      "SELECT uid FROM evse WHERE charger_id = 'BAY-1' AND evse = 1",
    );
    setting.peer.setAuthorizer((_uid, place) => ({
      allowed: 'ALLOWED',
      location: { location_id: place['location_id'], evse_uids: [one?.uid] },
    }));
    const start = async (connectorId: number): Promise<string> => {
      const timestamp = new Date().toISOString();
      const payload = { connectorId, idTag: 'STRANGER1', meterStart: 0, timestamp };
      return ((await setting.charger.call('StartTransaction', payload))[2] as { idTagInfo: { status: string } })
        .idTagInfo.status;
    };
    expect(await authorize(setting, 'STRANGER1')).toBe('Accepted');
    expect(await start(1)).toBe('Accepted');
    expect(await start(2)).toBe('Invalid');
    expect(listDecisions(setting.site.gateway, 1)[0]).toMatchObject({ verdict: 'not-here', evse: 2 });
  });

  test('a phone makes up a number for each tap: nobody is asked of it', async () => {
    const setting = await setUp();
    expect(await authorize(setting, '08ABCDEF')).toBe('Invalid');
    expect(asked(setting)).toBe(0);
    expect(listDecisions(setting.site.gateway, 1)[0]?.reason).toMatch(/phone/);
  });
});

describe('while no owner answers', () => {
  test('within its budget the offline rules decide, also where the owner takes its time; then it is left alone for a while', async () => {
    const setting = await setUp('{ timeout: 1 }');
    await give(setting, 'ROAMER1', 'ALLOWED_OFFLINE');
    setting.peer.setCondition({ kind: 'slow', ms: 60_000 });
    expect(await authorize(setting, 'ROAMER1')).toBe('Accepted');
    expect(listDecisions(setting.site.gateway, 1)[0]).toMatchObject({ verdict: 'accepted', source: 'offline' });
    // Not asked again at once: this one is quick.
    expect(await authorize(setting, 'ROAMER1')).toBe('Accepted');
    expect(setting.site.gateway.realTime?.askable()).toEqual([]);
  });

  test.each([
    ['known-only', 'Accepted', 'Invalid'],
    ['previously-accepted', 'Invalid', 'Invalid'],
    ['any', 'Accepted', 'Accepted'],
    ['none', 'Invalid', 'Invalid'],
  ] as const)('offline %s: a known card is %s, an unknown one %s', async (offline, known, unknown) => {
    const setting = await setUp(`{ offline: ${offline} }`);
    await give(setting, 'ROAMER1', 'ALLOWED_OFFLINE');
    setting.peer.setCondition({ kind: 'down' });
    expect(await authorize(setting, 'ROAMER1')).toBe(known);
    expect(await authorize(setting, 'STRANGER1')).toBe(unknown);
  });

  test('offline previously-accepted: who was accepted before is again', async () => {
    const setting = await setUp('{ offline: previously-accepted }');
    await give(setting, 'ROAMER1', 'ALLOWED_OFFLINE');
    expect(await authorize(setting, 'ROAMER1')).toBe('Accepted');
    setting.peer.setAuthorizer(() => ({ allowed: 'ALLOWED' }));
    expect(await authorize(setting, 'STRANGER1')).toBe('Accepted');
    setting.peer.setCondition({ kind: 'down' });
    expect(await authorize(setting, 'ROAMER1')).toBe('Accepted');
    expect(await authorize(setting, 'STRANGER1')).toBe('Accepted');
  });

  test('a start that is told late is not asked of: its charger has let it begin', async () => {
    const setting = await setUp();
    await give(setting, 'ROAMER1', 'NEVER');
    const payload = {
      connectorId: 1,
      idTag: 'ROAMER1',
      meterStart: 0,
      timestamp: new Date(Date.now() - 600_000).toISOString(),
    };
    await setting.charger.call('StartTransaction', payload);
    expect(asked(setting)).toBe(0);
  });
});
