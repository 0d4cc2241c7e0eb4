/** From a card at a reader of the site's to a charge: a real terminal on the one side, a real socket on the other. */
import { afterEach, describe, expect, it } from 'vitest';
import { createRawCharger, type RawCharger } from '../../adapters/simulator/raw-charger.ts';
import { createTwn4Reader } from '../../adapters/simulator/readers/twn4.ts';
import { serveReader, type ServedReader } from '../../adapters/simulator/readers/serve.ts';
import { balanceOf, listLedger, refill } from '../../gateway/prepaid.ts';
import { awaitTap, listReaders } from '../../gateway/readers.ts';
import { listCdrs } from '../../gateway/cdrs.ts';
import { listSessions } from '../../gateway/sessions.ts';
import { expireArmed, tapCard } from '../../gateway/taps.ts';
import { putSiteToken } from '../../gateway/tokens.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { createCable, hasSocat } from './pty.ts';

const ALL = { offset: 0, limit: 100 };
const CARD = '04AABBCCDDEE80';
const OTHER = '0411223344556B';
const rig: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of rig.splice(0).toReversed()) await close();
});

interface Setting {
  site: TestSite;
  charger: RawCharger;
  /** How the charger answers orders; default Accepted. */
  answers: { status: string };
}

async function setUp(readers: string, authorization = '{}', clock = Date.now): Promise<Setting> {
  const yaml = `authorization: ${authorization}\nreaders:\n${readers}\n`;
  const site = await startTestSite({ yaml, clock });
  rig.push(() => site.cleanUp());
  await putSiteToken(site.gateway, CARD, {});
  await putSiteToken(site.gateway, OTHER, {});
  const answers = { status: 'Accepted' };
  const charger = await createRawCharger(`${site.urls.ocpp}BAY-1`, {
    protocols: ['ocpp1.6'],
    onText(text) {
      const [type, id] = JSON.parse(text) as [number, string];
      if (type === 2) charger.send(JSON.stringify([3, id, answers]));
    },
  });
  rig.push(() => charger.close());
  await status(charger, 1, 'Available');
  await status(charger, 2, 'Available');
  return { site, charger, answers };
}

/** A line whose port is never there: cards are handed to the use-case itself. */
const READER = `  - { id: gate, protocol: ascii, path: /dev/does-not-exist, places: [BAY-1] }`;

const status = (charger: RawCharger, connectorId: number, text: string): Promise<unknown[]> =>
  charger.call('StatusNotification', { connectorId, errorCode: 'NoError', status: text });

const tap = ({ site }: Setting, uid: string): Promise<string> =>
  tapCard(site.gateway, { readerId: 'gate', address: null, uid });

const orders = ({ charger }: Setting, action: string): unknown[] =>
  charger.texts
    .map((text) => JSON.parse(text) as unknown[])
    .filter((frame) => frame[2] === action)
    .map((frame) => frame[3]);

async function begin({ charger }: Setting, connectorId: number, idTag: string): Promise<number> {
  const payload = { connectorId, idTag, meterStart: 0, timestamp: new Date().toISOString() };
  return ((await charger.call('StartTransaction', payload))[2] as { transactionId: number }).transactionId;
}

