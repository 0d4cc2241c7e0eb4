import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CdrDetailBody, CreditBody, CreditedBody } from '../../adapters/console/cdr-schemas.ts';
import type { CdrBody } from '../../adapters/console/schemas.ts';
import { findCdr } from '../../gateway/cdrs.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { charge, openSite, plugIn, type Reply, type Site } from '../console/harness.ts';

const NOON = Date.UTC(2026, 10, 21, 12);
const HOUR = 3_600_000;
const REASON = 'the meter counted twice';

interface ListOf<T> {
  items: T[];
}

let site: Site;
let gw: Gateway;
let hours = 0;

beforeAll(async () => {
  site = await openSite({ clock: () => NOON + 100 * HOUR });
  gw = site.gw;
  await plugIn(gw, 'BAY-01');
});
afterAll(() => site.close());

/** A bill line of two minutes and this energy: 5.00 SEK to start and 3.20 per kWh, VAT 25 %. */
async function bill(wattHours = 10_001): Promise<CdrBody> {
  await charge(gw, {
    chargerId: 'BAY-01',
    tokenUid: '04AABBCC',
    startedAt: NOON + (hours += 1) * HOUR,
    readings: [
      [1000 + Math.floor(wattHours / 3), 22_000],
      [1000 + wattHours, 22_000],
    ],
    ends: true,
  });
  return (await site.api<ListOf<CdrBody>>('GET', '/api/cdrs?limit=1')).body.items[0]!;
}

const credit = (id: string, correction?: CreditBody['correction']): Promise<Reply<CreditedBody>> =>
  site.api('POST', `/api/cdrs/${id}/credit`, { reason: REASON, ...(correction && { correction }) });

const detail = async (id: string): Promise<CdrDetailBody> =>
  (await site.api<CdrDetailBody>('GET', `/api/cdrs/${id}`)).body;

const ofSession = async ({ sessionId }: CdrBody): Promise<CdrBody[]> =>
  (await site.api<ListOf<CdrBody>>('GET', `/api/cdrs?session=${sessionId}`)).body.items;

describe('a credit', () => {
  it('takes a bill line back: all as it was, the amounts with their sign turned, and the line itself untouched', async () => {
    const first = await bill();
    const before = findCdr(gw, first.id);
    const { status, body } = await credit(first.id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ corrected: null, untold: [] });
    expect(body.credit).toEqual({
      ...first,
      id: body.credit.id,
      creditOf: first.id,
      remark: REASON,
      cost: { currency: 'SEK', beforeTaxes: '-37.00', afterTaxes: '-46.25' },
      updatedAt: body.credit.updatedAt,
    });
    expect(body.credit.updatedAt > first.updatedAt).toBe(true);
    expect(findCdr(gw, first.id)).toEqual(before);
    const { lines, taxes } = await detail(body.credit.id);
    expect(taxes).toEqual([{ name: 'VAT', percentage: '25', amount: '-9.25' }]);
    expect(lines.map(({ quantity, beforeTaxes }) => [quantity, beforeTaxes])).toEqual([
      ['-1', '-5.00'],
      ['-10.001', '-32.0032'],
    ]);
    expect(await detail(first.id)).toMatchObject({ creditedBy: body.credit.id, correctedBy: null });
  });

  it('happens once, also when two ask at the same moment, and is itself never taken back', async () => {
    const first = await bill();
    const answers = await Promise.all([credit(first.id, { kwh: 1 }), credit(first.id, { kwh: 2 })]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'CDR_CREDITED' });
    const lines = await ofSession(first);
    expect(lines).toHaveLength(3);
    expect(await credit(first.id)).toMatchObject({ status: 409, body: { code: 'CDR_CREDITED' } });
    expect(await credit(lines[1]!.id)).toMatchObject({ status: 409, body: { code: 'CDR_IS_CREDIT' } });
    expect(await credit('nobody')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await ofSession(first)).toEqual(lines);
  });

  it('wants a reason, and tells nothing that it does not know', async () => {
    const first = await bill();
    const ask = (body: object) => site.api('POST', `/api/cdrs/${first.id}/credit`, body);
    for (const body of [{}, { reason: ' ' }, { reason: 'x'.repeat(201) }, { reason: 'x', kwh: 3 }])
      expect(await ask(body)).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } });
    for (const correction of [{ kwh: 1.0005 }, { kwh: -1 }, { startedAt: 'yesterday' }, { free: false }])
      expect(await ask({ reason: REASON, correction })).toMatchObject({ status: 400 });
    expect(await ofSession(first)).toHaveLength(1);
  });
});

