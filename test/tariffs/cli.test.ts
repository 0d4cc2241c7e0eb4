import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chargegate, chargegateReading, type Done } from '../cli/harness.ts';
import { startTestSite, type TestSite } from '../harness/gateway.ts';

let site: TestSite;
let folder: string;

beforeAll(async () => {
  site = await startTestSite({
    yaml: `default-connector: {}
chargers: [{ id: BAY-1, evses: [{ id: 1, connectors: [{ id: 1 }, { id: 2 }] }] }]
`,
  });
  folder = mkdtempSync(join(tmpdir(), 'chargegate-tariffs-'));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await site.cleanUp();
});

const run = (...args: string[]): Promise<Done> => chargegate(['--url', site.urls.console, 'tariffs', ...args]);

async function json(...args: string[]): Promise<{ items: Record<string, unknown>[] } & Record<string, unknown>> {
  const { out, err } = await run(...args, '--json');
  expect(err).toBe('');
  return JSON.parse(out) as { items: Record<string, unknown>[] };
}

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const component = { type: 'ENERGY', price: 0.3, step_size: 1 };
const common = { currency: 'EUR', last_updated: '2026-01-01T00:00:00Z' };
const parties = { country_code: 'SE', party_id: 'DEP' };

const OLD = {
  id: 'old',
  ...common,
  tariff_alt_text: [{ language: 'en', text: 'Nights' }],
  elements: [
    {
      price_components: [component],
      restrictions: { start_time: '22:00', end_time: '06:00', day_of_week: ['FRIDAY'] },
    },
  ],
};
const MIDDLE = {
  id: 'middle',
  ...common,
  ...parties,
  type: 'AD_HOC_PAYMENT',
  max_price: { excl_vat: 50, incl_vat: 62.5 },
  start_date_time: '2027-01-01T00:00:00Z',
  elements: [
    {
      price_components: [{ type: 'FLAT', price: 2, vat: 25, step_size: 1 }],
      restrictions: { reservation: 'RESERVATION' },
    },
    { price_components: [{ ...component, vat: 25 }], restrictions: { max_current: 32 } },
  ],
};
const NEW = {
  id: 'new',
  ...common,
  ...parties,
  tax_included: 'YES',
  preauthorize_amount: 60,
  min_price: { before_taxes: 1, after_taxes: 1.25 },
  elements: [{ price_components: [{ ...component, vat: 25, step_size: 500 }] }],
};

describe('chargegate tariffs import', () => {
  test('takes tariffs of OCPI 2.1.1, 2.2.1 and 2.3.0: one, a list, or an answer', async () => {
    expect((await json('import', file('old.json', OLD), '--ocpi', '2.1.1')).items).toMatchObject([
      { id: 'old', outcome: 'created' },
    ]);
    expect((await json('import', file('list.json', [OLD, MIDDLE]))).items).toMatchObject([
      { id: 'old', outcome: 'unchanged' },
      { id: 'middle', outcome: 'created' },
    ]);
    const answer = { data: [NEW], status_code: 1000, timestamp: '2026-01-01T00:00:00Z' };
    const piped = await chargegateReading(JSON.stringify(answer), [
      '--url',
      site.urls.console,
      'tariffs',
      'import',
      '-',
    ]);
    expect(piped).toMatchObject({ code: 0, out: 'new: created\n', err: '' });
    expect(await json('show', 'old')).toMatchObject({
      taxIncluded: 'NO',
      altText: [{ language: 'en', text: 'Nights' }],
      elements: [
        {
          restrictions: { startTime: '22:00', endTime: '06:00', daysOfWeek: ['FRIDAY'] },
          components: [{ type: 'ENERGY', price: '0.3', vat: null, step: 1 }],
        },
      ],
    });
    expect(await json('show', 'middle')).toMatchObject({
      type: 'AD_HOC_PAYMENT',
      maxPrice: { beforeTaxes: '50', afterTaxes: '62.5' },
      startsAt: '2027-01-01T00:00:00Z',
      elements: [{ restrictions: { reservation: 'RESERVATION' } }, { restrictions: { maxCurrent: '32' } }],
    });
    expect(await json('show', 'new')).toMatchObject({
      taxIncluded: 'YES',
      preauthorizeAmount: '60',
      minPrice: { beforeTaxes: '1', afterTaxes: '1.25' },
      elements: [{ components: [{ step: 500, vat: '25' }] }],
    });
    expect((await run('show', 'new', '--language', 'de-CH')).out).toMatch(
      /^currency +EUR$[^]*^element 1: always\n {2}ENERGY 0\.3, VAT 25 %, step 500$[^]*0,30 EUR pro kWh/m,
    );
    // What peers poll is what was imported, in their version.
    const { body } = await site.ocpiGet('/cpo/2.3.0/tariffs');
    expect((body.data as { id: string }[]).find(({ id }) => id === 'new')).toMatchObject({
      preauthorize_amount: 60,
      elements: NEW.elements,
    });
  });

  test('takes none where one cannot be taken, and tells of each', async () => {
    const faulty = {
      ...NEW,
      id: 'faulty',
      currency: 'EUX',
      elements: [{ price_components: [{ ...component, price: -1 }] }],
    };
    const { code, out, err } = await run(
      'import',
      file('mixed.json', { data: [{ ...NEW, id: 'fine' }, faulty, { ...NEW, id: 7 }] }),
    );
    expect([code, err]).toEqual([
      1,
      'chargegate: [TARIFF_UNPRICEABLE] nothing was imported: 2 of 3 tariffs cannot be taken\n',
    ]);
    expect(out).toMatch(
      /^fine: good\nfaulty: cannot be taken\n {2}currency: "EUX"[^]*elements\[0\][^]*\nnumber 3: cannot be taken\n {2}id/,
    );
    expect((await run('show', 'fine')).err).toContain('[TARIFF_UNKNOWN]');
  });

  test.each([
    ['a file that is not there', () => join(folder, 'none.json')],
    ['no JSON', () => file('text.json', 'tariff: 1')],
    ['no tariff', () => file('empty.json', { data: [] })],
  ])('%s ends with code 2', async (_what, path) => {
    const { code, err } = await run('import', path());
    expect([code, err]).toEqual([2, expect.stringContaining('[REQUEST_INVALID]')]);
  });
});