describe('a card at a reader of the site', () => {
  it('begins a charge where a vehicle is plugged in and waits, the one plugged in last', async () => {
    // No two moments are the same.
    let last = 0;
    const setting = await setUp(READER, '{}', () => (last = Math.max(last + 1, Date.now())));
    await status(setting.charger, 1, 'Preparing');
    await status(setting.charger, 2, 'Preparing');
    expect(await tap(setting, CARD)).toBe('accepted');
    expect(orders(setting, 'RemoteStartTransaction')).toEqual([{ connectorId: 2, idTag: CARD }]);
  });

  it('arms the next one that is plugged in; a second tap calls that off', async () => {
    const setting = await setUp(READER);
    expect(await tap(setting, CARD)).toBe('accepted');
    expect(orders(setting, 'RemoteStartTransaction')).toEqual([]);
    await status(setting.charger, 2, 'Preparing');
    await setting.charger.waitFor((frame) => frame[2] === 'RemoteStartTransaction');
    expect(orders(setting, 'RemoteStartTransaction')).toEqual([{ connectorId: 2, idTag: CARD }]);
    await status(setting.charger, 2, 'Available');
    expect(await tap(setting, OTHER)).toBe('accepted');
    expect(await tap(setting, OTHER)).toBe('refused');
    await status(setting.charger, 1, 'Preparing');
    expect(orders(setting, 'RemoteStartTransaction')).toHaveLength(1);
  });

  it('waits a minute for a cable, no longer', async () => {
    const setting = await setUp(READER);
    await tap(setting, CARD);
    setting.site.gateway.clock = () => Date.now() + 60_001;
    expireArmed(setting.site.gateway);
    await status(setting.charger, 1, 'Preparing');
    expect(orders(setting, 'RemoteStartTransaction')).toEqual([]);
  });

  it('a second tap of the same card stops its charge, written in any form; another card does not', async () => {
    const setting = await setUp(READER);
    const transactionId = await begin(setting, 1, CARD);
    await status(setting.charger, 1, 'Charging');
    expect(await tap(setting, OTHER)).toBe('accepted');
    expect(orders(setting, 'RemoteStopTransaction')).toEqual([]);
    expect(await tap(setting, '04:aa:bb:cc:dd:ee:80')).toBe('accepted');
    expect(orders(setting, 'RemoteStopTransaction')).toEqual([{ transactionId }]);
  });

  it('a card of the same group stops it too', async () => {
    const setting = await setUp(READER);
    await putSiteToken(setting.site.gateway, CARD, { groupId: 'FLEET' });
    await putSiteToken(setting.site.gateway, OTHER, { groupId: 'FLEET' });
    const transactionId = await begin(setting, 1, CARD);
    expect(await tap(setting, OTHER)).toBe('accepted');
    expect(orders(setting, 'RemoteStopTransaction')).toEqual([{ transactionId }]);
  });

  it('is told when nothing fits: all in use, the charger away, or the charger refuses', async () => {
    const setting = await setUp(READER);
    await status(setting.charger, 1, 'Faulted');
    await status(setting.charger, 2, 'Unavailable');
    expect(await tap(setting, CARD)).toBe('refused');
    await status(setting.charger, 1, 'Preparing');
    setting.answers.status = 'Rejected';
    expect(await tap(setting, CARD)).toBe('refused');
  });

  it('an unknown card is refused, and a number that a phone made up with its own reason', async () => {
    const setting = await setUp(READER);
    await status(setting.charger, 1, 'Preparing');
    expect(await tap(setting, '04999999999999')).toBe('refused');
    expect(await tap(setting, '08123456')).toBe('refused');
    expect(orders(setting, 'RemoteStartTransaction')).toEqual([]);
    expect(setting.site.gateway.refusals[0]).toMatchObject({ uid: '08123456', chargerId: 'gate' });
    expect(setting.site.gateway.refusals[0]?.reason).toMatch(/phone/);
    // Card numbers never stand in the log.
    expect(JSON.stringify(setting.site.logged)).not.toContain('04999999999999');
  });

  it('does nothing but be seen while somebody waits for a card', async () => {
    const setting = await setUp(READER);
    await status(setting.charger, 1, 'Preparing');
    const seen = awaitTap(setting.site.gateway, 'gate', AbortSignal.timeout(5000));
    expect(await tap(setting, CARD)).toBe('read');
    expect(await seen).toMatchObject({ readerId: 'gate', uid: CARD });
    expect(orders(setting, 'RemoteStartTransaction')).toEqual([]);
  });

  it('of several readers on a line each is for its own places', async () => {
    const readers = `
  - id: gate
    protocol: osdp
    path: /dev/does-not-exist
    osdp: { readers: [{ address: 1, places: [BAY-1/1] }, { address: 2, places: [BAY-1/2] }] }`;
    const setting = await setUp(readers);
    await status(setting.charger, 1, 'Preparing');
    await status(setting.charger, 2, 'Preparing');
    await tapCard(setting.site.gateway, { readerId: 'gate', address: 1, uid: CARD });
    expect(orders(setting, 'RemoteStartTransaction')).toEqual([{ connectorId: 1, idTag: CARD }]);
  });
});

