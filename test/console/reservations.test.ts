/** Reservations by the operator API, the command line and the page, at a charger on a real socket. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Errors } from 'typebox/value';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReservationBody } from '../../adapters/console/reservation-schemas.ts';
import { hasBrowser, launchBrowser } from '../harness/browser.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';
import { dialScripted, type ScriptedCharger } from '../harness/scripted-charger.ts';
import { chargegate, type Done } from '../cli/harness.ts';

type Body = Record<string, unknown>;

let site: TestSite;
let charger: ScriptedCharger;

beforeEach(async () => {
  site = await startTestSite();
  charger = await dialScripted(site.urls.ocpp, 'BAY-1');
  await charger.boot();
  for (const connector of [1, 2]) await charger.status(connector, 'Available');
});
afterEach(async () => {
  charger.raw.destroy();
  await site.cleanUp();
});

async function api(method: string, path: string, body?: object): Promise<{ status: number; body: Body }> {
  const response = await fetch(new URL(`api/${path}`, site.urls.console), {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

const keep = (more: Body = {}) =>
  api('POST', 'reservations', { charger: 'BAY-1', evse: 2, tokenUid: 'CARD1', minutes: 30, ...more });
const statuses = async (): Promise<unknown[]> =>
  ((await api('GET', 'chargers/BAY-1')).body['evses'] as Body[]).map(({ status }) => status);
const start = async (connectorId: number, idTag: string): Promise<unknown> => {
  const answer = await charger.send('StartTransaction', {
    connectorId,
    idTag,
    meterStart: 0,
    timestamp: new Date().toISOString(),
  });
  return (answer['idTagInfo'] as Body)['status'];
};

describe('reservations by the operator', () => {
  it('keep a bay at its charger for a card, and are listed, found and called off', async () => {
    const made = await keep();
    expect(made.status).toBe(201);
    expect([...Errors(ReservationBody, made.body)]).toEqual([]);
    const { id, wireId, expiresAt } = made.body;
    expect(made.body).toMatchObject({
      chargerId: 'BAY-1',
      evse: 2,
      tokenUid: 'CARD1',
      status: 'held',
      emulated: false,
      peer: null,
      bookingId: null,
      sessionId: expect.any(String),
    });
    expect(Date.parse(String(expiresAt)) - Date.now()).toBeGreaterThan(29 * 60_000);
    expect(await charger.called('ReserveNow')).toMatchObject({
      connectorId: 2,
      idTag: 'CARD1',
      reservationId: wireId,
    });
    expect(await statuses()).toEqual(['Available', 'Reserved']);
    expect((await api('GET', 'reservations')).body).toEqual({ items: [made.body], next: null });
    expect((await api('GET', 'reservations?live=true')).body).toEqual({ items: [made.body], next: null });
    expect((await api('GET', `reservations/${String(id)}`)).body).toEqual(made.body);
    expect((await api('GET', `sessions/${String(made.body['sessionId'])}`)).body).toMatchObject({
      status: 'RESERVATION',
    });

    const over = await api('DELETE', `reservations/${String(id)}?reason=the%20bus%20is%20late`);
    expect(over).toMatchObject({ status: 200, body: { id, status: 'cancelled', reason: 'the bus is late' } });
    expect(await charger.called('CancelReservation')).toEqual({ reservationId: wireId });
    expect(await statuses()).toEqual(['Available', 'Available']);
    expect((await api('GET', 'reservations?live=true')).body['items']).toEqual([]);
    expect(await api('DELETE', `reservations/${String(id)}`)).toMatchObject({
      status: 409,
      body: { code: 'RESERVATION_ENDED' },
    });
  });

  it('refuse everybody else there, also where the charger cannot keep it; its card may charge', async () => {
    charger.script((action) => (action === 'ReserveNow' ? 'NotSupported' : { status: 'Accepted' }));
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    expect(await keep({ tokenUid: 'VISITOR-7', minutes: undefined, expiresAt })).toMatchObject({
      status: 201,
      body: { emulated: true, status: 'held', expiresAt },
    });
    expect(await start(2, 'CARD1')).toBe('Invalid');
    expect(await start(2, 'VISITOR-7')).toBe('Accepted');
    expect((await api('GET', 'reservations')).body['items']).toMatchObject([
      { status: 'used', endedAt: expect.any(String) },
    ]);
    expect(await start(1, 'CARD1')).toBe('Accepted');
  });

  it('say what is wrong, and keep nothing then', async () => {
    expect(await keep()).toMatchObject({ status: 201 });
    const cases: [Body, number, string][] = [
      [{}, 409, 'RESERVATION_REFUSED'],
      [{ charger: 'NOBODY' }, 404, 'CHARGER_UNKNOWN'],
      [{ charger: 'LOCKED', evse: 1 }, 409, 'RESERVATION_REFUSED'],
      [{ evse: 9 }, 422, 'EVSE_UNKNOWN'],
      [{ evse: 1, minutes: undefined }, 400, 'REQUEST_INVALID'],
      [{ evse: 1, expiresAt: '2030-01-01T00:00:00Z' }, 400, 'REQUEST_INVALID'],
      [{ evse: 1, minutes: undefined, expiresAt: '2020-01-01T00:00:00Z' }, 400, 'REQUEST_INVALID'],
      [{ evse: 1, minutes: undefined, expiresAt: 'soon' }, 400, 'REQUEST_INVALID'],
      [{ evse: 1, minutes: 10_081 }, 400, 'REQUEST_INVALID'],
      [{ evse: 1, tokenUid: 'å' }, 400, 'REQUEST_INVALID'],
    ];
    for (const [more, status, code] of cases) {
      const { status: got, body } = await keep(more);
      expect([more, got, body['code']]).toEqual([more, status, code]);
    }
    charger.script((action) => (action === 'ReserveNow' ? { status: 'Occupied' } : { status: 'Accepted' }));
    expect(await keep({ evse: 1 })).toMatchObject({ status: 409, body: { code: 'RESERVATION_REFUSED' } });
    expect(await api('GET', 'reservations/none')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect((await api('GET', 'reservations?live=true')).body['items']).toHaveLength(1);
  });

  it('of two at one moment, one gets the bay', async () => {
    const both = await Promise.all([keep(), keep({ tokenUid: 'OTHER' })]);
    expect(both.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([201, 409]);
  });

  it('are paged by number, newest first', async () => {
    for (let n = 0; n < 3; n += 1) {
      const { body } = await keep();
      await api('DELETE', `reservations/${String(body['id'])}`);
    }
    const first = (await api('GET', 'reservations?limit=2')).body;
    expect(first['items']).toMatchObject([{ wireId: 3 }, { wireId: 2 }]);
    const second = (await api('GET', `reservations?limit=2&cursor=${String(first['next'])}`)).body;
    expect(second).toMatchObject({ items: [{ wireId: 1 }], next: null });
  });
});

describe('chargegate reservations', () => {
  const run = (...args: string[]): Promise<Done> => chargegate(['reservations', ...args, '--url', site.urls.console]);

  it('adds, lists and cancels; a no ends with exit code 1', async () => {
    expect((await run()).out).toBe('no bay is kept for anybody\n');
    const added = await run('add', 'BAY-1', '--evse', '2', '--card', 'CARD1', '--minutes', '45');
    expect(added).toMatchObject({ code: 0, err: '' });
    const id = /reservation (\S+)$/m.exec(added.out)?.[1] ?? '';
    expect(added.out).toMatch(/^EVSE 2 of BAY-1 is kept until .*: reservation [0-9a-f-]{36}\n$/);
    expect((await run('--live')).out).toMatch(new RegExp(`held +BAY-1 +2 +CARD1 +site +${id}`));
    expect(await run('add', 'BAY-1', '--evse', '2', '--card', 'X')).toMatchObject({
      code: 1,
      err: expect.stringContaining('[RESERVATION_REFUSED]'),
    });
    expect(await run('add', 'BAY-1', '--card', 'X', '--minutes', '5', '--until', 'x')).toMatchObject({ code: 2 });
    expect(await run('cancel', id, '--reason', 'not needed')).toMatchObject({
      code: 0,
      out: 'EVSE 2 of BAY-1 is kept for nobody any more\n',
    });
    const { items } = JSON.parse((await run('--json')).out) as { items: Body[] };
    expect(items).toMatchObject([{ id, status: 'cancelled', reason: 'not needed' }]);
  });
});

describe.skipIf(!hasBrowser)('the page', () => {
  it.each([
    [1440, 'light'],
    [360, 'dark'],
  ] as const)('reserves a bay, masks its holder and lets it go, at %i pixels, %s', async (width, colorScheme) => {
    const shots = mkdtempSync(join(tmpdir(), 'chargegate-reservations-'));
    const browser = await launchBrowser();
    try {
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, locale: 'en-GB' });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(site.urls.console);
      await page.getByRole('button', { name: 'BAY-1' }).click();
      const panel = page.getByRole('dialog', { name: 'BAY-1' });
      await panel.getByRole('button', { name: 'Reserve EVSE 2' }).click();
      await panel.getByText('Enter the card that the bay is kept for.').waitFor();
      await page.keyboard.type('04A2245AB43580');
      await panel.getByRole('button', { name: 'Reserve EVSE 2' }).click();
      await panel.getByText(/EVSE 2 is kept for 04…80 until \d\d:\d\d\./).waitFor();
      await panel.getByRole('button', { name: 'Cancel the reservation of EVSE 2' }).waitFor();
      await page.screenshot({ path: join(shots, `panel-${width}.png`) });
      expect(await page.evaluate('document.getElementById("panel").scrollWidth')).toBeLessThanOrEqual(width);
      await page.keyboard.press('Escape');
      const card = page.locator('.card', { hasText: 'BAY-1' });
      await card.getByText('for 04…80 until').waitFor();
      expect(await page.getByText('04A2245AB43580').count()).toBe(0);
      await page.screenshot({ path: join(shots, `card-${width}.png`), fullPage: true });
      await page.getByRole('button', { name: 'BAY-1' }).click();
      await panel.getByRole('button', { name: 'Cancel the reservation of EVSE 2' }).click();
      await page
        .getByRole('dialog', { name: 'Keep EVSE 2 no longer' })
        .getByRole('button', { name: 'Let it go' })
        .click();
      await panel.getByText('EVSE 2 is kept for nobody any more.').waitFor();
      await panel.getByRole('button', { name: 'Reserve EVSE 2' }).waitFor();
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
      process.stderr.write(`screenshots of reservations: ${shots}\n`);
    }
  });
});
