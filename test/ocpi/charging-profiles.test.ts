import { describe, expect, test } from 'vitest';
import type { SimulatedPeer } from '../../adapters/simulator/peer.ts';
import type { SentCommand } from '../../adapters/simulator/peer-commands.ts';
import { capabilitiesOf } from '../../gateway/capabilities.ts';
import { followLimits } from '../../gateway/session-profiles.ts';
import { expectContract } from '../contract/ocpi/check.ts';
import type { TestSite, TestSiteOptions } from '../harness/gateway.ts';
import type { Payload, Script, ScriptedCharger } from '../harness/scripted-charger.ts';
import {
  cleanUpAfterEach,
  dialCharger,
  registerPeer,
  resultOf,
  startDepot,
  startOn,
  until,
  untilStatus,
  type Item,
} from './commands-harness.ts';
import { ask } from './harness.ts';

cleanUpAfterEach();

const LIMIT = { charging_rate_unit: 'A', charging_profile_period: [{ start_period: 0, limit: 10.25 }] };

/** A composite schedule as chargers answer it. */
const schedule = (...periods: [start: number, limit: number][]): Payload => ({
  status: 'Accepted',
  connectorId: 1,
  scheduleStart: new Date().toISOString(),
  chargingSchedule: {
    duration: 86_400,
    chargingRateUnit: 'A',
    chargingSchedulePeriod: periods.map(([startPeriod, limit]) => ({ startPeriod, limit })),
  },
});

interface Depot {
  site: TestSite;
  peer: SimulatedPeer;
  charger: ScriptedCharger;
  id: string;
  wireId: number;
}

/** A depot where the peer's session runs; the charger answers by `answers`, and accepts everything else. */
async function charging(answers: Record<string, Payload> = {}, options: TestSiteOptions = {}): Promise<Depot> {
  const site = await startDepot(options);
  const peer = await registerPeer(site);
  const charger = await dialCharger(site, 'BAY-1', 'Preparing');
  charger.script((action) => answers[action] ?? { status: 'Accepted' });
  await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'));
  const wireId = await charger.start(1, 'APP-1', 0);
  return { site, peer, charger, id: (await untilStatus(peer, 'ACTIVE'))['id'] as string, wireId };
}

function answerOf(sent: SentCommand): unknown {
  expectContract('2.3.0', 'profileResponse', sent.response);
  return sent.response['result'];
}