describe('chargegate tariffs assign, unassign, remove', () => {
  test('say what they did, and where it counts', async () => {
    await run('import', file('here.json', { ...NEW, id: 'here' }));
    expect((await run('assign', 'here', 'standard', '--charger', 'BAY-1', '--evse', '1')).out).toBe(
      'EVSE 1 of charger BAY-1 has here, standard; it counts at 2 connectors now\n',
    );
    expect((await run('assignments')).out).toMatch(/EVSE 1 of charger BAY-1 +here, standard +2\n$/);
    expect(await run('remove', 'here')).toMatchObject({ code: 1, err: expect.stringContaining('[TARIFF_IN_USE]') });
    expect((await run('unassign', '--charger', 'BAY-1', '--evse', '1')).code).toBe(0);
    expect((await run('remove', 'here')).out).toBe('tariff here is gone\n');
    expect((await run('list')).out).toMatch(/^standard +config file +everybody +SEK/m);
  });
});

describe('chargegate tariffs lint', () => {
  const never = [component, component].map((each) => ({ price_components: [{ ...each, vat: 25 }] }));

  test('finds what is odd in a file without a gateway; exit code 1 then', async () => {
    const lint = (...args: string[]) => chargegate(['tariffs', 'lint', ...args]);
    const odd = await lint(file('odd.json', { ...NEW, elements: never }));
    expect(odd).toMatchObject({ code: 1, err: '' });
    expect(odd.out).toMatch(/^new, elements\[1\].*\[unreachable\]$/m);
    const unpriceable = await lint(file('bad.json', { ...NEW, currency: 'EUX' }));
    expect(unpriceable).toMatchObject({ code: 1, out: expect.stringContaining('[unpriceable]') });
    const fine = { ...NEW, tariff_alt_text: [{ language: 'en', text: '0.30 a kWh' }] };
    expect(await lint(file('fine.json', fine), '--time-zone', 'Europe/Berlin')).toMatchObject({
      code: 0,
      out: 'nothing is odd\n',
    });
  });

  test('finds it in a configuration, and in the running gateway', async () => {
    const config = file(
      'site.yaml',
      `site: { address: Gatan 1, city: Lund, country: SWE, latitude: 55.7, longitude: 13.19, time-zone: Europe/Stockholm, country-code: SE, party-id: DEP }
tariffs:
  - { id: spare, currency: SEK, tax-included: no, alt-text: [{ language: en, text: x }], elements: [{ components: [{ type: energy, price: 1, vat: 25 }] }] }
`,
    );
    const { code, out } = await chargegate(['tariffs', 'lint', config]);
    expect([code, out]).toEqual([1, expect.stringContaining('[tariff-unused]')]);
    await run('import', file('odd.json', { ...NEW, id: 'odd', elements: never }));
    const { items } = JSON.parse((await run('lint', '--json')).out) as { items: object[] };
    expect(items).toContainEqual(expect.objectContaining({ tariff: 'odd', code: 'unreachable' }));
    expect((await run('show', 'odd')).out).toMatch(/\[unreachable\]/);
  });
});
