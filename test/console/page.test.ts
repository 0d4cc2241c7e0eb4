import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportStatus } from '../../gateway/availability.ts';
import type { EvseStatus } from '../../gateway/domain/status.ts';
import { createPeer, invitePeer } from '../../gateway/peers.ts';
import { quarantineMessage } from '../../gateway/quarantine.ts';
import { putSiteToken } from '../../gateway/tokens.ts';
import { charge, openSite, plugIn } from './harness.ts';
import type { Site, SiteOptions } from './harness.ts';

const CHROMIUM = '/usr/bin/chromium';
const present = existsSync(CHROMIUM);
if (!present) process.stderr.write(`page test skipped: ${CHROMIUM} is absent (apt-get install chromium)\n`);

const URLS = { ocpp: 'ws://192.168.1.20:8887/ocpp/', ocpi: 'http://192.168.1.20:8888/ocpi/versions' };
const MINUTE = 60_000;

describe.skipIf(!present)('the page', () => {
  const shots = mkdtempSync(join(tmpdir(), 'chargegate-page-'));
  let browser: Browser;
  const closers: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    for (const close of closers.splice(0)) await close();
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