describe('a correction', () => {
  it('parts other energy among the periods in proportion, to the Wh, and prices it by the same tariff', async () => {
    const first = await bill(30_000);
    const { body } = await credit(first.id, { kwh: 9.999 });
    expect(body.corrected).toMatchObject({
      corrects: first.id,
      creditOf: null,
      kwh: 9.999,
      sessionId: first.sessionId,
      startedAt: first.startedAt,
      endedAt: first.endedAt,
      // 5.00 + 9.999 × 3.20 = 36.9968
      cost: { currency: 'SEK', beforeTaxes: '37.00', afterTaxes: '46.25' },
      remark: `in place of ${first.id}: ${REASON}`,
    });
    const { periods } = findCdr(gw, body.corrected!.id)!;
    expect(periods.reduce((sum, { energyWh }) => sum + energyWh, 0)).toBe(9_999);
    expect((await ofSession(first)).map(({ id }) => id)).toEqual([first.id, body.credit.id, body.corrected!.id]);
  });

  it('can itself be credited and corrected again; all that was billed of a session adds up to the last line', async () => {
    const first = await bill(30_000);
    const once = (await credit(first.id, { kwh: 20 })).body.corrected!;
    const { status, body } = await credit(once.id, { free: true, remark: 'on the house' });
    expect(status).toBe(200);
    expect(body.credit).toMatchObject({ creditOf: once.id, corrects: null });
    expect(body.corrected).toMatchObject({
      corrects: once.id,
      tariffId: null,
      kwh: 20,
      remark: 'on the house',
      cost: { currency: 'SEK', beforeTaxes: '0', afterTaxes: '0' },
    });
    const lines = await ofSession(first);
    expect(lines).toHaveLength(5);
    expect(lines.reduce((sum, { cost }) => sum + Number(cost.afterTaxes) * 100, 0)).toBeCloseTo(0, 6);
  });

  it('of the times takes the energy along that was measured outside of them', async () => {
    const first = await bill(30_000);
    const from = new Date(Date.parse(first.startedAt) + 60_000).toISOString();
    const cut = (await credit(first.id, { startedAt: from })).body.corrected!;
    // One price throughout, so one period: half of its time is half of its energy.
    expect(cut).toMatchObject({ startedAt: from.replace('.000', ''), endedAt: first.endedAt, seconds: 60, kwh: 15 });
    // Prolonged to the session's start again, it gets no energy back, as nobody knows it any more.
    const again = (await credit(cut.id, { startedAt: first.startedAt })).body.corrected!;
    expect(again).toMatchObject({ startedAt: first.startedAt, seconds: 120, kwh: cut.kwh });
  });

  it('is refused beyond its session, by a tariff that there is not, or when it says nothing; then nothing is credited', async () => {
    const first = await bill();
    const late = new Date(Date.parse(first.endedAt) + 1000).toISOString();
    for (const [correction, why] of [
      [{ endedAt: late }, /nothing was measured outside/],
      [{ startedAt: first.endedAt, endedAt: first.startedAt }, /before it begins/],
      [{ tariffId: 'nobody' }, /no tariff nobody/],
      [{ free: true, tariffId: 'standard' }, /both/],
      [{ remark: 'sorry' }, /what was wrong/],
    ] as const)
      expect(await credit(first.id, correction)).toMatchObject({
        status: 422,
        body: { code: 'CORRECTION_REFUSED', message: expect.stringMatching(why) },
      });
    expect(await ofSession(first)).toEqual([first]);
  });

  it('prices by another tariff of the site where one is named', async () => {
    const first = await bill(10_000);
    const tariffId = first.tariffId!;
    const { body } = await credit((await credit(first.id, { free: true })).body.corrected!.id, { tariffId });
    expect(body.corrected).toMatchObject({ tariffId, kwh: 10, cost: first.cost });
  });

  it('announces each new bill line', async () => {
    const first = await bill();
    const issued: string[] = [];
    const off = gw.bus.on('cdr.issued', ({ cdrId }) => void issued.push(cdrId));
    const { body } = await credit(first.id, { kwh: 1 });
    off();
    expect(issued).toEqual([body.credit.id, body.corrected!.id]);
  });
});
