import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { reportStatus } from '../../gateway/availability.ts';
import type { EvseStatus } from '../../gateway/domain/status.ts';
import { findCharger } from '../../gateway/chargers.ts';
import { flushDiagnostics } from '../../gateway/frames.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { createPeer, invitePeer } from '../../gateway/peers.ts';
import { quarantineMessage } from '../../gateway/quarantine.ts';
import { putSiteToken } from '../../gateway/tokens.ts';
import { hasBrowser, launchBrowser } from '../harness/browser.ts';
import { charge, openSite, plugIn } from './harness.ts';
import type { Site, SiteOptions } from './harness.ts';

const URLS = { ocpp: 'ws://192.168.1.20:8887/ocpp/', ocpps: null, ocpi: 'http://192.168.1.20:8888/ocpi/versions' };
const MINUTE = 60_000;

describe.skipIf(!hasBrowser)('the page', () => {
  const shots = mkdtempSync(join(tmpdir(), 'chargegate-page-'));
  let browser: Browser;
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });
  afterAll(async () => {
    await browser.close();
    process.stderr.write(`screenshots of the page: ${shots}\n`);
  });

  async function site(options: SiteOptions = {}): Promise<Site> {
    const opened = await openSite({ urls: URLS, ...options });
    closers.push(() => opened.close());
    return opened;
  }

  /** Opens the page; everything the browser complains about is collected. */
  async function open(
    url: string,
    width: number,
    scheme: 'light' | 'dark' = 'light',
  ): Promise<{ page: Page; complaints: string[] }> {
    const complaints: string[] = [];
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: scheme,
      locale: 'en-GB',
    });
    closers.push(() => context.close());
    const page = await context.newPage();
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(url);
    return { page, complaints };
  }

  const shoot = (page: Page, name: string) => page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });

  it('says what to do on an empty site', async () => {
    const { url } = await site();
    const { page, complaints } = await open(url, 1440);
    await page.getByText('No chargers yet.').waitFor();
    await page.getByText('Nobody is charging.').waitFor();
    await page.getByText(URLS.ocpp).waitFor();
    await page.getByText('Unknown chargers are accepted').waitFor();
    await shoot(page, 'empty-1440');
    expect(complaints).toEqual([]);
  });

  it('shows a busy site at 1440 and 360 pixels, light and dark, and fits the width', async () => {
    const busy = await site();
    await fill(busy);
    for (const [width, scheme] of [
      [1440, 'light'],
      [1440, 'dark'],
      [360, 'light'],
      [360, 'dark'],
    ] as const) {
      const { page, complaints } = await open(busy.url, width, scheme);
      await page.locator('.card').nth(5).waitFor();
      await page.getByText('Live').waitFor();
      await page.getByText('22.0 kW').first().waitFor();
      await page.locator('#cdrs tbody tr').first().waitFor();
      await shoot(page, `busy-${width}-${scheme}`);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(complaints).toEqual([]);
    }
  });

  it('shows what chargers send as text, never as markup', async () => {
    const { gw, url } = await site();
    await plugIn(gw, '<img src=x onerror=document.title=1>');
    const { page } = await open(url, 1440);
    await page.getByRole('heading', { name: '<img src=x' }).waitFor();
    expect(await page.locator('#chargers img').count()).toBe(0);
    expect(await page.title()).toContain('chargegate');
  });

  it('follows what happens', async () => {
    const { gw, url } = await site();
    const { page, complaints } = await open(url, 1440);
    await page.getByText('Live').waitFor();
    await plugIn(gw, 'LATE-01');
    await reportStatus(gw, { ...status('LATE-01', 1, 'Preparing'), receivedAt: gw.clock() });
    await page.getByText('Plugged in').waitFor();
    await putSiteToken(gw, '04AABBCC', {});
    await charge(gw, {
      chargerId: 'LATE-01',
      tokenUid: '04AABBCC',
      startedAt: gw.clock() - MINUTE,
      readings: [[1200, 7400]],
    });
    await page.locator('#sessions').getByText('04AABBCC').waitFor();
    await page.locator('#sessions').getByText('7.4 kW').waitFor();
    expect(complaints).toEqual([]);
  });

  it('takes in a pending charger and invites a cloud', async () => {
    const { gw, url } = await site({ settings: { unknownChargers: 'pending' } });
    await plugIn(gw, 'NEW-01');
    const { page } = await open(url, 1440);
    await page.getByRole('button', { name: 'Accept' }).click();
    await page.locator('.card', { hasText: 'NEW-01' }).waitFor();
    await page.getByPlaceholder('Name, e.g.').fill('my-cloud');
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByText('Give this token to my-cloud').waitFor();
    await page.locator('#peers').getByText('invited').waitFor();
    expect(await page.locator('#pending-panel').isVisible()).toBe(false);
    await shoot(page, 'invited-1440');
  });

  it('rejects a pending charger, which its panel can still accept', async () => {
    const { gw, url } = await site({ settings: { unknownChargers: 'pending' } });
    await plugIn(gw, 'NEW-02');
    const { page, complaints } = await open(url, 1440);
    await page.locator('#pending').getByText('Voltan · Twin 22 · S-NEW-02').waitFor();
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.locator('.card', { hasText: 'rejected' }).waitFor();
    await page.getByRole('button', { name: 'NEW-02' }).click();
    await page.getByRole('button', { name: 'Accept NEW-02' }).click();
    await page.getByText('NEW-02 is accepted.').waitFor();
    expect(findCharger(gw, 'NEW-02')?.registration).toBe('accepted');
    expect(complaints).toEqual([]);
  });

  it.each([
    [1440, 'light'],
    [1440, 'dark'],
    [360, 'light'],
    [360, 'dark'],
  ] as const)(
    "a charger's panel at %i pixels, %s: orders by keyboard, answers, deviations, frames",
    async (width, scheme) => {
      const asked: [string, unknown][] = [];
      // What the gateway asks a new charger by itself is no order of a person's.
      const { gw, url } = await site({ settings: { provisioning: false } });
      await plugInReal(gw, 'BAY-01', asked);
      await fillPanel(gw);
      const { page, complaints } = await open(url, width, scheme);
      await page.getByRole('button', { name: 'BAY-01' }).focus();
      await page.keyboard.press('Enter');
      const panel = page.getByRole('dialog', { name: 'BAY-01' });
      await panel.getByText('Voltan Twin 22').waitFor();

      await panel.getByRole('button', { name: 'Start on EVSE 2' }).click();
      await panel.getByText('Enter the card').waitFor();
      expect(asked).toEqual([]);
      await page.keyboard.type('04A2245AB43580');
      await panel.getByRole('button', { name: 'Start on EVSE 2' }).focus();
      await page.keyboard.press('Enter');
      await panel.getByText('BAY-01 answers Accepted to the start on EVSE 2.').waitFor();
      await panel.getByRole('button', { name: 'Stop EVSE 1' }).click();
      await panel.getByText('answers Accepted to the stop').waitFor();
      await panel.getByRole('button', { name: 'Unlock EVSE 2' }).click();
      await panel.getByText('answers Accepted to unlocking').waitFor();
      await panel.getByRole('button', { name: 'EVSE 2 out of service' }).click();
      await panel.getByText('answers Accepted to EVSE 2 going out').waitFor();

      await panel.getByRole('button', { name: 'Reset' }).click();
      const confirm = page.getByRole('dialog', { name: /Restart BAY-01\? The charge on it ends/ });
      await shoot(page, `confirm-${width}-${scheme}`);
      await confirm.getByRole('button', { name: 'Cancel' }).click();
      await panel.getByRole('button', { name: 'Reset' }).click();
      await confirm.getByRole('button', { name: 'Reset' }).click();
      await panel.getByText('answers Accepted to the reset').waitFor();
      expect(asked).toEqual([
        ['start', { evse: 2, tokenUid: '04A2245AB43580', profile: null }],
        ['stop', { wireId: '1' }],
        ['unlock', { evse: 2, connector: 1 }],
        ['availability', { evse: 2, operative: false }],
        ['reset', { hard: false }],
      ]);

      await panel.locator('#panel-deviations').getByText('TIME_WITHOUT_ZONE').waitFor();
      await panel.getByText('2026-11-21T09:00:00').waitFor();
      await panel.getByText('Last frames').click();
      await panel.locator('#panel-frames').getByText('[2,"7","Heartbeat",{}]').waitFor();
      await shoot(page, `panel-${width}-${scheme}`);
      await page.screenshot({ path: join(shots, `panel-top-${width}-${scheme}.png`) });
      expect(await page.evaluate('document.getElementById("panel").scrollWidth')).toBeLessThanOrEqual(width);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      await page.keyboard.press('Escape');
      expect(await panel.isVisible()).toBe(false);
      expect(complaints).toEqual([]);
    },
  );

  it('says what a charger that is away cannot be asked', async () => {
    const { gw, url } = await site();
    await plugIn(gw, 'GONE-01');
    await reportStatus(gw, { ...status('GONE-01', 1, 'Available'), receivedAt: gw.clock() });
    const gone = gw.connections.find('GONE-01');
    if (gone) gw.connections.remove(gone, gw.clock());
    const { page } = await open(url, 1440);
    await page.getByRole('button', { name: 'GONE-01' }).click();
    expect(await page.getByRole('button', { name: 'Start on EVSE 1' }).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Reset' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Forget GONE-01' }).click();
    await page.getByRole('dialog', { name: 'Forget GONE-01' }).getByRole('button', { name: 'Forget' }).click();
    await page.getByText('No chargers yet.').waitFor();
    expect(findCharger(gw, 'GONE-01')).toBeNull();
  });

  it('asks for the token, and again when it is wrong', async () => {
    const { url } = await site({ token: 'right-token' });
    const { page } = await open(url, 1440);
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('That is not the token').waitFor();
    await shoot(page, 'token-1440');
    await page.getByLabel('Token').fill('right-token');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('Live').waitFor();
    await page.reload();
    await page.getByText('Live').waitFor();
    expect(await page.locator('#login').isVisible()).toBe(false);
  });
});

