import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCdr, listCdrs } from '../../gateway/cdrs.ts';
import { creditCdr } from '../../gateway/credits.ts';
import type { Tariff } from '../../gateway/domain/tariff.ts';
import type { Cdr } from '../../gateway/domain/types.ts';
import { parseDecimal } from '../../gateway/pricing/decimal.ts';
import { priceUsage } from '../../gateway/pricing/price.ts';
import { usageOf } from '../../gateway/pricing/usage.ts';
import { receiptOf } from '../../gateway/receipts.ts';
import { insertCdr } from '../../gateway/store/cdrs.ts';
import { insertSession } from '../../gateway/store/sessions.ts';
import { startTransaction, stopTransaction } from '../../gateway/transactions.ts';
import { openSite, plugIn, type Site } from '../console/harness.ts';
import { hasBrowser, launchBrowser } from '../harness/browser.ts';
import { NOON, sampleCdr, samplePlace, sampleSession } from '../ocpi/fixtures.ts';
import { component, tariffOf } from '../pricing/tariffs.ts';

let site: Site;

beforeAll(async () => {
  site = await openSite({ clock: () => NOON });
});
afterAll(() => site.close());

const fraction = parseDecimal;
const parseReceiptNumber = (text: string) => parseDecimal(text.replace(',', '.'));

const VAT = '19';
const TARIFF = tariffOf([
  component('FLAT', '0.35', VAT),
  component('ENERGY', '0.4873', VAT),
  component('PARKING_TIME', '4.20', VAT, 900),
]);

/** A bill line of 20.005 kWh in an hour and half an hour of parking, priced by this tariff. */
async function bill(id: string, tariff: Tariff, change: Partial<Cdr> = {}): Promise<Cdr> {
  const { gw } = site;
  await gw.db.write((tx) => {
    const session = sampleSession(`s-${id}`, null, tx.stamp);
    const { cost, periods } = priceUsage(tariff, usageOf(session.periods), 'Europe/Stockholm');
    insertSession(gw.db, { ...session, authorized: true, place: samplePlace() });
    insertCdr(gw.db, { ...sampleCdr(session, id), tariff, cost, periods, currency: tariff.currency, ...change });
  });
  return findCdr(gw, id)!;
}

async function page(id: string, query = ''): Promise<{ html: string; headers: Headers }> {
  const { status, body, headers } = await site.api<string>('GET', `/api/cdrs/${id}/receipt${query}`);
  expect(status).toBe(200);
  return { html: body, headers };
}