describe('a prepaid card', () => {
  it('its balance is reserved at the start, drawn by the CDR, and refilled; without one it is refused', async () => {
    const setting = await setUp(READER);
    const { gateway } = setting.site;
    await putSiteToken(gateway, CARD, { payment: 'prepaid' });
    await status(setting.charger, 1, 'Preparing');
    expect(await tap(setting, CARD)).toBe('refused');
    expect(gateway.refusals[0]).toMatchObject({ verdict: 'no-credit' });
    await refill(gateway, CARD, '20', 'at the desk');
    expect(await tap(setting, CARD)).toBe('accepted');
    const transactionId = await begin(setting, 1, CARD);
    expect(listSessions(gateway, ALL).items[0]).toMatchObject({ limit: { cost: '20.00' } });
    expect(balanceOf(gateway, CARD)).toMatchObject({ balance: '20.00', reserved: '20.00', available: '0.00' });
    // All of it is reserved: the same card cannot begin elsewhere.
    const second = await setting.charger.call('Authorize', { idTag: CARD });
    expect(second[2]).toMatchObject({ idTagInfo: { status: 'Blocked' } });
    const stop = { transactionId, meterStop: 1000, timestamp: new Date().toISOString() };
    await setting.charger.call('StopTransaction', stop);
    await setting.charger.call('StopTransaction', stop);
    // 5 for the start and 3.2 for a kWh, and a quarter of that as tax.
    expect(listCdrs(gateway, ALL).items[0]?.cost.total.afterTaxes).toBe('10.25');
    expect(balanceOf(gateway, CARD)).toMatchObject({ balance: '9.75', reserved: '0.00', available: '9.75' });
    expect(listLedger(gateway, CARD, 10).map(({ kind, amount }) => [kind, amount])).toEqual([
      ['draw', '-10.25'],
      ['refill', '20.00'],
    ]);
  });

  it('a free card charges for nothing', async () => {
    const setting = await setUp(READER);
    await putSiteToken(setting.site.gateway, CARD, { payment: 'free' });
    const transactionId = await begin(setting, 1, CARD);
    const timestamp = new Date().toISOString();
    await setting.charger.call('StopTransaction', { transactionId, meterStop: 9000, timestamp });
    expect(listCdrs(setting.site.gateway, ALL).items[0]).toMatchObject({ tariff: null, energyWh: 9000 });
    expect(listCdrs(setting.site.gateway, ALL).items[0]?.cost.total.afterTaxes).toBe('0');
  });
});

describe.skipIf(!hasSocat)('over a real terminal', () => {
  it('a card that is held to a TWN4 begins a charge, and the reader shows it', async () => {
    const cable = createCable();
    rig.push(() => cable.dispose());
    await cable.plug();
    const device = createTwn4Reader();
    const served: ServedReader = await serveReader(cable.device, device, () => undefined);
    rig.push(() => served.close());
    const setting = await setUp(`  - { id: gate, protocol: twn4, path: ${cable.host}, places: [BAY-1] }`);
    await status(setting.charger, 1, 'Preparing');
    await expect.poll(() => listReaders(setting.site.gateway)[0]?.state, { timeout: 5000 }).toBe('up');
    served.present(CARD);
    const frame = await setting.charger.waitFor((each) => each[2] === 'RemoteStartTransaction');
    expect(frame[3]).toEqual({ connectorId: 1, idTag: CARD });
    await expect.poll(() => device.shown.join(), { timeout: 3000 }).toMatch(/green/);
    expect(listReaders(setting.site.gateway)[0]?.lastCard?.card).toBe('04…80');
  });
});