/** A charger that accepts every order and notes it. */
async function plugInReal(gw: Gateway, chargerId: string, asked: [string, unknown][]): Promise<void> {
  const connection = await plugIn(gw, chargerId);
  connection.order = async (order) => {
    const { kind, ...rest } = order;
    asked.push([kind, rest]);
    return { kind: 'answered', answer: { status: 'accepted' } as never, payload: { status: 'Accepted' } };
  };
}

async function fillPanel(gw: Gateway): Promise<void> {
  await putSiteToken(gw, '04C1882AB43581', {});
  await charge(gw, {
    chargerId: 'BAY-01',
    tokenUid: '04C1882AB43581',
    startedAt: gw.clock() - 64 * MINUTE,
    readings: [[24_310, 22_000]],
  });
  for (const [evse, of] of [
    [1, 'Charging'],
    [2, 'Preparing'],
  ] as const)
    await reportStatus(gw, { ...status('BAY-01', evse, of), receivedAt: gw.clock() });
  gw.diagnostics.deviation('BAY-01', 'TIME_WITHOUT_ZONE', '2026-11-21T09:00:00');
  gw.diagnostics.deviation(
    'BAY-01',
    'ENUM_UNKNOWN StatusNotification.errorCode',
    '{"errorCode":"Error","connectorId":1}',
  );
  gw.diagnostics.frame('BAY-01', 'in', '[2,"7","Heartbeat",{}]');
  gw.diagnostics.frame('BAY-01', 'out', '[3,"7",{"currentTime":"2026-11-21T09:00:00Z"}]');
  await flushDiagnostics(gw);
}