describe('a receipt', () => {
  it.each([
    ['plain', 'Rundung', TARIFF],
    ['with tax in it', 'Rundung', { ...TARIFF, taxIncluded: 'YES' }],
    ['at its least price', 'Bis zum Mindestpreis', { ...TARIFF, minPrice: { beforeTaxes: '25', afterTaxes: null } }],
    ['at its greatest price', 'Bis zum Höchstpreis', { ...TARIFF, maxPrice: { beforeTaxes: '7.5', afterTaxes: null } }],
    ['without tax', 'Rundung', { ...TARIFF, taxIncluded: 'N/A' }],
  ] as const)('adds up, and each line can be computed by hand: %s', async (name, moved, tariff) => {
    const line = await bill(`sum ${name}`, tariff);
    const { credit } = await creditCdr(site.gw, line.id, 'wrong', null);
    for (const cdr of [line, credit]) {
      const { rows } = receiptOf(site.gw, cdr, 'de');
      const sum = (column: 'net' | 'tax' | 'gross') =>
        rows.reduce((total, row) => total.add(parseReceiptNumber(row[column])), fraction('0'));
      expect(sum('net').equals(fraction(cdr.cost.total.beforeTaxes)), 'net').toBe(true);
      expect(sum('gross').equals(fraction(cdr.cost.total.afterTaxes)), 'gross').toBe(true);
      expect(sum('net').add(sum('tax')).equals(sum('gross')), 'tax').toBe(true);
      const computed = rows.filter(({ calculation }) => calculation !== '');
      expect(computed).toHaveLength(3);
      for (const { calculation } of computed) {
        const [quantity, price, amount] = [...calculation.replace(/\(.*\)/, '').matchAll(/-?\d+(?:,\d+)?/g)].map(
          ([text]) => text,
        );
        const off = parseReceiptNumber(quantity!)
          .mul(parseReceiptNumber(price!))
          .sub(parseReceiptNumber(amount!))
          .abs();
        expect({ calculation, right: off.lte(fraction('0.00005')) }).toEqual({ calculation, right: true });
      }
      expect(rows.at(-1)?.item).toBe(moved);
    }
  });

  it('tells what is credited and what stands in its place, in the language that was asked for', async () => {
    await bill('first', TARIFF);
    const { credit, corrected } = await creditCdr(site.gw, 'first', 'counted twice', { energyWh: 1000 });
    const text = async (id: string, language: string): Promise<string> =>
      (await site.api<string>('GET', `/api/cdrs/${id}/receipt?format=text&language=${language}`)).body;
    expect(await text('first', 'de-AT')).toMatch(/^Ladebeleg\nExample Depot AB\n/);
    expect(await text(credit.id, 'de')).toMatch(
      /^Gutschrift\n[^]*Storniert Beleg +first\n[^]*Gesamtbetrag +-14,52 EUR\n/,
    );
    expect(await text(credit.id, 'fr')).toMatch(/^Avoir\n/);
    expect(await text(corrected!.id, 'sv')).toMatch(
      /^Rättat laddkvitto\n[^]*Ersätter kvitto +first\n[^]*1 kWh × 0,4873 EUR\/kWh = 0,4873 EUR/,
    );
    expect(await text(corrected!.id, 'nl')).toMatch(/^Gecorrigeerde laadbon\n/);
    // 10:00 UTC is noon in Stockholm in June; what is in no language of ours is in English.
    expect(await text('first', 'pl')).toMatch(/^Charging receipt\n[^]*Start +01\/06\/2026, 12:00:00 (CEST|GMT\+2)\n/);
    expect(await site.api('GET', '/api/cdrs/first/receipt?language=<b>')).toMatchObject({ status: 400 });
    expect(await site.api('GET', '/api/cdrs/nobody/receipt')).toMatchObject({ status: 404 });
  });

  it('escapes whatever names and remarks hold, loads nothing and runs nothing', async () => {
    const evil = `"><script>alert(1)</script><img src=x onerror='x'>&amp;`;
    const place = { ...samplePlace(), siteName: evil, address: evil, evseId: evil };
    const token = { ...sampleSession('x', null, 0).token, contractId: evil };
    await bill('evil', { ...TARIFF, altText: [{ language: 'en', text: evil }] }, { place, token, remark: evil });
    const { html, headers } = await page('evil');
    expect(html).not.toMatch(/<(script|img|link|iframe|a)\b|\son\w+=(?!&#39;)['"]|url\(/i);
    expect(html.split('&quot;&gt;&lt;script&gt;').length - 1).toBe(6);
    const policy = headers.get('content-security-policy')!;
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /);
    expect(policy).not.toMatch(/unsafe|script-src/);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  it('shows the meter at start and end, and what it signed, to the letter', async () => {
    const { gw } = site;
    await plugIn(gw, 'BAY-01');
    const signed = 'OCMF|{"FV":"1.0","GI":"<Größe>"}|{"SD":"3046"}';
    const at = { reportedAt: NOON - 3_600_000, receivedAt: NOON - 3_600_000, timestamp: '2026-06-01T11:00:00Z' };
    const { wireId } = await startTransaction(gw, {
      chargerId: 'BAY-01',
      evse: 1,
      connector: 1,
      tokenUid: '04AABBCC',
      meterStart: 1_000_500,
      ...at,
    });
    const values = [{ value: signed, format: 'SignedData', context: 'Transaction.End' }];
    const sample = {
      reportedAt: NOON,
      context: 'Transaction.End',
      energyWh: null,
      powerW: null,
      currentMa: null,
      socPercent: null,
      values,
    };
    await stopTransaction(gw, {
      chargerId: 'BAY-01',
      wireId,
      meterStop: 1_010_500,
      reportedAt: NOON,
      receivedAt: NOON,
      timestamp: '2026-06-01T12:00:00Z',
      reason: 'Local',
      tokenUid: '04AABBCC',
      samples: [sample],
      payload: {},
    });
    const [line] = listCdrs(gw, { offset: 0, limit: 1, newestFirst: true }).items;
    const { html } = await page(line!.id);
    expect(html).toContain('<dd>1000.5 kWh</dd>');
    expect(html).toContain('<dd>1010.5 kWh</dd>');
    expect(html).toMatch(/<details[^>]*><summary>Signed meter readings \(1\)<\/summary>/);
    expect(html).toContain(
      '<pre>OCMF|{&quot;FV&quot;:&quot;1.0&quot;,&quot;GI&quot;:&quot;&lt;Größe&gt;&quot;}|{&quot;SD&quot;:&quot;3046&quot;}</pre>',
    );
    // A corrected line is for the same readings.
    const { corrected } = await creditCdr(gw, line!.id, 'half of it', { energyWh: 5000 });
    expect(receiptOf(gw, corrected!, 'en').signed.map(({ value }) => value)).toEqual([signed]);
    expect((await page('first')).html).toContain('did not sign its readings');
  });

  it.skipIf(!hasBrowser)(
    'fits a phone and a sheet of paper, and the browser has nothing to complain about',
    async () => {
      const line = await bill('seen', { ...TARIFF, minPrice: { beforeTaxes: '25', afterTaxes: null } });
      const { credit } = await creditCdr(site.gw, line.id, 'counted twice', null);
      const browser = await launchBrowser();
      const shots = mkdtempSync(join(tmpdir(), 'chargegate-receipt-'));
      const complaints: string[] = [];
      for (const [id, width] of [
        [line.id, 1000],
        [credit.id, 360],
      ] as const) {
        const tab = await browser.newPage({ viewport: { width, height: 900 } });
        tab.on('console', (message) => complaints.push(message.text()));
        tab.on('pageerror', (error) => complaints.push(String(error)));
        await tab.goto(`${site.url}api/cdrs/${id}/receipt?language=de`);
        expect(await tab.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        expect(await tab.evaluate<string>("getComputedStyle(document.querySelector('.n')).textAlign")).toBe('right');
        await tab.screenshot({ path: join(shots, `${width}.png`), fullPage: true });
        await tab.pdf({ path: join(shots, `${width}.pdf`) });
      }
      await browser.close();
      process.stderr.write(`screenshots of receipts: ${shots}\n`);
      expect(complaints).toEqual([]);
    },
  );
});