describe('charging profiles', () => {
  test('conformance case 48: a limit goes down per phase, its result comes back, and only then the limit in force is told', async () => {
    const { peer, charger, id, wireId } = await charging({ GetCompositeSchedule: schedule([0, 16], [3600, 10.2]) });
    const asked = await peer.commands.readProfile(id, 7200);
    expect(answerOf(asked)).toBe('ACCEPTED');
    expect(await charger.called('GetCompositeSchedule')).toEqual({ connectorId: 1, duration: 7200 });
    expect(await resultOf(peer, asked, 'activeProfileResult')).toMatchObject({
      result: 'ACCEPTED',
      profile: {
        charging_profile: {
          charging_rate_unit: 'A',
          charging_profile_period: [
            { start_period: 0, limit: 16 },
            { start_period: 3600, limit: 10.2 },
          ],
        },
      },
    });
    expect(peer.commands.activeProfiles).toEqual([]);

    const set = await peer.commands.setProfile(id, LIMIT);
    expect(answerOf(set)).toBe('ACCEPTED');
    expect(await charger.called('SetChargingProfile')).toMatchObject({
      connectorId: 1,
      csChargingProfiles: {
        transactionId: wireId,
        chargingProfilePurpose: 'TxProfile',
        chargingProfileKind: 'Relative',
        // Never more than was asked for: OCPP has one decimal.
        chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 10.2 }] },
      },
    });
    expect(await resultOf(peer, set, 'profileResult')).toEqual({ result: 'ACCEPTED' });
    await until(() => peer.commands.activeProfiles.length === 1);
    const [active] = peer.commands.activeProfiles;
    expect(active?.sessionId).toBe(id);
    expectContract('2.3.0', 'activeProfile', active?.profile);
  });

  test('the limit in force is told again when others change it, and not when it stays', async () => {
    const answers = { GetCompositeSchedule: schedule([0, 10]) };
    const { site, peer, id } = await charging(answers);
    await resultOf(peer, await peer.commands.setProfile(id, LIMIT));
    await until(() => peer.commands.activeProfiles.length === 1);
    await followLimits(site.gateway);
    answers.GetCompositeSchedule = schedule([0, 6]);
    await followLimits(site.gateway);
    await until(() => peer.commands.activeProfiles.length === 2);
    const limits = peer.commands.activeProfiles.map(
      ({ profile }) => ((profile['charging_profile'] as Item)['charging_profile_period'] as Item[])[0]?.['limit'],
    );
    expect(limits).toEqual([10, 6]);
  });

  test('conformance case 49: the same twice within a minute is TOO_OFTEN, and after it not', async () => {
    let ahead = 0;
    const { peer, id } = await charging({}, { clock: () => Date.now() + ahead });
    const first = await peer.commands.setProfile(id, LIMIT);
    expect(answerOf(first)).toBe('ACCEPTED');
    expect(answerOf(await peer.commands.setProfile(id, LIMIT))).toBe('TOO_OFTEN');
    await resultOf(peer, first);
    ahead += 61_000;
    expect(answerOf(await peer.commands.setProfile(id, LIMIT))).toBe('ACCEPTED');
  });

  test('conformance case 50: a session that is unknown, or another eMSP’s, is UNKNOWN_SESSION', async () => {
    const { site, id } = await charging();
    const other = await registerPeer(site, 'other', { partyId: 'OTH' });
    expect(answerOf(await other.commands.readProfile('NOPE', 60))).toBe('UNKNOWN_SESSION');
    expect(answerOf(await other.commands.setProfile(id, LIMIT))).toBe('UNKNOWN_SESSION');
    expect(answerOf(await other.commands.clearProfile(id))).toBe('UNKNOWN_SESSION');
  });

  const provisioned = {
    yaml: `
ocpp:
  { host: 127.0.0.1, port: 0, unknown-chargers: accept, call-timeout: 2, provisioning: true, quiet-after-boot: 0 }
`,
  };
  const keys = (features: string): Payload => ({
    configurationKey: [{ key: 'SupportedFeatureProfiles', readonly: true, value: features }],
    unknownKey: [],
  });

  test('conformance case 51: a charger without smart charging is NOT_SUPPORTED at once', async () => {
    const depot = await startDepot(provisioned);
    const peer = await registerPeer(depot);
    const charger = await dialCharger(depot, 'BAY-1');
    charger.script((action) => (action === 'GetConfiguration' ? keys('Core,RemoteTrigger') : { status: 'Accepted' }));
    await charger.boot();
    await charger.status(1, 'Preparing');
    await until(() => capabilitiesOf(depot.gateway, 'BAY-1').features !== null);
    await resultOf(peer, await startOn(peer, 'APP-1', 'BAY-1-1'));
    await charger.start(1, 'APP-1', 0);
    const { id } = await untilStatus(peer, 'ACTIVE');
    expect(answerOf(await peer.commands.setProfile(id as string, LIMIT))).toBe('NOT_SUPPORTED');
    expect(charger.calls.filter(([action]) => action === 'SetChargingProfile')).toEqual([]);
  });

  test('an EVSE is told to take limits once its charger says so', async () => {
    const depot = await startDepot(provisioned);
    const peer = await registerPeer(depot);
    const capable = () =>
      peer
        .told('locations')
        .flatMap((location) => location['evses'] as Item[])
        .filter((evse) => (evse['capabilities'] as string[]).includes('CHARGING_PROFILE_CAPABLE'))
        .map((evse) => evse['uid']);
    await until(() => peer.told('locations').length === 1);
    expect(capable()).toEqual([]);
    const charger = await dialCharger(depot, 'BAY-1');
    charger.script((action) => (action === 'GetConfiguration' ? keys('Core,SmartCharging') : { status: 'Accepted' }));
    await charger.boot();
    await until(() => capable().length === 2);
    expect(capable()).toEqual(expect.arrayContaining(['BAY-1-1', 'BAY-1-2']));
  });

  test.each([
    ['Accepted', 'ACCEPTED'],
    ['Unknown', 'UNKNOWN'],
  ])('clearing a limit: %s is told as %s', async (status, result) => {
    const { peer, charger, id } = await charging({ ClearChargingProfile: { status } });
    const set = await peer.commands.setProfile(id, LIMIT);
    await resultOf(peer, set);
    const profile = (await charger.called('SetChargingProfile'))['csChargingProfiles'] as Item;
    const cleared = await peer.commands.clearProfile(id);
    expect(answerOf(cleared)).toBe('ACCEPTED');
    expect(await charger.called('ClearChargingProfile')).toEqual({ id: profile['chargingProfileId'] });
    expect(await resultOf(peer, cleared, 'profileResult')).toEqual({ result });
  });

  test.each<[string, Script, string]>([
    ['Rejected', () => ({ status: 'Rejected' }), 'REJECTED'],
    ['NotSupported', () => ({ status: 'NotSupported' }), 'REJECTED'],
    ['nothing', () => null, 'UNKNOWN'],
  ])('a charger that answers %s is told as such', async (_name, script, result) => {
    const { peer, charger, id } = await charging();
    charger.script(script);
    expect(await resultOf(peer, await peer.commands.setProfile(id, LIMIT), 'profileResult')).toEqual({ result });
    expect(peer.commands.activeProfiles).toEqual([]);
  });

  test('a profile without periods, or that does not start at 0, is 2001', async () => {
    const { site, id } = await charging();
    const url = `${site.urls.ocpi.replace(/versions$/, 'cpo/2.3.0')}/chargingprofiles/${id}`;
    const put = async (charging_profile: unknown) =>
      (
        await ask(url, {
          method: 'PUT',
          token: 'cloud-token-for-tests',
          body: { response_url: 'http://127.0.0.1:1/r', charging_profile },
        })
      ).status;
    expect(await put({ ...LIMIT, charging_profile_period: [] })).toBe(2001);
    expect(await put({ ...LIMIT, charging_profile_period: [{ start_period: 60, limit: 6 }] })).toBe(2001);
    expect(
      (await ask(`${url}?duration=x&response_url=http://127.0.0.1:1/r`, { token: 'cloud-token-for-tests' })).status,
    ).toBe(2001);
  });

  test('conformance case 47: charging preferences for an EVSE that takes none are HTTP 404 with 2001', async () => {
    const { site, id } = await charging();
    const url = `${site.urls.ocpi.replace(/versions$/, 'cpo/2.3.0')}/sessions/${id}/charging_preferences`;
    const answer = await ask(url, { method: 'PUT', token: 'cloud-token-for-tests', body: { profile_type: 'CHEAP' } });
    expect([answer.http, answer.status]).toEqual([404, 2001]);
  });
});