function status(chargerId: string, evse: number, of: EvseStatus, errorCode: string | null = null) {
  return { chargerId, evse, status: of, errorCode, reportedAt: null, receivedAt: 0 };
}

async function fill({ gw }: Site): Promise<void> {
  const now = gw.clock();
  for (const uid of ['04A2245AB43580', '04C1882AB43581', 'SE-DEP-C00042']) await putSiteToken(gw, uid, {});
  for (const id of ['BAY-01', 'BAY-02', 'BAY-03', 'BAY-04', 'FAST-01', 'GATE-EAST-LONG-NAME-0007'])
    await plugIn(gw, id);
  const [uid, other, app] = ['04A2245AB43580', '04C1882AB43581', 'SE-DEP-C00042'];
  await charge(gw, {
    chargerId: 'BAY-02',
    tokenUid: uid,
    startedAt: now - 200 * MINUTE,
    readings: [[15_300, 11_000]],
    ends: true,
  });
  await charge(gw, {
    chargerId: 'BAY-03',
    tokenUid: app,
    startedAt: now - 90 * MINUTE,
    readings: [[9100, 7000]],
    ends: true,
  });
  await charge(gw, { chargerId: 'BAY-01', tokenUid: uid, startedAt: now - 64 * MINUTE, readings: [[24_310, 22_000]] });
  await charge(gw, {
    chargerId: 'FAST-01',
    tokenUid: other,
    startedAt: now - 12 * MINUTE,
    readings: [[32_480, 148_500]],
  });
  const reports: [string, number, EvseStatus, string?][] = [
    ['BAY-01', 1, 'Charging'],
    ['BAY-01', 2, 'Available'],
    ['BAY-02', 1, 'Finishing'],
    ['BAY-02', 2, 'Preparing'],
    ['BAY-03', 1, 'Available'],
    ['BAY-04', 1, 'Faulted', 'GroundFailure'],
    ['FAST-01', 1, 'Charging'],
    ['FAST-01', 2, 'SuspendedEV'],
    ['GATE-EAST-LONG-NAME-0007', 1, 'Unavailable'],
  ];
  for (const report of reports) await reportStatus(gw, { ...status(...report), receivedAt: gw.clock() });
  const gone = gw.connections.find('BAY-04');
  if (gone) gw.connections.remove(gone, gw.clock() - 7 * MINUTE);
  gw.diagnostics.deviation('BAY-03', 'TIME_WITHOUT_ZONE', '2026-11-21T09:00:00');
  await createPeer(gw, { name: 'depot-cloud', visibility: 'all', inboundToken: 'x'.repeat(40) });
  await invitePeer(gw, 'roaming-hub');
  await quarantineMessage(gw, {
    chargerId: 'BAY-02',
    action: 'StopTransaction',
    reason: 'no transaction 4711 is known on this charger',
    payload: { transactionId: 4711, meterStop: 812_300, timestamp: '2026-11-21T08:00:00Z' },
    receivedAt: now,
  });
}
