import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDepot, type Operator } from '../bookings/operator.ts';
import { hasBrowser, launchBrowser } from '../harness/browser.ts';

describe.skipIf(!hasBrowser)('the plan of a day on the page', () => {
  const shots = mkdtempSync(join(tmpdir(), 'chargegate-plan-'));
  let browser: Browser;
  let depot: Operator;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    process.stderr.write(`screenshots of the day plan: ${shots}\n`);
  });
  beforeEach(async () => {
    depot = await openDepot();
    const lines = [
      'vehicle,token,from,to,evse,weekly,until',
      'bus 12,CARD1,2026-10-24 18:00,06:00,BAY-1/1,daily,2026-10-26',
      'bus 14,CARD2,2026-10-24 13:00,17:30,BAY-1/1,,',
      ',04A2245AB43580,2026-10-24 15:00,19:30,BAY-1/2,,',
      '<img src=x>,CARD4,2026-10-25 02:00,04:00,BAY-1/2,,',
    ];
    await depot.bring(lines.join('\n'));
  });
  afterEach(() => depot.site.cleanUp());

  it('shows at once what a person asks for, without the pause between readings', async () => {
    const page = await browser.newPage({ locale: 'en-GB' });
    // The pause does not end.
    await page.addInitScript('window.setTimeout = () => 0;');
    await page.goto(depot.site.urls.console);
    const plan = page.getByRole('region', { name: 'Day plan' });
    await plan.getByRole('button', { name: 'bus 14, 13:00 to 17:30, booked' }).waitFor();
    await plan.getByRole('button', { name: 'The day after' }).click();
    await plan.getByRole('button', { name: '<img src=x>, 02:00 to 04:00' }).waitFor();
    expect(await plan.getByLabel('Day', { exact: true }).inputValue()).toBe('2026-10-25');
    await page.close();
  });

  it.each([
    [1440, 'light'],
    [1440, 'dark'],
    [360, 'light'],
  ] as const)('shows bays over hours, moves a booking and calls one off, at %i pixels, %s', async (width, scheme) => {
    const context = await browser.newContext({
      viewport: { width, height: 900 },
      colorScheme: scheme,
      locale: 'en-GB',
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(depot.site.urls.console);
    const plan = page.getByRole('region', { name: 'Day plan' });
    await plan.getByRole('button', { name: 'bus 12, 18:00 to 06:00, booked' }).waitFor();
    expect(await plan.locator('.slot').allTextContents()).toEqual(['bus 14', 'bus 12', '04…80']);
    expect(await plan.getByLabel('Day', { exact: true }).inputValue()).toBe('2026-10-24');
    await page.screenshot({ path: join(shots, `today-${width}-${scheme}.png`), fullPage: true });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);

    // The night on which clocks go back has the hour from two to three twice.
    await plan.getByRole('button', { name: 'The day after' }).click();
    await plan.getByRole('button', { name: '<img src=x>, 02:00 to 04:00' }).waitFor();
    const slot = await plan.getByRole('button', { name: '<img src=x>' }).getAttribute('style');
    expect(Number.parseFloat(/width: ([\d.]+)%/.exec(slot ?? '')?.[1] ?? '')).toBeCloseTo((3 / 25) * 100, 3);
    expect(await plan.locator('.hour').allTextContents()).toEqual([
      '00',
      '02',
      '03',
      '05',
      '07',
      '09',
      '11',
      '13',
      '15',
      '17',
      '19',
      '21',
      '23',
    ]);
    expect(await plan.locator('.line.now').count()).toBe(0);
    await plan.getByRole('button', { name: 'Today' }).click();

    await plan.getByRole('button', { name: 'bus 14' }).click();
    const dialog = page.getByRole('dialog', { name: 'bus 14' });
    await dialog.getByLabel('Bay').selectOption({ label: 'BAY-1 · 2' });
    await dialog.getByRole('button', { name: 'Move' }).click();
    await dialog.getByText('no bay is free at that time').waitFor();
    await page.screenshot({ path: join(shots, `dialog-${width}-${scheme}.png`) });
    await dialog.getByLabel('Bay').selectOption({ label: 'LOCKED · 1' });
    await dialog.getByLabel('From').fill('2026-10-24T14:00');
    await dialog.getByRole('button', { name: 'Move' }).click();
    await plan.getByRole('button', { name: 'bus 14, 14:00 to 17:30, booked' }).click();
    expect(await depot.bookings()).toContainEqual(
      expect.objectContaining({ vehicle: 'bus 14', chargerId: 'LOCKED', startsAt: '2026-10-24T12:00:00Z' }),
    );
    await dialog.getByRole('button', { name: 'Cancel booking' }).click();
    await plan.getByRole('button', { name: 'bus 14' }).waitFor({ state: 'detached' });
    expect((await depot.bookings()).find(({ vehicle }) => vehicle === 'bus 14')).toMatchObject({ status: 'CANCELED' });
    expect(complaints.filter((text) => !text.includes('409'))).toEqual([]);
    await context.close();
  });
});
